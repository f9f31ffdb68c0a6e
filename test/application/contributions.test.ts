/** Contributions from agreement to books, and what stops and resumes them, on a real engine. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { getBalances } from '../../shared/application/accounts.ts';
import {
  cancelContribution,
  confirmPeriod,
  createContribution,
  takeUpContribution,
  updatePaymentMethod,
} from '../../shared/application/contributions.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import { getBooks } from '../../shared/application/hosts.ts';
import type { Answer } from '../../shared/application/request.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { bodyOf, expected, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
beforeEach(async () => {
  world = await contributionWorld(engine);
});

const codeOf = (result: Result<Answer, Refusal>): string => (result.ok ? 'ok' : result.refusal.code);

type Balances = { readonly balances: readonly { readonly available: number }[] };
const available = async (accountId: string): Promise<number> =>
  bodyOf<Balances>(await getBalances(world.deps, world.people.hostAdminA, accountId, {})).balances[0]?.available ?? 0;

const periodsOf = (): readonly string[] => world.bank.payments.map(({ period }) => period);

describe('a monthly contribution', () => {
  test('is charged when it begins, and on the anchor day of each month', async () => {
    const { people, accounts, clock } = world;
    const { id } = await world.contribute();
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect(await world.batch()).toEqual([]);
    clock.advanceDays(30);
    expect(await world.batch()).toEqual([]);
    clock.advanceDays(1);
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect(periodsOf()).toEqual(['2026-03-02', '2026-04-02']);
    expect(await available(accounts.collectiveA)).toBe(2 * (5000 - 175));
    const seen = await world.look(people.stranger, id);
    expect(seen).toMatchObject({ status: 'active', charged: 2, nextChargeAt: '2026-05-02T00:00:00.000Z' });
    const books = bodyOf<{ currencies: { balanced: boolean; bank: number }[] }>(
      await getBooks(world.deps, people.hostAdminA, accounts.hostA, {}),
    );
    expect(books.currencies).toMatchObject([{ balanced: true, bank: 2 * 4825 }]);
  });

  test('that is declined is tried again after 1, 3 and 7 days, then set aside, and taken up by its contributor', async () => {
    const { people, clock, bank } = world;
    bank.script.push('declined', 'declined', 'declined', 'declined');
    const { id } = await world.contribute();
    expect(await world.batch()).toEqual(['charge_started', 'charge_refused']);
    for (const days of [1, 3, 7]) {
      clock.advanceDays(days - 0.01);
      expect(await world.batch()).toEqual([]);
      clock.advanceDays(0.01);
      expect(await world.batch()).toEqual(['charge_started', 'charge_refused']);
    }
    const seen = await world.look(people.stranger, id);
    expect(seen.setAside).toMatchObject({ reason: 'The card was declined.' });
    clock.advanceDays(100);
    expect(await world.batch()).toEqual([]);
    expected(await takeUpContribution(world.deps, world.meta(people.stranger), id));
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect(periodsOf()).toEqual(['2026-06-02']);
    expect(codeOf(await takeUpContribution(world.deps, world.meta(people.stranger), id))).toBe(
      'transition-not-allowed',
    );
  });

  test('whose answer was lost is looked up, and not asked for again', async () => {
    const { clock, bank } = world;
    bank.script.push('unknown-done');
    await world.contribute();
    expect(await world.batch()).toEqual(['charge_started', 'charge_unclear']);
    clock.advanceDays(1 / 24);
    expect(await world.batch()).toEqual(['charged']);
    expect(bank.payments).toHaveLength(1);
    expect(bank.calls.map(({ verb }) => verb)).toEqual(['charge', 'look-up']);
  });

  test('whose question was lost is asked again under the same key, once the processor knows nothing of it', async () => {
    const { clock, bank } = world;
    bank.script.push('unknown-not-done');
    await world.contribute();
    await world.batch();
    clock.advanceDays(1 / 24);
    expect(await world.batch()).toEqual(['charge_not_found', 'charge_started', 'charged']);
    expect(new Set(bank.calls.map(({ what }) => what)).size).toBe(1);
    expect(bank.payments).toHaveLength(1);
  });
});

describe('a pause', () => {
  test('by the host stops the charges at once, and lifting it goes on with the next anchor day', async () => {
    const { people, accounts, clock } = world;
    const { id } = await world.contribute();
    await world.batch();
    const hold = await world.paused(people.financeA, accounts.collectiveA);
    expect(hold).toMatchObject({ status: 'active', owner: 'host', underWay: 0 });
    expect((await world.look(people.stranger, id)).paused).toMatchObject({
      isPaused: true,
      holds: [{ accountId: accounts.collectiveA, owner: 'host', reason: 'paperwork' }],
    });
    clock.advanceDays(70);
    expect(await world.batch()).toEqual(['periods_passed']);
    expect(await world.batch()).toEqual([]);
    expected(await liftAccountHold(world.deps, world.meta(people.financeA), hold.id));
    expect(await world.batch()).toEqual([]);
    clock.advanceDays(31);
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect(periodsOf()).toEqual(['2026-03-02', '2026-06-02']);
  });

  test('that collects once charges one time for all that was missed, as soon as it is lifted', async () => {
    const { people, accounts, clock } = world;
    await world.contribute();
    await world.batch();
    const hold = await world.paused(people.financeA, accounts.collectiveA, { missedPeriods: 'collect_once' });
    clock.advanceDays(70);
    await world.batch();
    expected(await liftAccountHold(world.deps, world.meta(people.financeA), hold.id));
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect(periodsOf()).toEqual(['2026-03-02', '2026-05-02']);
    clock.advanceDays(31);
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
  });

  test('of one owner stays when another lifts its own', async () => {
    const { people, accounts, clock } = world;
    const { id } = await world.contribute();
    await world.batch();
    const ofHost = await world.paused(people.financeA, accounts.collectiveA);
    const ofCollective = await world.paused(people.collectiveAdminA, accounts.collectiveA);
    const own = await world.paused(people.stranger, people.stranger, { contributionIds: [id] });
    expect(codeOf(await world.pause(people.hostAdminA, accounts.collectiveA))).toBe('already-on-hold');
    expect(codeOf(await liftAccountHold(world.deps, world.meta(people.collectiveAdminA), ofHost.id))).toBe(
      'not-hold-owner',
    );
    expect(codeOf(await liftAccountHold(world.deps, world.meta(people.hostAdminB), ofHost.id))).toBe('not-found');
    expected(await liftAccountHold(world.deps, world.meta(people.financeA), ofHost.id));
    expect(codeOf(await liftAccountHold(world.deps, world.meta(people.financeA), ofHost.id))).toBe('hold-over');
    clock.advanceDays(31);
    expect(await world.batch()).toEqual(['periods_passed']);
    expected(await liftAccountHold(world.deps, world.meta(people.collectiveAdminA), ofCollective.id));
    expect((await world.look(people.stranger, id)).paused.isPaused).toBe(true);
    expected(await liftAccountHold(world.deps, world.meta(people.stranger), own.id));
    expect((await world.look(people.stranger, id)).paused.isPaused).toBe(false);
    clock.advanceDays(31);
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect(periodsOf()).toEqual(['2026-03-02', '2026-05-02']);
  });

  test('ends by itself on its date, and its owner is reminded after 14 days and then weekly', async () => {
    const { people, accounts, clock } = world;
    await world.contribute();
    await world.batch();
    const hold = await world.paused(people.financeA, accounts.collectiveA, { until: '2026-04-01T00:00:00.000Z' });
    for (const [days, reminders] of [
      [14, 1],
      [3, 1],
      [4, 2],
    ] as const) {
      clock.advanceDays(days);
      await world.batch();
      expect((await world.deps.store.hold(hold.id))?.hold.reminders).toBe(reminders);
    }
    clock.advanceDays(9);
    await world.batch();
    expect((await world.deps.store.hold(hold.id))?.hold).toMatchObject({ status: 'lifted', lifted: { how: 'ended' } });
    clock.advanceDays(2);
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
  });

  test('of a host stops the contributions of all its collectives', async () => {
    const { people, accounts } = world;
    await world.contribute();
    await world.contribute({ collectiveAccountId: accounts.collectiveA2 });
    await world.contribute({ collectiveAccountId: accounts.collectiveB });
    const preview = await world.preview(people.hostAdminA, accounts.hostA);
    expect(preview).toMatchObject({ contributions: 2, monthly: [{ currency: 'USD', amount: 10_000 }] });
    await world.paused(people.hostAdminA, accounts.hostA);
    const done = await world.batch();
    expect(done.filter((type) => type === 'periods_passed')).toHaveLength(2);
    expect(done.filter((type) => type === 'charged')).toHaveLength(1);
  });

  test('is refused when what was shown has changed', async () => {
    const { people, accounts } = world;
    await world.contribute();
    const { fingerprint } = await world.preview(people.financeA, accounts.collectiveA);
    await world.contribute();
    const refused = await world.pause(people.financeA, accounts.collectiveA, { fingerprint });
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'preview-outdated', contributions: 2 } });
  });

  test('keeps new recurring contributions out, and lets one-time ones in unless it says so', async () => {
    const { people, accounts } = world;
    await world.paused(people.financeA, accounts.collectiveA);
    const paymentMethodId = await world.card(people.stranger);
    const input = {
      contributorAccountId: people.stranger,
      collectiveAccountId: accounts.collectiveA,
      amount: usd(1000),
      tier: null,
      paymentMethodId,
    };
    const give = (interval: 'once' | 'month') =>
      createContribution(world.deps, world.meta(people.stranger), { ...input, interval });
    expect(codeOf(await give('month'))).toBe('on-hold');
    const { id } = bodyOf<{ id: string }>(await give('once'));
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect((await world.look(people.stranger, id)).status).toBe('completed');
    await world.paused(people.financeA, accounts.collectiveA, { level: 'new_in' });
    expect(codeOf(await give('once'))).toBe('on-hold');
  });
});

describe('a subscription that the processor charges by itself', () => {
  test('is suspended there, resumed there and canceled there, and two changes of mind make no call', async () => {
    const { people, accounts, bank } = world;
    const paymentMethodId = await world.card(people.stranger, 'processor');
    const { id } = await world.contribute({ paymentMethodId });
    expect(await world.batch()).toEqual([]);
    const hold = await world.paused(people.financeA, accounts.collectiveA);
    expect((await world.look(people.stranger, id)).processor).toMatchObject({
      observed: 'running',
      pending: 'pausing',
    });
    expect(await world.batch()).toEqual(['told', 'told']);
    expect((await world.look(people.stranger, id)).processor).toMatchObject({ observed: 'suspended', pending: null });
    expected(await liftAccountHold(world.deps, world.meta(people.financeA), hold.id));
    const again = await world.paused(people.financeA, accounts.collectiveA);
    await world.batch();
    expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend']);
    expected(await liftAccountHold(world.deps, world.meta(people.financeA), again.id));
    await world.batch();
    expected(await cancelContribution(world.deps, world.meta(people.stranger), id, { reason: 'Enough.' }));
    await world.batch();
    expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend', 'resume', 'cancel']);
  });

  test('is tried again when the processor does not answer, and ends here when it is gone there', async () => {
    const { people, accounts, bank, clock } = world;
    const paymentMethodId = await world.card(people.stranger, 'processor');
    const { id } = await world.contribute({ paymentMethodId });
    bank.script.push('broken');
    const hold = await world.paused(people.financeA, accounts.collectiveA);
    expect(await world.batch()).toEqual(['telling_failed']);
    clock.advanceDays(1);
    expect(await world.batch()).toContain('told');
    bank.script.push('gone');
    expected(await liftAccountHold(world.deps, world.meta(people.financeA), hold.id));
    await world.batch();
    expect(await world.look(people.stranger, id)).toMatchObject({ status: 'canceled' });
  });

  test('is told again when somebody changed their mind while it was told', async () => {
    const { people, bank, processor } = world;
    const paymentMethodId = await world.card(people.stranger, 'processor');
    const { id } = await world.contribute({ paymentMethodId });
    const own = await world.paused(people.stranger, people.stranger, { contributionIds: [id] });
    await world.batch({
      processor: {
        ...processor,
        async suspend(...given) {
          const outcome = await processor.suspend(...given);
          expected(await liftAccountHold(world.deps, world.meta(people.stranger), own.id));
          return outcome;
        },
      },
    });
    expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend', 'resume']);
    expect(await world.look(people.stranger, id)).toMatchObject({
      paused: { isPaused: false },
      processor: { observed: 'running', pending: null },
    });
  });
});

describe('a contribution by bank transfer', () => {
  test('is expected each period, unconfirmed after the grace, and money only when the host confirms it', async () => {
    const { people, accounts, clock } = world;
    const paymentMethodId = await world.card(people.stranger, 'contributor');
    const { id } = await world.contribute({ paymentMethodId });
    expect(await world.batch()).toEqual(['period_expected']);
    expect(await available(accounts.collectiveA)).toBe(0);
    clock.advanceDays(10);
    expect(await world.batch()).toEqual(['period_unconfirmed']);
    expect((await world.look(people.stranger, id)).expected).toMatchObject([
      { period: '2026-03-02', status: 'unconfirmed' },
    ]);
    const input = { period: '2026-03-02', amount: usd(5000), date: '2026-03-10', reference: 'R-1' };
    expect(codeOf(await confirmPeriod(world.deps, world.meta(people.stranger), id, input))).toBe('permission-denied');
    expected(await confirmPeriod(world.deps, world.meta(people.financeA), id, input));
    expect(codeOf(await confirmPeriod(world.deps, world.meta(people.financeA), id, input))).toBe('validation-failed');
    expect(await available(accounts.collectiveA)).toBe(5000);
  });
});

describe('refused are', () => {
  test('a payment method of another person, a first day in the past, and an end of a pause in the past', async () => {
    const { people, accounts } = world;
    const paymentMethodId = await world.card(people.outsider);
    const own = await world.card(people.stranger);
    const input = {
      contributorAccountId: people.stranger,
      collectiveAccountId: accounts.collectiveA,
      amount: usd(1000),
      interval: 'month',
      tier: null,
      paymentMethodId,
    } as const;
    expect(await createContribution(world.deps, world.meta(people.stranger), input)).toMatchObject({
      ok: false,
      refusal: { errors: [{ pointer: '/paymentMethodId' }] },
    });
    const late = { ...input, paymentMethodId: own, startsOn: '2026-03-01' };
    expect(await createContribution(world.deps, world.meta(people.stranger), late)).toMatchObject({
      ok: false,
      refusal: { errors: [{ pointer: '/startsOn' }] },
    });
    expect(
      codeOf(await createContribution(world.deps, world.meta(people.outsider), { ...input, paymentMethodId: own })),
    ).toBe('validation-failed');
    const { id } = await world.contribute();
    expect(codeOf(await updatePaymentMethod(world.deps, world.meta(people.stranger), id, { paymentMethodId }))).toBe(
      'validation-failed',
    );
    const past = await world.pause(people.financeA, accounts.collectiveA, { until: '2026-03-02T08:59:59.000Z' });
    expect(past).toMatchObject({ ok: false, refusal: { errors: [{ pointer: '/until' }] } });
  });

  test('a pause by anybody else: another host, an accountant, a stranger', async () => {
    const { people, accounts } = world;
    expect(codeOf(await world.pause(people.financeB, accounts.collectiveA))).toBe('not-found');
    expect(codeOf(await world.pause(people.stranger, accounts.collectiveA))).toBe('not-found');
    expect(codeOf(await world.pause(people.accountantA, accounts.collectiveA))).toBe('permission-denied');
  });
});
