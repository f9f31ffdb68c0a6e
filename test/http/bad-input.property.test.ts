import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bodyBytesMax } from '../../functions/middleware/with-content.ts';
import { isChange } from '../../shared/http/route.ts';
import type { OperationId } from '../../shared/http/route-table.ts';
import { operationIds } from '../../shared/http/routes.ts';
import { BadRequests, type Document, illFormed, type Operation } from '../support/bad-requests.ts';
import {
  type Api,
  type CallOptions,
  type Problem,
  type RawRequest,
  requestFor,
  routeOf,
  startApi,
} from '../support/http.ts';
import { tellOfIntent } from '../support/http-notices.ts';
import { bankDate, createHttpWorld, type HttpWorld, usd } from '../support/http-world.ts';

const document: Document = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'openapi.json'), 'utf8'),
);
const bad = new BadRequests(document);
const runs = 60;

let api: Api;
let world: HttpWorld;
/** What the paths name: things that are there, and that the caller may act on. */
let things: Record<
  | 'accountId'
  | 'userId'
  | 'intentId'
  | 'hostId'
  | 'suspenseId'
  | 'invitationId'
  | 'contributionId'
  | 'paymentMethodId'
  | 'holdId'
  | 'endpointId'
  | 'deliveryId'
  | 'eventId'
  | 'queue',
  string
>;

beforeAll(async () => {
  api = await startApi();
  world = await createHttpWorld(api);
  const { accounts, people } = world;
  const invite = () =>
    api.ok('createInvitation', {
      as: people.adminA,
      params: { accountId: accounts.hostA },
      body: { email: 'somebody@example.org', roles: ['accountant'] },
    });
  const giver = people.collectiveAdminA;
  const card = async () => {
    const body = { processor: 'test', chargedBy: 'us', reference: 'ok', label: 'A test card' };
    return (await api.ok('addPaymentMethod', { as: giver, params: { accountId: giver }, body })).id;
  };
  const paymentMethodId = await card();
  const give = () =>
    api.ok('createContribution', {
      as: giver,
      body: {
        contributorAccountId: giver,
        collectiveAccountId: accounts.collectiveA,
        amount: usd(1000),
        interval: 'month',
        paymentMethodId,
      },
    });
  const hold = (as: string) =>
    api.ok('placeAccountHold', {
      as,
      params: { accountId: accounts.hostA },
      body: { level: 'new_in', reason: 'other' },
    });
  const hooked = { as: people.adminA, params: { hostId: accounts.hostA } };
  const endpoint = () =>
    api.ok('createWebhookEndpoint', {
      ...hooked,
      body: { url: 'http://127.0.0.1:9999/hook', description: 'Bookkeeping', topics: 'all' },
    });
  const endpointId = (await endpoint()).id;
  await endpoint();
  const delivery = () => api.ok('testWebhookEndpoint', { ...hooked, params: { ...hooked.params, endpointId } });
  const deliveryId = (await delivery()).id;
  const contributionId = (await give()).id;
  await give();
  // Its reviewer is told of each, and so is the endpoint: with the test there is more than one delivery.
  for (const { id } of [await world.submitted(), await world.submitted()]) await tellOfIntent(id);
  const [told] = (await api.ok('listNotifications', { as: people.financeA })).items;
  things = {
    eventId: told?.eventId ?? '',
    queue: 'host-notifications',
    contributionId,
    paymentMethodId,
    endpointId,
    deliveryId,
    holdId: (await hold(people.adminA)).id,
    accountId: accounts.hostA,
    userId: people.financeA,
    intentId: (await world.sent()).id,
    hostId: accounts.hostA,
    suspenseId: (await world.suspense()).id,
    invitationId: (await invite()).id,
  };
  // Enough for a list to have a second page, and with it a cursor.
  await world.draft();
  await world.draft();
  await world.suspense();
  await invite();
  await card();
  await hold(people.platformAdmin);
  const { contributionDependencies } = await import('../../functions/contribution-dependencies.ts');
  const { store, ids, clock } = contributionDependencies();
  for (const percentage of [10, 20]) {
    await api.ok('putBatchRollout', { as: people.platformAdmin, body: { percentage, hostIds: [] } });
    const at = clock.now();
    await store.putBatchRun({
      id: ids.next('run', at),
      startedAt: at,
      finishedAt: at,
      servedAll: true,
      found: 0,
      hasMore: false,
      oldestDueAt: null,
      outcomes: {},
    });
  }
  // The key of cursors is made at its first use.
  await api.send(good('listSuspense'));
});

afterAll(() => api.stop());

const operations = operationIds.filter((id) => routeOf(id).access === 'authenticated');
const changes = operations.filter((id) => isChange(routeOf(id)));

const operationOf = (id: OperationId): Operation => {
  const { path, method } = routeOf(id);
  const operation = document.paths[path]?.[method.toLowerCase()];
  if (operation === undefined) {
    throw new Error(`${id} is not in the document.`);
  }
  return operation;
};

/** Those whom the lifecycle lets try it, so that nothing but the request itself is wrong. */
const callers: Partial<Record<OperationId, keyof HttpWorld['people']>> = {
  submitPaymentIntent: 'collectiveAdminA',
  editPaymentIntent: 'collectiveAdminA',
  confirmReceipt: 'financeB',
  acceptShort: 'financeB',
  reportNotReceived: 'financeB',
  sendBack: 'financeB',
  changeHosting: 'collectiveAdminA',
  createPaymentIntent: 'collectiveAdminA',
  createContribution: 'collectiveAdminA',
  addPaymentMethod: 'collectiveAdminA',
  listPaymentMethods: 'collectiveAdminA',
  removePaymentMethod: 'collectiveAdminA',
  updatePaymentMethod: 'collectiveAdminA',
  listBatchRuns: 'platformAdmin',
  getBatchRollout: 'platformAdmin',
  putBatchRollout: 'platformAdmin',
  listBatchRolloutChanges: 'platformAdmin',
  listDeadLetterQueues: 'platformAdmin',
  listDeadLetters: 'platformAdmin',
  replayDeadLetters: 'platformAdmin',
  listNotifications: 'financeA',
  markNotificationRead: 'financeA',
};

/** What belongs to the person who asks. */
const ownOperations: readonly OperationId[] = ['addPaymentMethod', 'listPaymentMethods', 'removePaymentMethod'];

const callerOf = (id: OperationId): string => world.people[callers[id] ?? 'adminA'];

const paramsOf = (id: OperationId): Record<string, string> =>
  Object.fromEntries(
    bad
      .parametersOf(operationOf(id))
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => [
        name,
        id === 'changeHosting'
          ? world.accounts.collectiveA
          : name === 'accountId' && ownOperations.includes(id)
            ? callerOf(id)
            : (things[name as keyof typeof things] ?? ''),
      ]),
  );

const exampleOf = (id: OperationId): unknown => {
  const schema = bad.bodySchemaOf(operationOf(id));
  return schema === undefined ? undefined : (schema.examples?.[0] ?? {});
};

/** What a list needs to be asked for at all. */
const queryOf = (id: OperationId): Record<string, string> =>
  id === 'listPaymentIntents' || id === 'listContributions'
    ? { host: things.hostId }
    : id === 'findAccounts'
      ? { slug: 'host-a' }
      : {};

const good = (id: OperationId, given: CallOptions = {}): RawRequest => {
  const body = exampleOf(id);
  return requestFor(id, {
    as: callerOf(id),
    params: paramsOf(id),
    query: queryOf(id),
    ...(body === undefined ? {} : { body }),
    ...given,
  });
};

const headersOf = (request: RawRequest, changed: Readonly<Record<string, string | undefined>>): RawRequest => ({
  ...request,
  headers: Object.fromEntries(
    Object.entries({ ...request.headers, ...changed }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  ),
});

async function expectProblem(request: RawRequest, slug: string, pointer?: string): Promise<void> {
  const { status, body } = await api.send(request);
  const problem = body as Problem;
  const what = `${request.operation} ${request.rawQueryString} ${(request.body ?? '').slice(0, 300)}`;
  expect({ what, type: problem.type }).toEqual({ what, type: `/problems/${slug}` });
  expect(status).toBeLessThan(500);
  if (pointer !== undefined) {
    expect({ what, pointers: problem.errors?.map((error) => error.pointer) }).toEqual({ what, pointers: [pointer] });
  }
}

/** Sends what is generated, and compares everything that is stored before and after. */
async function nothingChanges(property: () => Promise<void>): Promise<void> {
  const before = await api.contents();
  await property();
  expect(await api.contents()).toEqual(before);
}

test.each(changes)('%s refuses a body that its description does not allow, and points at what is wrong', async (id) => {
  const schema = bad.bodySchemaOf(operationOf(id));
  const wrong = schema === undefined ? fc.constant(undefined) : bad.badValues(schema, exampleOf(id));
  await nothingChanges(() =>
    fc.assert(
      fc.asyncProperty(wrong, async (value) => {
        if (value !== undefined) {
          await expectProblem(good(id, { body: value.value }), 'validation-failed', value.pointer);
        }
      }),
      { numRuns: runs },
    ),
  );
});

test.each(changes)('%s refuses what has no one way to be written down, whether it takes a body or not', async (id) => {
  const request = headersOf(good(id), { 'content-type': 'application/json' });
  const bodies: readonly (readonly [string, string])[] = [
    ...illFormed.map((text) => [JSON.stringify({ some: { where: ['', text] } }), '/some/where/1'] as const),
    ['{"a\\ud800":{"b":"\\ud800"}}', '/a\ufffd'],
    ['{"large":[0,1e999]}', '/large/1'],
    ['"\\ud800"', ''],
  ];
  await nothingChanges(async () => {
    for (const [body, pointer] of bodies) {
      await expectProblem({ ...request, body }, 'validation-failed', pointer);
    }
  });
});

test.each(operations)('%s refuses parameters that its description does not allow', async (id) => {
  const parameters = bad.parametersOf(operationOf(id)).filter((parameter) => parameter.in !== 'header');
  const wrong = parameters.flatMap((parameter) =>
    bad.wrongTextsFor(parameter).map((text) => ({ parameter, text, pointer: `/${parameter.name}` })),
  );
  await nothingChanges(async () => {
    for (const { parameter, text, pointer } of wrong) {
      const request =
        parameter.in === 'path'
          ? good(id, { params: { ...paramsOf(id), [parameter.name]: text } })
          : good(id, { query: { ...queryOf(id), [parameter.name]: text } });
      await expectProblem(request, 'validation-failed', pointer);
    }
    await expectProblem(good(id, { query: { ...queryOf(id), nonsense: '1' } }), 'validation-failed', '/nonsense');
    for (const { name, required } of parameters.filter((parameter) => parameter.in === 'query')) {
      const { [name]: _gone, ...rest } = queryOf(id);
      if (required === true) {
        await expectProblem(good(id, { query: rest }), 'validation-failed', `/${name}`);
      }
      const rawQueryString = `${good(id).rawQueryString}&${name}=1&${name}=2`;
      await expectProblem({ ...good(id), rawQueryString }, 'validation-failed', `/${name}`);
    }
  });
});

test.each(operations.filter((id) => routeOf(id).path.includes('{')))(
  '%s answers that nothing is there for an id that nobody has, and for who has no part in it',
  async (id) => {
    const unknown = {
      acc: 'acc_',
      pi: 'pi_',
      sus: 'sus_',
      inv: 'inv_',
      con: 'con_',
      pm: 'pm_',
      hold: 'hold_',
      whe: 'whe_',
      whd: 'whd_',
      evt: 'evt_',
    };
    await nothingChanges(async () => {
      for (const [name, value] of Object.entries(paramsOf(id))) {
        const kind = value.split('_')[0] as keyof typeof unknown;
        const other = name === 'queue' ? 'no-such-queue' : `${unknown[kind]}0000000000000000000000000Z`;
        const params = { ...paramsOf(id), [name]: other };
        // Whoever is given a role has to exist; it is the body that names them there.
        const isPerson = id === 'putMember' && name === 'userId';
        if (!isPerson) {
          await expectProblem(good(id, { params }), 'not-found');
        }
      }
      const { status } = await api.send(good(id, { as: world.people.stranger }));
      expect([403, 404]).toContain(id === 'getAccount' ? 404 : status);
    });
  },
);

test.each(operations)('%s is for nobody whom the authorizer does not name', async (id) => {
  const contexts = fc.oneof(
    fc.constantFrom(undefined, null, {}, { refusal: 'missing' }, { refusal: 'invalid' }, { refusal: 'expired' }),
    fc.record({ identity: fc.oneof(fc.string(), fc.json(), fc.jsonValue()) }),
    fc.record({ claims: fc.constant({ sub: 'forged' }) }),
  );
  await nothingChanges(() =>
    fc.assert(
      fc.asyncProperty(contexts, async (authorizer) => {
        const { authorizer: _identity, ...anonymous } = good(id);
        await expectProblem({ ...anonymous, authorizer }, 'authentication-required');
      }),
      { numRuns: 20 },
    ),
  );
});

test.each(changes)('%s refuses what cannot be read, is too large, or is not JSON', async (id) => {
  const request = good(id);
  const text = JSON.stringify(exampleOf(id) ?? {});
  const json = headersOf(request, { 'content-type': 'application/json' });
  const broken = fc.oneof(
    fc.nat(text.length - 2).map((end) => text.slice(0, end + 1)),
    fc.constantFrom(
      '{',
      '{"a"}',
      "{'a':1}",
      '{"a":1,"a":2}',
      '{"__proto__":{}}',
      `${text}x`,
      '[1,]',
      'undefined',
      '\u0000',
    ),
    fc.constant(`${'['.repeat(5000)}${']'.repeat(5000)}`),
  );
  await nothingChanges(async () => {
    await fc.assert(
      fc.asyncProperty(broken, (body) => expectProblem({ ...json, body }, 'malformed-request')),
      { numRuns: 20 },
    );
    for (const type of [undefined, '', 'text/plain', 'application/xml', 'multipart/form-data', 'application/jsonp']) {
      await expectProblem({ ...headersOf(json, { 'content-type': type }), body: text }, 'unsupported-media-type');
    }
    const padded = `${text}${' '.repeat(bodyBytesMax)}`;
    await expectProblem({ ...json, body: padded }, 'payload-too-large');
    const base64 = Buffer.from(padded).toString('base64');
    await expectProblem({ ...json, body: base64, isBase64Encoded: true }, 'payload-too-large');
  });
});

test.each(changes)('%s refuses keys and preconditions that are missing, malformed or stale', async (id) => {
  const request = good(id);
  await nothingChanges(async () => {
    await expectProblem(headersOf(request, { 'idempotency-key': undefined }), 'idempotency-key-missing');
    for (const key of ['a b', 'é', 'x'.repeat(256), '\u0007']) {
      await expectProblem(headersOf(request, { 'idempotency-key': key }), 'validation-failed', '/Idempotency-Key');
    }
    for (const ifMatch of ['1', 'W/"1"', '"one"', '"1", "2"', '""', '"1.5"', '"-1"']) {
      await expectProblem(headersOf(request, { 'if-match': ifMatch }), 'malformed-request');
    }
    const stale = headersOf(request, { 'if-match': '"999999"' });
    await expectProblem(stale, routeOf(id).conditional ? 'version-conflict' : 'malformed-request');
  });
});

test.each(operations.filter((id) => routeOf(id).paged))('%s refuses cursors that it has not given out', async (id) => {
  const { body } = await api.send(good(id, { query: { ...queryOf(id), limit: 1 } }));
  const { nextCursor } = body as { nextCursor: string | null };
  expect(nextCursor).not.toBeNull();
  const genuine = nextCursor ?? '';
  const forged = fc
    .oneof(
      fc.string({ minLength: 1, maxLength: 300 }).filter((text) => text.isWellFormed()),
      fc.base64String({ minLength: 4 }),
      fc
        .tuple(fc.nat(genuine.length - 1), fc.constantFrom('A', 'b', '0', '_', '.'))
        .map(([at, letter]) => genuine.slice(0, at) + letter + genuine.slice(at + 1)),
      fc.constant(Buffer.from('{"createdAt":"2026","id":"pi_1"}').toString('base64url')),
    )
    .filter((text) => text !== genuine);
  await nothingChanges(() =>
    fc.assert(
      fc.asyncProperty(forged, (cursor) =>
        expectProblem(good(id, { query: { ...queryOf(id), cursor } }), 'validation-failed', '/cursor'),
      ),
      { numRuns: runs },
    ),
  );
});

test('money in a currency that is not the one that was approved, or more than there is, is refused', async () => {
  const { people } = world;
  const { id: intentId } = await world.approved();
  const sending = (amount: { amount: number; currency: string }) =>
    api.refused('markSent', {
      as: people.financeA,
      params: { intentId },
      body: { amount, date: bankDate, reference: 'R' },
    });
  await nothingChanges(async () => {
    expect(await sending({ amount: 1000, currency: 'EUR' })).toMatchObject({ type: '/problems/currency-mismatch' });
    expect(await sending(usd(1001))).toMatchObject({ type: '/problems/amount-not-allowed' });
    expect(await sending(usd(999_999_999_999))).toMatchObject({ type: '/problems/amount-not-allowed' });
  });
});
