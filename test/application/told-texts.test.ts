/**
 * Each text that there is, as somebody gets it when it has really happened: from the command to the words, in both languages
 * (`__snapshots__/told-texts.test.ts.snap`). How a text looks as an e-mail is in `test/messaging`.
 */
import { expect, test } from '@jest/globals';
import { changeHosting } from '../../shared/application/accounts.ts';
import { cancelContribution } from '../../shared/application/contributions.ts';
import { workDueIntent } from '../../shared/application/due.ts';
import { liftAccountHold, listHolds } from '../../shared/application/holds.ts';
import { deliver } from '../../shared/application/notifications.ts';
import { testWebhookEndpoint } from '../../shared/application/webhook-endpoints.ts';
import type { TextKey } from '../../shared/messaging/texts/catalog.ts';
import { languages } from '../../shared/messaging/texts/facts.ts';
import { textKeyOf } from '../../shared/messaging/texts/phrases.ts';
import { renderEmail } from '../../shared/messaging/texts/render.ts';
import { startReceiver } from '../messaging/webhooks/receiver.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { type WebhookWorld, webhookWorld } from '../support/webhook-world.ts';
import { expected, receiving, sending, usd } from '../support/world.ts';

const engine = await engineOfFile();

type Story = {
  /** Who reads it. */
  readonly whom: keyof WebhookWorld['people'];
  /** @returns what it is about */
  readonly live: (world: WebhookWorld) => Promise<{ readonly id: string }>;
};

const story = (whom: Story['whom'], live: Story['live']): Story => ({ whom, live });

const submitted = async (world: WebhookWorld, deadlineAt: string | null = null) => {
  const { id } = await world.create(world.people.collectiveAdminA, { tier: 'Spring round', deadlineAt });
  return world.must(world.people.collectiveAdminA, id, { name: 'submit' });
};

const sent = async (world: WebhookWorld) => {
  const intent = await world.approved();
  return world.must(world.people.financeA, intent.id, sending({ fee: 25, feeBearer: 'payer_host' }));
};

/** A week after somebody promised that it would be done, and again until nobody is reminded any more. */
const reminded = async (world: WebhookWorld, id: string, times: number): Promise<void> => {
  for (let time = 0; time < times; time += 1) {
    world.clock.advanceDays(14);
    expect(await workDueIntent(world.deps, id)).toBe('done');
  }
};

const charged = async (world: WebhookWorld, ...script: WebhookWorld['bank']['script']) => {
  world.bank.script.push(...script);
  const contribution = await world.contribute({ tier: 'Friend' });
  await world.batch();
  return contribution;
};

const cameBack = ({ amount, feeLost }: { readonly amount: number; readonly feeLost: number }) =>
  ({
    name: 'markReturned',
    amount,
    feeLost,
    bearer: 'payer_host',
    reason: 'The account is closed.',
    date: '2026-03-02',
  }) as const;

const writeOff = { name: 'writeOff', reason: 'Neither bank finds it.', bearer: 'payer_host' } as const;

const lost = async (world: WebhookWorld) => {
  const { id } = await sent(world);
  return world.must(world.people.financeB, id, { name: 'reportNotReceived', reason: 'Nothing came.' });
};

/** Part of what had arrived goes the other way, and arrives there. */
const sentBack = async (world: WebhookWorld, intentId: string, amount: number) => {
  const { people } = world;
  const destination = { method: 'bank_account', label: 'Host A, account ending 1717' } as const;
  const { id, amount: back } = await world.must(people.financeB, intentId, {
    name: 'sendBack',
    amount,
    purpose: 'Not needed',
    destination,
  });
  await world.must(people.financeB, id, { name: 'submit' });
  await world.must(people.hostAdminB, id, { name: 'approve' });
  await world.must(people.hostAdminB, id, sending());
  await world.must(people.financeA, id, receiving(back));
  // What happened in the same millisecond has no order.
  world.clock.advanceDays(0.01);
};

const paused = async (world: WebhookWorld, input: Parameters<WebhookWorld['paused']>[2]) => {
  await world.contribute({ tier: 'Friend' });
  return world.paused(world.people.hostAdminA, world.accounts.collectiveA, input);
};

const stories: Readonly<Record<TextKey, Story>> = {
  approval_needed: story('financeA', (world) => submitted(world, '2026-04-01T12:00:00.000Z')),
  to_send: story('finance2A', (world) => world.approved()),
  to_settle: story('finance2A', (world) =>
    world.approved({ type: 'transfer', payeeAccountId: world.accounts.collectiveA2, destination: null }),
  ),
  rejected: story('collectiveAdminA', async (world) => {
    const { id } = await submitted(world);
    return world.must(world.people.financeA, id, { name: 'reject', reason: 'It names another collective.' });
  }),
  canceled: story('collectiveAdminB', async (world) => {
    const { id } = await world.approved();
    return world.must(world.people.financeA, id, { name: 'cancel', reason: 'The conference is off.' });
  }),
  expired: story('collectiveAdminA', async (world) => {
    const { id } = await world.approved({ deadlineAt: '2026-03-05T12:00:00.000Z' });
    await reminded(world, id, 1);
    return { id };
  }),
  money_sent: story('financeB', sent),
  money_received: story('financeA', async (world) => {
    const { id } = await sent(world);
    await world.must(world.people.financeB, id, receiving(usd(600), { reference: 'IN-1' }));
    world.clock.advanceDays(0.01);
    return world.must(world.people.financeB, id, receiving(usd(400), { reference: 'IN-2', date: '2026-03-03' }));
  }),
  received_in_part: story('financeA', async (world) => {
    const { id } = await sent(world);
    return world.must(world.people.financeB, id, receiving(usd(600)));
  }),
  received_before_sent: story('financeA', async (world) => {
    const { id } = await world.approved();
    return world.must(world.people.financeB, id, receiving(usd(1000)));
  }),
  accepted_short: story('financeA', async (world) => {
    const { id } = await sent(world);
    await world.must(world.people.financeB, id, receiving(usd(985)));
    const reason = 'A bank on the way kept a fee.';
    return world.must(world.people.financeB, id, { name: 'acceptShort', reason, bearer: 'payee_host' });
  }),
  not_received: story('financeA', async (world) => {
    const { id } = await sent(world);
    await reminded(world, id, 4);
    return { id };
  }),
  late: story('financeB', async (world) => {
    const { id } = await sent(world);
    await reminded(world, id, 1);
    return { id };
  }),
  late_before_sent: story('financeA', async (world) => {
    const { id } = await world.approved();
    await world.must(world.people.financeB, id, receiving(usd(1000)));
    await reminded(world, id, 1);
    return { id };
  }),
  returned: story('financeB', async (world) => {
    const { id } = await sent(world);
    return world.must(world.people.financeA, id, cameBack({ amount: 960, feeLost: 40 }));
  }),
  returned_after_part: story('financeB', async (world) => {
    const { id } = await sent(world);
    await world.must(world.people.financeB, id, receiving(usd(600)));
    return world.must(world.people.financeA, id, cameBack({ amount: 400, feeLost: 0 }));
  }),
  write_off_proposed: story('financeA', async (world) => {
    const { id } = await lost(world);
    return world.must(world.people.financeB, id, writeOff);
  }),
  written_off: story('collectiveAdminA', async (world) => {
    const { id } = await lost(world);
    await world.must(world.people.financeB, id, writeOff);
    return world.must(world.people.financeA, id, writeOff);
  }),
  sent_back: story('finance2A', async (world) => {
    // Arrived in another currency, and comes back in two parts.
    const { id } = await sent(world);
    await world.must(world.people.financeB, id, receiving({ amount: 860, currency: 'EUR' }, { final: true }));
    await sentBack(world, id, 300);
    await sentBack(world, id, 200);
    return { id };
  }),
  charge_failed: story('stranger', (world) => charged(world, 'declined')),
  contribution_set_aside: story('financeA', async (world) => {
    const contribution = await charged(world, 'declined', 'declined', 'declined', 'declined');
    for (const days of [1, 3, 7]) {
      world.clock.advanceDays(days);
      await world.batch();
    }
    return contribution;
  }),
  contribution_canceled: story('collectiveAdminA', async (world) => {
    const { people, deps } = world;
    const { id } = await charged(world);
    expected(await cancelContribution(deps, world.meta(people.stranger), id, { reason: 'No longer needed.' }));
    return { id };
  }),
  period_unconfirmed: story('financeA', async (world) => {
    const paymentMethodId = await world.card(world.people.stranger, 'contributor');
    const contribution = await world.contribute({ paymentMethodId, interval: 'year' });
    await world.batch();
    world.clock.advanceDays(40);
    await world.batch();
    return contribution;
  }),
  paused: story('stranger', (world) => paused(world, { reason: 'other', message: 'We change banks.\nThank you.' })),
  paused_for_papers: story('collectiveAdminA', (world) =>
    paused(world, { level: 'full', missedPeriods: 'collect_once' }),
  ),
  paused_and_ending: story('stranger', async (world) => {
    const { people, accounts, deps } = world;
    const accountId = accounts.collectiveA2;
    await world.contribute({ collectiveAccountId: accountId });
    const left = { action: 'leave', contributions: 'cancel' } as const;
    expected(await changeHosting(deps, world.meta(people.hostAdminA), accountId, left));
    const { items } = expected(await listHolds(deps, people.collectiveAdminA, accountId, { limit: 1 }));
    return { id: items[0]?.id ?? '' };
  }),
  resumed: story('collectiveAdminA', async (world) => {
    const { id } = await paused(world, { until: '2026-03-09T00:00:00.000Z' });
    expected(await liftAccountHold(world.deps, world.meta(world.people.hostAdminA), id));
    return { id };
  }),
  resumed_but_held: story('financeA', async (world) => {
    const { people, accounts, deps } = world;
    const { id } = await paused(world, {});
    await world.paused(people.collectiveAdminA, accounts.collectiveA, { reason: 'other' });
    expected(await liftAccountHold(deps, world.meta(people.hostAdminA), id));
    return { id };
  }),
  pause_reminder: story('financeA', async (world) => {
    const hold = await paused(world, { level: 'new_in' });
    world.clock.advanceDays(15);
    await world.batch();
    return hold;
  }),
  webhook_disabled: story('financeB', async (world) => {
    const { id } = await world.endpointAt('http://127.0.0.1:1/hook');
    await world.tell((await sent(world)).id);
    await world.pass(2 * 86_400);
    return { id };
  }),
  webhook_given_up: story('financeB', async (world) => {
    const { people, endpoints } = world;
    // What is about a payment intent is refused; a test goes through.
    const receiver = await startReceiver((response, { body }) =>
      response.writeHead(body.includes('payment_intent.') ? 422 : 200).end(),
    );
    const { id, hostId } = await world.endpointAt(`http://127.0.0.1:${receiver.port}/hook`);
    await world.tell((await sent(world)).id);
    await world.pass(60);
    expected(await testWebhookEndpoint(endpoints, world.meta(people.hostAdminB), { hostId, endpointId: id }));
    await world.pass(2 * 86_400);
    await receiver.stop();
    return { id };
  }),
};

/** Each run has ids of its own. */
const withoutIds = (text: string): string => text.replaceAll(/_[0-9A-HJKMNP-TV-Z]{26}/g, '_…');

test.each(Object.keys(stories) as TextKey[])(
  '%s',
  async (key) => {
    const world = await webhookWorld(engine);
    const { people, accounts, deps } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1_000_000));
    const { whom, live } = stories[key];
    const { id } = await live(world);
    if (id.startsWith('whe_')) {
      const { items } = await deps.store.listWebhookEndpoints(accounts.hostB, 1);
      for (let number = 1; number <= (items[0]?.version ?? 0); number += 1) {
        const event = await deps.store.webhookEvent(id, number);
        await (event && deliver(deps, { schemaVersion: 1, subjectId: id, number, eventId: event.id, at: event.at }));
      }
    } else {
      await world.tellAll(id);
    }
    const { items } = await deps.store.listNotices(people[whom], 100);
    const told = items.map(({ facts }) => facts).filter((facts) => textKeyOf(facts) === key);
    // Oldest first; what comes several times in one story is not the same each time.
    const texts = told.toReversed().flatMap((facts) =>
      languages.map((language) => {
        const { subject, text } = renderEmail(facts, language);
        return `SUBJECT ${subject}\n\n${text}`;
      }),
    );
    expect(texts.length).toBeGreaterThan(0);
    expect(withoutIds(texts.join('\n---\n'))).toMatchSnapshot();
  },
  60_000,
);
