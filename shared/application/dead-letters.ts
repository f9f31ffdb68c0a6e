/**
 * Messages that failed as often as they may are set aside in the dead-letter queue of their queue. Here they are looked at, and
 * sent on their way again once what was in their way is mended (requirements N3).
 */
import { type Action, capacitiesForPlatform, may } from '../domain/authorisation.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, refuse } from '../domain/result.ts';
import { denied } from './accounts.ts';
import { callerOf, execute, notFound } from './execute.ts';
import type { Dependencies } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';

/**
 * The queues with a message for each piece of work, which says all that it takes to do it. Whoever works on one of them does
 * nothing twice when a message comes twice. Where runs of schedules and places in the stream are set aside, there is
 * nothing to replay (`docs/runbook.md`).
 */
export const replayableQueues = [
  'host-notifications',
  'webhook-deliveries',
  'subscription-work',
  'subscription-work-stripe',
  'subscription-work-paypal',
  'due-work',
] as const;

export type ReplayableQueue = (typeof replayableQueues)[number];

export const isReplayable = (name: string): name is ReplayableQueue =>
  (replayableQueues as readonly string[]).includes(name);

/** A message as it was received: nobody else receives it until it is released, or the time that it was asked for has passed. */
export type DeadLetter = {
  readonly id: string;
  readonly body: string;
  readonly sentAt: string;
  /** Null when nobody has received it before. */
  readonly firstReceivedAt: string | null;
  /** How often it was received, looks at it included. */
  readonly receives: number;
  /** Whose it is, where the queue hands out those of quiet ones first. */
  readonly group: string | null;
  /** What the queue knows this receipt of it by. */
  readonly receipt: string;
};

export type DeadLetterQueues = {
  /** About how many have been set aside, those that somebody is looking at included. */
  count(queue: ReplayableQueue): Promise<number>;
  /** @returns none when there are no more that could be received now; @param limit ten at most */
  receive(queue: ReplayableQueue, limit: number, hiddenSeconds: number): Promise<readonly DeadLetter[]>;
  /** Sends them to the queue that they failed in. @returns those that it took */
  sendBack(queue: ReplayableQueue, letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]>;
  /** One that cannot be removed stays. */
  remove(queue: ReplayableQueue, letters: readonly DeadLetter[]): Promise<void>;
  /** Lets others receive them at once; one that cannot be released is there again when its time has passed. */
  release(queue: ReplayableQueue, letters: readonly DeadLetter[]): Promise<void>;
};

export type DeadLetterDependencies = Dependencies & { readonly deadLetters: DeadLetterQueues };

/** What one request looks at, or replays, at most. */
export const lettersMax = 100;
const receiveMax = 10;
/** A queue may give out fewer at a time than it has; looking for single messages goes through this many times ten. */
const receivesMax = 100;

/** Longer than a look takes, or nobody would see each message once; short enough to be over when whoever looked has died. */
const hiddenWhileLooking = 10;
/** Longer than the function has time: of two who replay at once, each message is one's. */
const hiddenWhileReplaying = 30;

/** The messages that could be received now, which they are again right after. */
export async function lookAt(queues: DeadLetterQueues, queue: ReplayableQueue): Promise<readonly DeadLetter[]> {
  const found = new Map<string, DeadLetter>();
  try {
    for (let receives = 0; receives < receivesMax && found.size < lettersMax; receives += 1) {
      const letters = await queues.receive(queue, Math.min(receiveMax, lettersMax - found.size), hiddenWhileLooking);
      if (letters.length === 0) {
        break;
      }
      for (const letter of letters) {
        found.set(letter.id, letter);
      }
    }
  } finally {
    await queues.release(queue, [...found.values()]);
  }
  return [...found.values()];
}

export type Replay = {
  readonly replayed: number;
  /** How many the queue would not take: they stay where they are. */
  readonly notTaken: number;
  /** Those asked for by id that could not be received now. */
  readonly notFound: readonly string[];
};

/**
 * Sends messages to their queue first, and removes them only when they were taken. Whatever dies in between leaves them in both:
 * they come twice then, which everybody who works on these queues bears, and are never lost.
 *
 * @param messageIds which; without them all that can be received, up to a bound
 */
export async function replay(
  queues: DeadLetterQueues,
  queue: ReplayableQueue,
  messageIds?: readonly string[],
): Promise<Replay> {
  const wanted = messageIds && new Set(messageIds);
  const kept: DeadLetter[] = [];
  let replayed = 0;
  let notTaken = 0;
  const isDone = (): boolean => replayed >= lettersMax || notTaken > 0 || wanted?.size === 0;
  try {
    for (let receives = 0; receives < receivesMax && !isDone(); receives += 1) {
      const limit = wanted === undefined ? Math.min(receiveMax, lettersMax - replayed) : receiveMax;
      const letters = await queues.receive(queue, limit, hiddenWhileReplaying);
      if (letters.length === 0) {
        break;
      }
      // Kept until it is known that the queue has taken them, also when sending fails.
      kept.push(...letters);
      const asked = letters.filter(({ id }) => wanted?.has(id) ?? true);
      const taken = asked.length === 0 ? [] : await queues.sendBack(queue, asked);
      for (const letter of taken) {
        kept.splice(kept.indexOf(letter), 1);
        wanted?.delete(letter.id);
      }
      replayed += taken.length;
      notTaken += asked.length - taken.length;
      await queues.remove(queue, taken);
    }
  } finally {
    await queues.release(queue, kept);
  }
  return { replayed, notTaken, notFound: [...(wanted ?? [])] };
}

/** Bodies have ids and instants in them, a few hundred characters; what is longer was sent by somebody else. */
const bodyMax = 4000;

/** The body as JSON where it is JSON, else its text. */
function shownBody(text: string): unknown {
  if (text.length > bodyMax) {
    return `${text.slice(0, bodyMax).toWellFormed()}…`;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const deadLetterView = ({ id, body, sentAt, firstReceivedAt, receives }: DeadLetter) => ({
  id,
  body: shownBody(body),
  sentAt,
  firstReceivedAt,
  receives,
});

const refusalFor = (action: Action, caller: Parameters<typeof capacitiesForPlatform>[0]): Refusal | undefined =>
  may(action, capacitiesForPlatform(caller)) ? undefined : denied(action);

async function refusalOfReader({ store }: DeadLetterDependencies, userId: string): Promise<Refusal | undefined> {
  return refusalFor('readDeadLetters', { userId, memberships: await store.memberships(userId) });
}

/** Each queue, with about how many messages of it were set aside. */
export async function listDeadLetterQueues(deps: DeadLetterDependencies, userId: string): Outcome {
  const refusal = await refusalOfReader(deps, userId);
  if (refusal !== undefined) {
    return refuse(refusal);
  }
  const items = await Promise.all(
    replayableQueues.map(async (queue) => ({ queue, messages: await deps.deadLetters.count(queue) })),
  );
  return accept({ status: 200, body: { items }, version: null, replayed: false });
}

export async function listDeadLetters(deps: DeadLetterDependencies, userId: string, queue: string): Outcome {
  const refusal = await refusalOfReader(deps, userId);
  if (refusal !== undefined) {
    return refuse(refusal);
  }
  if (!isReplayable(queue)) {
    return refuse(notFound('queue'));
  }
  const letters = await lookAt(deps.deadLetters, queue);
  const body = { queue, messages: await deps.deadLetters.count(queue), items: letters.map(deadLetterView) };
  return accept({ status: 200, body, version: null, replayed: false });
}

/** What was replayed is on its way before the answer is remembered; a request that died in between goes on with what is left. */
export function replayDeadLetters(
  deps: DeadLetterDependencies,
  meta: RequestMeta,
  queue: string,
  { messageIds }: { readonly messageIds?: readonly string[] | undefined },
): Outcome {
  let replaying: Promise<Replay> | undefined;
  return execute(deps, meta, {
    authorise: (read) => refusalFor('replayDeadLetters', callerOf(meta, read)),
    decide: async () => {
      if (!isReplayable(queue)) {
        return refuse(notFound('queue'));
      }
      // Once for the request: whoever decides again has lost a race for nothing but the memory of the answer.
      replaying ??= replay(deps.deadLetters, queue, messageIds);
      const done = await replaying;
      if (done.replayed === 0 && done.notTaken > 0) {
        return refuse({
          code: 'temporarily-unavailable',
          detail: 'The queue takes no messages at this moment; all of them are where they were. Try again in a while.',
        });
      }
      const left = await deps.deadLetters.count(queue);
      return accept({ change: { intents: [] }, answer: { status: 200, body: { ...done, left }, version: null } });
    },
  });
}
