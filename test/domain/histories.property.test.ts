/** Random histories of the pure core against the invariants of semantics §7. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fold } from '../../shared/domain/apply.ts';
import { isHostPosting, type Posting } from '../../shared/domain/books.ts';
import { transitions } from '../../shared/domain/lifecycle.ts';
import type { PaymentIntent, Status } from '../../shared/domain/payment-intent.ts';
import type { Numbered } from '../support/pure-intent.ts';
import { type RandomHistory, randomHistory } from '../support/random-history.ts';

const runs = { numRuns: 1000 };

/** What a host has and spends stands against what it owes and earns; in the network what left stands against where it is. */
const debits: readonly string[] = [
  'bank',
  'costs:transfer',
  'costs:loss',
  'transit',
  'to',
  'back',
  'lost:intermediary',
  'lost:writeoff',
];

const sumsBy = (postings: readonly Posting[], key: (posting: Posting) => string): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const posting of postings) {
    const debit = debits.includes(posting.ledger) ? posting.amount : -posting.amount;
    sums[key(posting)] = (sums[key(posting)] ?? 0) + debit;
  }
  return sums;
};

const sumOf = (postings: readonly Posting[], ledger: string, book?: string): number =>
  postings
    .filter((posting) => posting.ledger === ledger && (book === undefined || posting.book === book))
    .reduce((sum, posting) => sum + posting.amount, 0);

const isEnd = (status: Status): boolean =>
  ['received', 'rejected', 'canceled', 'expired', 'failed', 'returned'].includes(status);

/** Every prefix of a history, with the state after it and all that was posted until then. */
const prefixes = ({ history: { events } }: RandomHistory) =>
  events.map((event, index) => {
    const until = events.slice(0, index + 1);
    return { event, intent: stateAfter(until), postings: until.flatMap(({ postings }) => postings) };
  });

function stateAfter(events: readonly Numbered[]): PaymentIntent {
  const intent = fold(events);
  if (intent === undefined) {
    throw new Error('A history has a state.');
  }
  return intent;
}

const forEveryPrefix = (check: (prefix: ReturnType<typeof prefixes>[number]) => void): void =>
  fc.assert(
    fc.property(randomHistory, (random) => {
      for (const prefix of prefixes(random)) {
        check(prefix);
      }
    }),
    runs,
  );

test('the histories reach every state, and many ways of money', () => {
  const reached = new Set<string>();
  // Always the same histories: whether the generator reaches everything is a fact about it, not a matter of luck.
  for (const { history, tried } of fc.sample(randomHistory, { numRuns: 3000, seed: 20_261_122 })) {
    for (const { data } of history.events) {
      reached.add(data.type);
    }
    for (const { before, refused } of tried) {
      reached.add(before.status).add(refused ?? 'accepted');
    }
  }
  const notable = [
    ...['draft', 'pending_approval', 'approved', 'sent', 'partially_received', 'received', 'rejected', 'canceled'],
    ...['expired', 'failed', 'returned', 'short_accepted', 'written_off', 'redrafted', 'became_late', 'hold_lifted'],
    ...['over-receipt', 'on-hold', 'own-request', 'already-approved', 'permission-denied', 'transition-not-allowed'],
  ];
  expect(notable.filter((what) => !reached.has(what))).toEqual([]);
});

test('every entry balances per book and currency', () => {
  forEveryPrefix(({ event }) => {
    const sums = sumsBy(event.postings, ({ book, currency }) => `${book} ${currency}`);
    expect(Object.values(sums).filter((sum) => sum !== 0)).toEqual([]);
    expect(event.postings.every(({ amount }) => Number.isSafeInteger(amount) && amount !== 0)).toBe(true);
  });
});

test('transit is what was sent and has not arrived, come back or been lost, after every event', () => {
  forEveryPrefix(({ intent, postings }) => {
    const { sent, received, returned, lost, transit } = intent.network ?? {
      sent: 0,
      received: 0,
      returned: 0,
      lost: 0,
      transit: 0,
    };
    expect(transit).toBe(sent - received - returned - lost);
    expect(transit).toBe(sumOf(postings, 'transit'));
  });
});

test('the network book says the same as the intent, summed up over all attempts', () => {
  forEveryPrefix(({ intent, postings }) => {
    const wasRedrafted = intent.network === null && sumOf(postings, 'from') !== 0;
    const lost = sumOf(postings, 'lost:intermediary') + sumOf(postings, 'lost:writeoff');
    const out = sumOf(postings, 'from') - sumOf(postings, 'to') - sumOf(postings, 'back') - lost;
    expect(out).toBe(intent.network?.transit ?? 0);
    expect(wasRedrafted && out !== 0).toBe(false);
  });
});

test('nothing is on its way or set aside once an intent has ended', () => {
  forEveryPrefix(({ intent, postings }) => {
    if (isEnd(intent.status)) {
      expect(intent).toMatchObject({ reserved: null, dueAt: null });
      expect([intent.network?.transit ?? 0, sumOf(postings, 'transit'), sumOf(postings, 'reserved')]).toEqual([
        0, 0, 0,
      ]);
      expect(intent.trace === null || intent.trace.closedAt !== null).toBe(true);
      expect(intent.expectation?.status === 'open').toBe(false);
    }
  });
});

test('what is set aside is what the intent says is set aside', () => {
  forEveryPrefix(({ event, intent, postings }) => {
    if (event.data.type === 'sent' && event.data.send.method === 'book') {
      return; // The first of the two events of settling, which are never apart.
    }
    expect(sumOf(postings, 'reserved')).toBe(intent.reserved?.amount ?? 0);
    expect(intent.reserved !== null && intent.status !== 'approved').toBe(false);
  });
});

test('the payee is credited what its host confirmed, less its fee, and nothing without a receipt', () => {
  forEveryPrefix(({ intent, postings }) => {
    const payeeHost = intent.payee.hostId;
    const credits = postings.filter(
      (posting) =>
        isHostPosting(posting) &&
        posting.book === payeeHost &&
        posting.accountId === intent.payee.accountId &&
        posting.ledger === 'available',
    );
    const credited = credits.reduce((sum, { amount }) => sum + amount, 0);
    const confirmed = intent.receipts.map(
      ({ amount, excess, hostFee }) => amount.amount - hostFee - (excess?.to === 'suspense' ? excess.amount : 0),
    );
    const borneByHost = payeeHost === 'A' ? 0 : sumOf(postings, 'costs:transfer', payeeHost ?? 'nobody');
    expect(credited - borneByHost).toBe(payeeHost === null ? 0 : confirmed.reduce((sum, amount) => sum + amount, 0));
  });
});

test('the payer is charged nothing before it is approved, and gets all of it back if it never left', () => {
  forEveryPrefix(({ intent, postings }) => {
    const ofPayer = postings.filter(
      (posting) => isHostPosting(posting) && posting.accountId === intent.payer.accountId,
    );
    if (
      ['draft', 'pending_approval', 'rejected'].includes(intent.status) &&
      intent.send === null &&
      sumOf(postings, 'from') === 0
    ) {
      expect(sumOf(ofPayer, 'available')).toBe(0);
    }
    if (['canceled', 'expired', 'failed'].includes(intent.status) && sumOf(postings, 'from') === 0) {
      expect([sumOf(ofPayer, 'available'), sumOf(ofPayer, 'bank')]).toEqual([0, 0]);
    }
  });
});

test('the state is the fold of the history, and its version the number of events', () => {
  fc.assert(
    fc.property(randomHistory, ({ history: { intent, events } }) => {
      expect(fold(events)).toEqual(intent);
      expect(intent.version).toBe(events.length);
      expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
    }),
    runs,
  );
});

test('every transition leads from and to where the table says', () => {
  fc.assert(
    fc.property(randomHistory, (random) => {
      const states = random.tried.map(({ before }) => before.status);
      random.tried.forEach(({ step: [, { name }], refused }, index) => {
        if (refused === null) {
          const reached = states[index + 1] ?? random.history.intent.status;
          const row: { readonly from: readonly Status[]; readonly to: readonly Status[] } = transitions[name];
          expect(row.from).toContain(states[index]);
          expect(row.to).toContain(reached);
        }
      });
    }),
    runs,
  );
});

test('a refusal changes nothing', () => {
  fc.assert(
    fc.property(randomHistory, ({ history, tried }) => {
      tried.forEach(({ before, refused }, index) => {
        const next = tried[index + 1]?.before ?? history.intent;
        expect(next === before).toBe(refused !== null || next.version === before.version);
      });
    }),
    runs,
  );
});

test('an intent is approved only by its whole quorum on this very revision, and never by its author', () => {
  forEveryPrefix(({ event, intent }) => {
    if (event.data.type === 'approved') {
      const valid = intent.approvals.filter(({ revision }) => revision === intent.revision);
      for (const [step, { approvals }] of (intent.policy?.steps ?? []).entries()) {
        const people = new Set(valid.filter((given) => given.step === step).map(({ userId }) => userId));
        expect(people.size).toBeGreaterThanOrEqual(approvals);
        expect(people.has(intent.author.userId)).toBe(false);
      }
    }
  });
});

test('sent is claimed by the payer’s host alone, and received by the payee’s side or the clock alone', () => {
  forEveryPrefix(({ event, intent }) => {
    const { data, actor } = event;
    if (data.type === 'sent') {
      expect(actor.capacity).toMatch(/@payer_host$/);
    }
    if (data.type === 'receipt_confirmed' && data.receipt.source !== 'book') {
      const expected = {
        host: /@payee_host$/,
        payee: /^admin@payee$/,
        assumed: /^clock$/,
        imported: /never/,
        processor: /never/,
      };
      expect(actor.capacity).toMatch(expected[data.receipt.source]);
      expect(data.receipt.source === 'host').toBe(intent.payee.hostId !== null);
    }
    if (data.type === 'written_off') {
      expect(intent.writeOff?.by).not.toBe(actor.userId);
    }
  });
});
