/** What the inbox does where much is told at once, and where little of it is what was asked for. */
import { beforeAll, expect, test } from '@jest/globals';
import {
  type InboxDependencies,
  type InboxStore,
  listNotifications,
  markNotificationRead,
} from '../../shared/application/inbox.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { type NotificationWorld, notificationWorld } from '../support/notification-world.ts';
import { expected, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: NotificationWorld;

beforeAll(async () => {
  world = await notificationWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
});

const on = (store: Partial<InboxStore>): InboxDependencies => ({
  ...world.deps,
  store: { ...world.deps.store, ...store },
});

async function told(): Promise<string> {
  const { id } = await world.sent();
  await world.tellAll(id);
  const [newest] = (await world.deps.store.listNotices(world.people.financeB, 1)).items;
  return newest?.eventId ?? '';
}

test('who is told of other things at the same moment is tried again, and asked to try again when that goes on', async () => {
  const { people, meta, deps } = world;
  const eventId = await told();
  const before = await deps.store.unread(people.financeB, deps.clock.now());
  const busy = on({ markRead: async () => false });
  expect(await markNotificationRead(busy, meta(people.financeB), eventId)).toMatchObject({
    ok: false,
    refusal: { code: 'temporarily-unavailable' },
  });
  expect(await deps.store.unread(people.financeB, deps.clock.now())).toBe(before);
  let conflicts = 2;
  const busyForAMoment = on({
    markRead: async (...asked) => {
      conflicts -= 1;
      return conflicts < 0 && deps.store.markRead(...asked);
    },
  });
  expected(await markNotificationRead(busyForAMoment, meta(people.financeB), eventId));
  expect(await deps.store.unread(people.financeB, deps.clock.now())).toBe(before - 1);
});

test('one request reads on for what was told as one of a host’s people, and no further than a bound; the rest comes with the cursor', async () => {
  const { people, accounts, deps } = world;
  for (let count = 0; count < 12; count += 1) {
    await told();
  }
  let reads = 0;
  const counted = on({
    listNotices: async (...asked) => {
      reads += 1;
      return deps.store.listNotices(...asked);
    },
  });
  const first = await listNotifications(counted, people.financeB, { host: accounts.hostA, limit: 1 });
  expect(reads).toBe(10);
  expect(first).toMatchObject({ ok: true, value: { items: [], next: expect.anything() } });
  const own = await listNotifications(counted, people.financeB, { host: accounts.hostB, limit: 5 });
  expect(own).toMatchObject({ ok: true, value: { items: { length: 5 }, next: expect.anything() } });
  expect(reads).toBe(11);
});
