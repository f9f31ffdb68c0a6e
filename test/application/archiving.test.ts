/** An account leaves its host, or is archived, when nothing is left to do with it; also when money comes at that very moment. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { changeHosting, createAccount, updateAccount } from '../../shared/application/accounts.ts';
import { recordSuspense } from '../../shared/application/hosts.ts';
import type { Store } from '../../shared/application/ports.ts';
import type { Answer } from '../../shared/application/request.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { bodyOf, createWorld, receiving, sending, usd, type World } from '../support/world.ts';

/** Lets something happen once, between the look at the books and the write. */
let meanwhile: (() => Promise<unknown>) | undefined;
async function happenMeanwhile(): Promise<void> {
  const happening = meanwhile;
  meanwhile = undefined;
  await happening?.();
}
const wrap = (store: Store): Store => ({
  ...store,
  async balances(...given) {
    const found = await store.balances(...given);
    await happenMeanwhile();
    return found;
  },
  async *cells(...given) {
    yield* store.cells(...given);
    await happenMeanwhile();
  },
});

const engine = await engineOfFile();
let world: World;
beforeEach(async () => {
  meanwhile = undefined;
  world = await createWorld(engine, { wrap });
});

const archive = (userId: string, id: string, status: 'archived' | 'active' = 'archived') =>
  updateAccount(world.deps, world.meta(userId), id, { status });
const codeOf = (result: Result<Answer, Refusal>): string => (result.ok ? 'ok' : result.refusal.code);
const stateOf = async (id: string) => {
  const account = await world.deps.store.account(id);
  return `${account?.status}, ${account?.hosting.status}`;
};

describe('a collective', () => {
  test('is archived when it has no money, and made active again', async () => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1));
    expect(codeOf(await archive(people.collectiveAdminA, accounts.collectiveA))).toBe('account-in-use');
    expect(await stateOf(accounts.collectiveA)).toBe('active, hosted');
    expect(codeOf(await archive(people.collectiveAdminA, accounts.collectiveA2))).toBe('ok');
    expect(codeOf(await archive(people.collectiveAdminA, accounts.collectiveA2))).toBe('ok');
    expect(codeOf(await archive(people.collectiveAdminA, accounts.collectiveA2, 'active'))).toBe('ok');
  });

  test('is not archived while its money is set aside, on its way from it, or expected by it', async () => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1000));
    const { id } = await world.approved();
    expect(codeOf(await archive(people.collectiveAdminA, accounts.collectiveA))).toBe('account-in-use');
    await world.must(people.financeA, id, sending());
    for (const [who, account] of [
      [people.collectiveAdminA, accounts.collectiveA],
      [people.collectiveAdminB, accounts.collectiveB],
    ] as const) {
      expect(codeOf(await archive(who, account))).toBe('account-in-use');
    }
    await world.must(people.financeB, id, receiving(usd(1000)));
    expect(codeOf(await archive(people.collectiveAdminA, accounts.collectiveA))).toBe('ok');
    expect(codeOf(await archive(people.collectiveAdminB, accounts.collectiveB))).toBe('account-in-use');
  });

  test('is not archived once something has been promised to it, of which it knows from the approval on', async () => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1000));
    const { id } = await world.create(people.collectiveAdminA);
    await world.must(people.collectiveAdminA, id, { name: 'submit' });
    // A refusal here would tell of a request that is the payer's own business still.
    expect(codeOf(await archive(people.collectiveAdminB, accounts.collectiveB))).toBe('ok');
    expect(codeOf(await archive(people.collectiveAdminB, accounts.collectiveB, 'active'))).toBe('ok');
    await world.must(people.financeA, id, { name: 'approve' });
    expect(codeOf(await archive(people.collectiveAdminB, accounts.collectiveB))).toBe('account-in-use');
  });
});

describe('a host', () => {
  const archiveB = () => archive(world.people.hostAdminB, world.accounts.hostB);

  test('is archived when nobody’s money is in its book', async () => {
    expect(codeOf(await archiveB())).toBe('ok');
  });

  test('is not archived while it holds a collective’s money, or money in suspense', async () => {
    const { people, accounts, deps, meta } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1));
    expect(codeOf(await archive(people.hostAdminA, accounts.hostA))).toBe('account-in-use');
    const unknown = { amount: usd(1), date: '2026-03-02', reference: null, payerName: null, note: null };
    await recordSuspense(deps, meta(people.financeB), accounts.hostB, unknown);
    expect(codeOf(await archiveB())).toBe('account-in-use');
  });

  test('is not archived while money is on its way to it or from it', async () => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1000));
    await world.sent();
    expect(codeOf(await archiveB())).toBe('account-in-use');
    // All of the money has left the book, and may yet come back.
    expect(codeOf(await archive(people.hostAdminA, accounts.hostA))).toBe('account-in-use');
  });

  test('is not archived when money comes into its book at that moment', async () => {
    const { people, accounts, deps, meta } = world;
    const unknown = { amount: usd(1), date: '2026-03-02', reference: null, payerName: null, note: null };
    meanwhile = () => recordSuspense(deps, meta(people.financeB), accounts.hostB, unknown);
    expect(codeOf(await archiveB())).toBe('account-in-use');
    expect(await stateOf(accounts.hostB)).toBe('active, none');
  });
});

describe('money that arrives between the look at the books and the write', () => {
  const leave = () =>
    changeHosting(world.deps, world.meta(world.people.collectiveAdminB), world.accounts.collectiveB, {
      action: 'leave',
    });
  const ways = {
    leaving: ['hosting-not-allowed', leave],
    archiving: ['account-in-use', () => archive(world.people.collectiveAdminB, world.accounts.collectiveB)],
  } as const;

  test.each(['leaving', 'archiving'] as const)('keeps a collective from %s', async (way) => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1000));
    const { id } = await world.sent();
    // The receipt ends the intent too: when the open ones are looked for, there is none.
    meanwhile = () => world.must(people.financeB, id, receiving(usd(1000)));
    const [code, attempt] = ways[way];
    expect(codeOf(await attempt())).toBe(code);
    expect(await stateOf(accounts.collectiveB)).toBe('active, hosted');
  });

  test.each(['leaving', 'archiving'] as const)('is seen in a part of the book that was empty too: %s', async (way) => {
    const { people, accounts } = world;
    // Money has been there, and went: the part of the book exists, with nothing in it.
    await world.fund(people.hostAdminB, accounts.hostB, accounts.collectiveB, { amount: 5, currency: 'EUR' });
    const given = { payerAccountId: accounts.collectiveB, payeeAccountId: accounts.hostB, destination: null };
    const { id } = await world.create(people.collectiveAdminB, { ...given, amount: { amount: 5, currency: 'EUR' } });
    await world.must(people.collectiveAdminB, id, { name: 'submit' });
    await world.must(people.financeB, id, { name: 'approve' });
    await world.must(people.financeB, id, { name: 'settle', date: '2026-03-02' });
    meanwhile = () =>
      world.fund(people.hostAdminB, accounts.hostB, accounts.collectiveB, { amount: 7, currency: 'EUR' });
    const [code, attempt] = ways[way];
    expect(codeOf(await attempt())).toBe(code);
  });

  test.each(['leaving', 'archiving'] as const)('and none that arrives does not keep it from %s', async (way) => {
    expect(codeOf(await ways[way][1]())).toBe('ok');
  });
});

describe('what is given regularly', () => {
  const given = async () => {
    const contributions = await contributionWorld(engine);
    const { people } = contributions;
    await contributions.contribute({ paymentMethodId: await contributions.card(people.stranger, 'processor') });
    return contributions;
  };

  test('keeps a collective from being archived until it has left its host, which pauses it at the processor', async () => {
    const { deps, meta, people, accounts, bank, batch } = await given();
    const archiveIt = () => updateAccount(deps, meta(people.hostAdminA), accounts.collectiveA, { status: 'archived' });
    expect(codeOf(await archiveIt())).toBe('account-in-use');
    expect(codeOf(await changeHosting(deps, meta(people.hostAdminA), accounts.collectiveA, { action: 'leave' }))).toBe(
      'ok',
    );
    await batch();
    expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend']);
    const byItself = updateAccount(deps, meta(people.collectiveAdminA), accounts.collectiveA, { status: 'archived' });
    expect(codeOf(await byItself)).toBe('ok');
  });

  test('is paused when its host is archived', async () => {
    const { deps, meta, people, accounts, bank, batch } = await given();
    expect(codeOf(await updateAccount(deps, meta(people.hostAdminA), accounts.hostA, { status: 'archived' }))).toBe(
      'ok',
    );
    await batch();
    expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend']);
  });
});

test('an account that no host holds is archived when its payment intents have ended', async () => {
  const { people, deps, meta } = world;
  const id = bodyOf<{ id: string }>(
    await createAccount(deps, meta(people.outsider), {
      kind: 'organisation',
      slug: 'giving',
      name: 'Giving',
      country: null,
      currency: 'USD',
      timeZone: 'UTC',
      email: null,
    }),
  ).id;
  const intent = await world.create(people.outsider, {
    payerAccountId: id,
    payeeAccountId: world.accounts.collectiveA,
    type: 'added_funds',
  });
  await world.must(people.outsider, intent.id, { name: 'submit' });
  expect(codeOf(await archive(people.outsider, id))).toBe('account-in-use');
  await world.must(people.outsider, intent.id, { name: 'cancel', reason: null });
  expect(codeOf(await archive(people.outsider, id))).toBe('ok');
});
