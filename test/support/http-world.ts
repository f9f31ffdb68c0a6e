/** Two hosts with their teams and a payment intent on each stage of the way, made over HTTP alone. */
import { bootstrapPlatform } from '../../shared/application/platform.ts';
import type { AnswerOf } from '../../shared/http/routes.ts';
import type { Api } from './http.ts';

export type HttpWorld = Awaited<ReturnType<typeof createHttpWorld>>;

type Intent = AnswerOf<'getPaymentIntent'>;

export const usd = (amount: number) => ({ amount, currency: 'USD' });

/** Bank dates are in the near past, whenever the tests run. */
export const bankDate = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);

export async function createHttpWorld(api: Api) {
  const platformAdmin = await api.person('platform');
  const code = await bootstrapPlatform(api.dependencies, { email: 'platform@example.org' });
  await api.ok('acceptInvitation', { as: platformAdmin, body: { code } });
  const [adminA, financeA, adminB, financeB, collectiveAdminA, collectiveAdminB, stranger] = await Promise.all([
    api.person('Ada'),
    api.person('Fin'),
    api.person('Bob'),
    api.person('Bea'),
    api.person('Col'),
    api.person('Cob'),
    api.person('Stranger'),
  ]);
  const host = async (slug: string, admin: string): Promise<string> =>
    (
      await api.ok('createAccount', {
        as: platformAdmin,
        body: { kind: 'host', slug, name: slug, currency: 'USD', adminUserIds: [admin] },
      })
    ).id;
  const hostA = await host('host-a', adminA);
  const hostB = await host('host-b', adminB);
  const hosted = async (slug: string, admin: string, hostId: string, hostAdmin: string): Promise<string> => {
    const { id: accountId } = await api.ok('createAccount', {
      as: admin,
      body: { kind: 'collective', slug, name: slug, currency: 'USD' },
    });
    await api.ok('changeHosting', { as: admin, params: { accountId }, body: { action: 'apply', hostId } });
    await api.ok('changeHosting', { as: hostAdmin, params: { accountId }, body: { action: 'accept' } });
    return accountId;
  };
  const collectiveA = await hosted('collective-a', collectiveAdminA, hostA, adminA);
  const collectiveA2 = await hosted('collective-a2', collectiveAdminA, hostA, adminA);
  const collectiveB = await hosted('collective-b', collectiveAdminB, hostB, adminB);
  const join = (as: string, accountId: string, userId: string) =>
    api.ok('putMember', { as, params: { accountId, userId }, body: { roles: ['finance_lead'] } });
  await join(adminA, hostA, financeA);
  await join(adminB, hostB, financeB);

  const suspense = () =>
    api.ok('recordSuspense', {
      as: financeA,
      params: { hostId: hostA },
      body: { amount: usd(1_000_000), date: bankDate },
    });
  const { id: fundsId } = await suspense();
  await api.ok('attachSuspense', {
    as: financeA,
    params: { hostId: hostA, suspenseId: fundsId },
    body: { shares: [{ accountId: collectiveA, kind: 'rest' }], purpose: 'Opening balance' },
  });

  const draft = (payeeAccountId: string = collectiveB): Promise<Intent> =>
    api.ok('createPaymentIntent', {
      as: collectiveAdminA,
      body: {
        type: 'grant',
        payerAccountId: collectiveA,
        payeeAccountId,
        amount: usd(1000),
        purpose: 'Travel to the conference',
        destination: { method: 'bank_account', label: 'Host B, ending 4242' },
      },
    });
  const submitted = async (payeeAccountId?: string): Promise<Intent> => {
    const { id: intentId } = await draft(payeeAccountId);
    return api.ok('submitPaymentIntent', { as: collectiveAdminA, params: { intentId } });
  };
  const approved = async (payeeAccountId?: string): Promise<Intent> => {
    const { id: intentId } = await submitted(payeeAccountId);
    return api.ok('approvePaymentIntent', { as: financeA, params: { intentId }, body: { revision: 1 } });
  };
  const sent = async (): Promise<Intent> => {
    const { id: intentId } = await approved();
    return api.ok('markSent', { as: financeA, params: { intentId }, body: { date: bankDate, reference: 'REF-1' } });
  };
  const received = async (): Promise<Intent> => {
    const { id: intentId } = await sent();
    return api.ok('confirmReceipt', {
      as: financeB,
      params: { intentId },
      body: { amount: usd(1000), date: bankDate, reference: 'REF-1' },
    });
  };

  return {
    people: { platformAdmin, adminA, financeA, adminB, financeB, collectiveAdminA, collectiveAdminB, stranger },
    accounts: { hostA, hostB, collectiveA, collectiveA2, collectiveB },
    suspense,
    draft,
    submitted,
    approved,
    sent,
    received,
  };
}
