/** When a bank did something: not tomorrow, and not so long ago that it can only be a slip of the pen or history. */
import { describe, expect, test } from '@jest/globals';
import { recordSuspense } from '../../shared/application/hosts.ts';
import type { Answer } from '../../shared/application/request.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { engineOfFile, fundedWorld } from '../support/engine-of-file.ts';
import { receiving, sending, usd } from '../support/world.ts';

const world = await fundedWorld(await engineOfFile());

type Attempt = (date: string) => Promise<Result<Answer, Refusal>>;

/** Each way to tell of a bank date, on an intent that is ready for it. */
const ways: Record<string, () => Promise<Attempt>> = {
  'a send': async () => {
    const { id } = await world.approved();
    return (date) => world.command(world.people.financeA, id, sending({ date }));
  },
  'a settlement': async () => {
    const { id } = await world.approved({ payeeAccountId: world.accounts.collectiveA2, destination: null });
    return (date) => world.command(world.people.financeA, id, { name: 'settle', date });
  },
  'a receipt': async () => {
    const { id } = await world.sent();
    return (date) => world.command(world.people.financeB, id, receiving(usd(1000), { date }));
  },
  'a return': async () => {
    const { id } = await world.sent();
    const returned = { amount: 1000, feeLost: 0, bearer: 'payer', reason: 'Account closed' } as const;
    return (date) => world.command(world.people.financeA, id, { name: 'markReturned', ...returned, date });
  },
  'money in suspense': async () => {
    const { people, accounts, deps, meta } = world;
    const given = { amount: usd(1), reference: null, payerName: null, note: null };
    return (date) => recordSuspense(deps, meta(people.financeB), accounts.hostB, { ...given, date });
  },
};

// The clock of the test world stands at 2026-03-02.
describe.each(Object.keys(ways))('the date of %s', (name) => {
  test.each([
    ['in 1905', '1905-01-01', 'Older history is imported'],
    ['367 days ago', '2025-02-28', 'Older history is imported'],
    ['the day after tomorrow', '2026-03-04', 'in the future'],
  ])('is not %s, and nothing changes', async (_when, date, detail) => {
    const attempt = await ways[name]?.();
    expect(await attempt?.(date)).toMatchObject({
      ok: false,
      refusal: { code: 'validation-failed', errors: [{ pointer: '/date', detail: expect.stringContaining(detail) }] },
    });
    expect(await attempt?.('2026-03-02')).toMatchObject({ ok: true });
  });

  test.each([
    ['366 days ago', '2025-03-01'],
    ['tomorrow, where it is tomorrow already', '2026-03-03'],
  ])('may be %s', async (_when, date) => {
    const attempt = await ways[name]?.();
    expect(await attempt?.(date)).toMatchObject({ ok: true });
  });
});
