/**
 * Telling a whole transfer with a machine that dies at its n-th call of the table or of the mailer, for every n, before or after the
 * call took effect; the queue hands the message out again. Each is told of each event once, whatever n was.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EventMessage, NotificationDependencies } from '../../shared/application/notification-ports.ts';
import { deliver } from '../../shared/application/notifications.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { Crash, FailingCalls, type Moment } from '../support/failing-calls.ts';
import { isLong, longer } from '../support/longer.ts';
import { type NotificationWorld, notificationWorld } from '../support/notification-world.ts';
import { receiving, usd } from '../support/world.ts';

let engine: TestEngine;
let world: NotificationWorld;
beforeAll(async () => {
  engine = await startEngine();
  world = await notificationWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
});
afterAll(() => engine.stop());

const failing = new FailingCalls();
/** Every call in the long run; a prime number apart in the usual one, so that each kind of call has its turn. */
const callsApart = longer(7, 1);
const visibilityDays = 6 / (24 * 60);

/** @returns whether it came to its end without a crash */
async function isDelivered(deps: NotificationDependencies, message: EventMessage): Promise<boolean> {
  try {
    await deliver(deps, message);
    return true;
  } catch (error) {
    const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    if (errors.some((each) => !(each instanceof Crash))) {
      throw error;
    }
    return false;
  }
}

/** A transfer from its request to its receipt, told by a machine that dies once; then by one that does not. */
async function toldOf(crash: { readonly call: number; readonly moment: Moment } | undefined) {
  const { people, clock, deps, mailbox } = world;
  const { id } = await world.sent();
  await world.must(people.financeB, id, receiving(usd(1000)));
  mailbox.length = 0;
  const failingDeps = {
    ...deps,
    store: failing.wrap(deps.store),
    mailer: deps.mailer === null ? null : failing.wrap(deps.mailer),
  };
  failing.disarm();
  if (crash !== undefined) {
    failing.arm(crash.call, crash.moment);
  }
  let hasCrashed = false;
  for (const message of await world.newsOf(id)) {
    if (!(await isDelivered(failingDeps, message))) {
      hasCrashed = true;
      failing.disarm();
      // The queue hands a message out again when it has been with somebody for too long.
      clock.advanceDays(visibilityDays);
      await deliver(deps, message);
    }
    // And now and then once more than it should.
    await deliver(deps, message);
  }
  const notices: string[] = [];
  for (const [name, userId] of Object.entries(people)) {
    const { items } = await deps.store.listNotices(userId, 100);
    const ofThis = items.filter(({ subjectId }) => subjectId === id);
    notices.push(...ofThis.map(({ topic, email }) => `${name} ${topic} ${email.state}`));
    expect(new Set(ofThis.map(({ eventId }) => eventId)).size).toBe(ofThis.length);
  }
  const emails = Map.groupBy(mailbox, ({ messageId }) => messageId);
  return {
    notices: notices.toSorted((one, other) => one.localeCompare(other, 'en')),
    emails: [...emails.values()]
      .map(([one]) => `${one?.to} ${one?.subject}`)
      .toSorted((a, b) => a.localeCompare(b, 'en')),
    copiesOfEach: [...emails.values()].map(({ length }) => length - 1),
    calls: failing.calls,
    hasCrashed,
  };
}

test('each is told of each event once, and gets an e-mail twice at most once, under the same id', async () => {
  const { notices, emails, calls, copiesOfEach } = await toldOf(undefined);
  expect(notices).toEqual(expect.arrayContaining(['financeB money_sent sent']));
  expect(Math.max(...copiesOfEach)).toBe(0);
  let crashesThatSentTwice = 0;
  for (let call = 1; call <= calls; call += callsApart) {
    for (const moment of ['before', 'after'] as const) {
      const told = await toldOf({ call, moment });
      const { copiesOfEach: copies, ...others } = told;
      expect({ call, moment, ...others, calls }).toEqual({ call, moment, notices, emails, calls, hasCrashed: true });
      // After an e-mail was sent, and before it was written that it was. Others that were on their way with it may be, too.
      expect(Math.max(...copies)).toBeLessThanOrEqual(1);
      crashesThatSentTwice += Math.max(...copies);
    }
  }
  if (isLong) {
    expect(crashesThatSentTwice).toBeGreaterThanOrEqual(emails.length);
  }
}, 600_000);
