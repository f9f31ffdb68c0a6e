/** What an account may pay with: what a processor knows as its own, and what fits the agreement that it pays. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createContribution, updatePaymentMethod } from '../../shared/application/contributions.ts';
import {
  type AddPaymentMethodInput,
  addPaymentMethod,
  listPaymentMethods,
  type PaymentMethodView,
} from '../../shared/application/payment-methods.ts';
import type { MethodAtProcessor, Processor } from '../../shared/application/processors.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { bodyOf, expected, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
let owner: string;
beforeEach(async () => {
  world = await contributionWorld(engine);
  owner = world.people.stranger;
});

type Found = Awaited<ReturnType<Processor['findMethod']>>;
const there = (found: MethodAtProcessor | null): Found => ({ outcome: 'done', found });
const monthly = (amount: number): MethodAtProcessor => ({
  accountId: owner,
  subscription: { amount: usd(amount), interval: 'month' },
});

/** Adds it while the processor, with one host's account, answers so; at any other host nothing is set up. */
const add = (given: Partial<AddPaymentMethodInput>, found: Found, setUpAt: string = world.accounts.hostA) =>
  addPaymentMethod(
    {
      ...world.deps,
      processors: (_name, hostId) =>
        hostId === setUpAt ? { ...world.processor, findMethod: async () => found } : undefined,
    },
    world.meta(owner),
    owner,
    {
      processor: 'stripe',
      hostAccountId: world.accounts.hostA,
      chargedBy: 'us',
      reference: 'pm_1',
      payerReference: 'cus_1',
      label: 'A card',
      ...given,
    },
  );

const subscription = { chargedBy: 'processor', reference: 'sub_1', payerReference: null } as const;

const wrongIn = (result: Result<unknown, Refusal>) =>
  result.ok
    ? []
    : result.refusal.code === 'validation-failed'
      ? result.refusal.errors.map(({ pointer }) => pointer)
      : [result.refusal.code];

const added = async () => expected(await listPaymentMethods(world.deps, owner, owner, { limit: 10 })).items;

describe('what is added', () => {
  test('is what the processor knows as the account’s own, and shows nothing of what it calls it', async () => {
    const body = bodyOf<PaymentMethodView>(await add({}, there({ accountId: owner, subscription: null })));
    expect(body).toMatchObject({ accountId: owner, hostAccountId: world.accounts.hostA, terms: null });
    expect(JSON.stringify(body)).not.toMatch(/pm_1|cus_1/);
    expect(await added()).toEqual([body]);
  });

  test.each([
    ['is not there', () => there(null)],
    ['is somebody else’s', () => there({ accountId: world.people.outsider, subscription: null })],
    ['is nobody’s', () => there({ accountId: null, subscription: null })],
  ])('is refused in the same words when it %s', async (_case, found) => {
    const refused = await add({}, found());
    expect(refused).toMatchObject({
      refusal: {
        errors: [{ pointer: '/reference', detail: expect.stringContaining('nothing under it for this account') }],
      },
    });
    expect(await added()).toEqual([]);
  });

  test('is tried again later when the processor does not answer, and is not there until then', async () => {
    expect(wrongIn(await add({}, { outcome: 'unknown', reason: 'Nobody answers.' }))).toEqual([
      'temporarily-unavailable',
    ]);
    expect(await added()).toEqual([]);
  });

  test('is saved with a host that has an account there', async () => {
    const { hostB, collectiveA } = world.accounts;
    const own = there({ accountId: owner, subscription: null });
    expect(wrongIn(await add({ hostAccountId: null }, own))).toEqual(['/hostAccountId']);
    expect(wrongIn(await add({ hostAccountId: collectiveA }, own))).toEqual(['/hostAccountId']);
    expect(wrongIn(await add({ hostAccountId: hostB }, own))).toEqual(['/processor']);
    expect(wrongIn(await add({ processor: 'test' }, own))).toEqual(['/hostAccountId']);
    expect(wrongIn(await add({ processor: 'test', hostAccountId: null }, own))).toEqual(['/processor']);
    expect(await added()).toEqual([]);
  });

  test('keeps what a subscription pays, as the processor says it', async () => {
    const body = bodyOf<PaymentMethodView>(await add(subscription, there(monthly(5000))));
    expect(body.terms).toEqual({ amount: usd(5000), interval: 'month' });
  });
});

describe('what is agreed', () => {
  const idOf = async (found: Found, given: Partial<AddPaymentMethodInput> = subscription, at?: string) =>
    bodyOf<{ id: string }>(await add(given, found, at)).id;
  const agree = (paymentMethodId: string, given: { amount?: number; interval?: 'month' | 'year' } = {}) =>
    createContribution(world.deps, world.meta(owner), {
      contributorAccountId: owner,
      collectiveAccountId: world.accounts.collectiveA,
      amount: usd(given.amount ?? 5000),
      interval: given.interval ?? 'month',
      tier: null,
      paymentMethodId,
    });

  test('is what the subscription that pays it does', async () => {
    const paymentMethodId = await idOf(there(monthly(5000)));
    expect(wrongIn(await agree(paymentMethodId, { amount: 6000 }))).toEqual(['/paymentMethodId']);
    expect(await agree(paymentMethodId, { interval: 'year' })).toMatchObject({
      refusal: { errors: [{ detail: expect.stringContaining('50.00 USD each month') }] },
    });
    expect(wrongIn(await agree(paymentMethodId))).toEqual([]);
  });

  test('is not paid by a subscription in a rhythm that nobody agrees to here', async () => {
    const weekly = there({ accountId: owner, subscription: { amount: usd(5000), interval: null } });
    expect(wrongIn(await agree(await idOf(weekly)))).toEqual(['/paymentMethodId']);
  });

  test('is paid with what is saved with the host that holds it', async () => {
    const own = there({ accountId: owner, subscription: null });
    const { hostA, hostB } = world.accounts;
    const atB = await idOf(own, { hostAccountId: hostB }, hostB);
    const refused = await agree(atB);
    expect(refused).toMatchObject({ refusal: { errors: [{ detail: expect.stringContaining('another host') }] } });
    expect(wrongIn(await agree(await idOf(own, { reference: 'pm_2' }, hostA)))).toEqual([]);
  });

  test('stays what it is when it is to be paid in another way', async () => {
    const { id } = await world.contribute();
    const change = async (paymentMethodId: string) =>
      wrongIn(await updatePaymentMethod(world.deps, world.meta(owner), id, { paymentMethodId }));
    const { hostB } = world.accounts;
    expect(await change(await idOf(there(monthly(6000))))).toEqual(['/paymentMethodId']);
    const atB = await idOf(there({ accountId: owner, subscription: null }), { hostAccountId: hostB }, hostB);
    expect(await change(atB)).toEqual(['/paymentMethodId']);
    expect(await change(await idOf(there(monthly(5000)), { ...subscription, reference: 'sub_2' }))).toEqual([]);
  });

  test('leaves so many subscriptions to be ended, and no more', async () => {
    const { id } = await world.contribute();
    const outcomes: string[] = [];
    for (let count = 0; count < 14; count += 1) {
      const paymentMethodId = await idOf(there(monthly(5000)), { ...subscription, reference: `sub_${count}` });
      const result = await updatePaymentMethod(world.deps, world.meta(owner), id, { paymentMethodId });
      outcomes.push(result.ok ? 'ok' : result.refusal.code);
    }
    expect(outcomes).toEqual([...Array.from({ length: 12 }, () => 'ok'), 'too-many', 'too-many']);
  });
});
