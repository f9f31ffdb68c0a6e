/** Invitations over HTTP: what is answered, and what is kept and logged, of a code that is as good as a role. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Api, startApi } from '../support/http.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';

// Everything that is logged at all; the functions read the level when they log for the first time.
process.env.POWERTOOLS_LOG_LEVEL = 'DEBUG';
const written = [process.stdout, process.stderr].map((stream) =>
  jest.spyOn(stream, 'write').mockImplementation(() => true),
);
const logged = (): string => written.flatMap(({ mock }) => mock.calls.map(([text]) => String(text))).join('');

let api: Api;
let world: HttpWorld;

beforeAll(async () => {
  api = await startApi();
  world = await createHttpWorld(api);
});

afterAll(async () => {
  for (const spy of written) {
    spy.mockRestore();
  }
  await api.stop();
});

test('somebody is invited, signs in and accepts; the code is shown once and is neither kept nor logged', async () => {
  const { people, accounts } = world;
  const params = { accountId: accounts.hostA };
  const body = { email: 'grace@example.org', roles: ['accountant', 'finance_lead'] };
  const options = { as: people.adminA, params, body, key: 'invite-grace' };
  const created = await api.call('createInvitation', options);
  expect(created.status).toBe(201);
  const { code, ...invitation } = created.body as { code: string; id: string };
  expect(invitation).toMatchObject({ accountId: accounts.hostA, ...body, invitedBy: people.adminA });
  const repeated = await api.call('createInvitation', options);
  expect(repeated.headers['idempotency-replayed']).toBe('true');
  expect(repeated.body).toEqual(created.body);
  const { items } = await api.ok('listInvitations', { as: people.financeA, params });
  expect(items).toEqual([invitation]);

  const grace = await api.person('Grace');
  const accept = { as: grace, body: { code }, key: 'accept' };
  const accepted = await api.call('acceptInvitation', accept);
  expect(accepted).toMatchObject({ status: 200, headers: { etag: '"1"' } });
  expect(accepted.body).toMatchObject({ userId: grace, roles: body.roles, email: 'grace@example.org' });
  expect((await api.call('acceptInvitation', accept)).headers['idempotency-replayed']).toBe('true');
  expect(await api.refused('acceptInvitation', { as: people.stranger, body: { code } })).toMatchObject({
    type: '/problems/not-found',
  });
  expect((await api.ok('getMe', { as: grace })).memberships).toEqual([
    { accountId: accounts.hostA, roles: body.roles },
  ]);

  const signature = code.split('.')[1] ?? '';
  const stored = JSON.stringify(await api.contents());
  expect(stored).toContain('grace@example.org');
  expect(stored).not.toContain(signature);
  expect(logged()).toContain('"operationId":"acceptInvitation"');
  expect(logged()).toContain('"operationId":"createInvitation"');
  for (const secret of [signature, invitation.id, 'grace@example.org']) {
    expect(logged()).not.toContain(secret);
  }
});

test('an invitation that is open is kept without its code, too', async () => {
  const { people, accounts } = world;
  const { code } = await api.ok('createInvitation', {
    as: people.adminA,
    params: { accountId: accounts.hostA },
    body: { email: 'open@example.org', roles: ['accountant'] },
  });
  const stored = JSON.stringify(await api.contents());
  expect(stored).toContain('open@example.org');
  expect(stored).not.toContain(code.split('.')[1]);
});

test('an invitation that is revoked is gone from the list, and its code gives nothing', async () => {
  const { people, accounts } = world;
  const params = { accountId: accounts.collectiveA };
  const { code, id: invitationId } = await api.ok('createInvitation', {
    as: people.collectiveAdminA,
    params,
    body: { email: 'late@example.org', roles: ['accountant'] },
  });
  const revoked = await api.ok('revokeInvitation', {
    as: people.collectiveAdminA,
    params: { ...params, invitationId },
  });
  expect(revoked).not.toHaveProperty('code');
  expect((await api.ok('listInvitations', { as: people.collectiveAdminA, params })).items).toEqual([]);
  expect(await api.refused('acceptInvitation', { as: people.stranger, body: { code } })).toMatchObject({ status: 404 });
});
