/** A world in which people are told of what happens: the news by hand, e-mail into a list. */
import type { ContributionStore } from '../../shared/application/contribution-ports.ts';
import { deliverDigest } from '../../shared/application/digests.ts';
import { queueDigests } from '../../shared/application/later-notices.ts';
import type {
  Email,
  EventMessage,
  NotificationDependencies,
  NotificationStore,
  QueueMessage,
} from '../../shared/application/notification-ports.ts';
import { deliver } from '../../shared/application/notifications.ts';
import type { Store } from '../../shared/application/ports.ts';
import { unsubscribeToken } from '../../shared/application/unsubscribe.ts';
import type { WebhookMessage, WebhookStore } from '../../shared/application/webhook-ports.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { createNotificationStore } from '../../shared/persistence/notification-store.ts';
import { createWebhookStore } from '../../shared/persistence/webhook-store.ts';
import { type ContributionWorld, contributionWorld } from './contribution-world.ts';
import type { TestEngine } from './engine.ts';

/** What the links of e-mails are sealed with. */
export const linkKey = new Uint8Array(32).fill(7);

type WholeStore = Store & ContributionStore & NotificationStore & WebhookStore;

export type NotificationWorld = Omit<ContributionWorld, 'deps'> & {
  readonly deps: Omit<NotificationDependencies, 'store'> & { readonly store: WholeStore };
  /** Webhooks that are to be attempted now. */
  readonly webhooks: WebhookMessage[];
  readonly mailbox: Email[];
  /** What deliveries have left for another message, such as the next page of those who give. */
  readonly handedOn: QueueMessage[];
  /** The news of every event of a subject so far, as the stream has it. */
  newsOf(subjectId: string): Promise<readonly EventMessage[]>;
  /** All of it told, in order. */
  tellAll(subjectId: string): Promise<void>;
  /** Those whose time has come are told, as the sweep has it. */
  tellLater(): Promise<number>;
  /** E-mails of the day whose time has come go out. */
  tellDaily(): Promise<number>;
  /** What somebody was told, oldest first. */
  toldTo(userId: string): Promise<readonly string[]>;
};

/** Whatever message it is. */
export const tellOf = (deps: NotificationDependencies, message: QueueMessage): Promise<number> =>
  'digestOf' in message ? deliverDigest(deps, message) : deliver(deps, message);

export async function notificationWorld(
  engine: TestEngine,
  { wrap = (store) => store }: { readonly wrap?: (store: WholeStore) => WholeStore } = {},
): Promise<NotificationWorld> {
  const world = await contributionWorld(engine);
  const mailbox: Email[] = [];
  const handedOn: QueueMessage[] = [];
  const store = wrap({
    ...world.deps.store,
    ...createNotificationStore(world.table),
    ...createWebhookStore(world.table),
  });
  const webhooks: WebhookMessage[] = [];
  const deps: NotificationWorld['deps'] = {
    ...world.deps,
    store,
    queue: {
      send: async (messages) => {
        handedOn.push(...messages);
        return [];
      },
    },
    webhookQueue: {
      send: async (messages) => {
        webhooks.push(...messages.map(({ message }) => message));
        return [];
      },
    },
    mailer: { send: async (email) => void mailbox.push(email) },
    linksTo: (id) => ({ subject: `https://pay.example/${id}`, settings: 'https://pay.example/settings' }),
    unsubscribeAt: async (userId, kind) =>
      `https://pay.example/unsubscribe/${unsubscribeToken(linkKey, { userId, kind })}`,
    render: (facts, language, kind) => ({
      subject: [...(kind === 'daily' ? ['daily'] : []), ...facts.map(({ topic }) => topic)].join(' '),
      text: JSON.stringify({ facts, language }),
      html: '',
    }),
  };
  const newsOf = async (subjectId: string): Promise<readonly EventMessage[]> => {
    const events = subjectId.startsWith('pi_')
      ? await store.intentEvents(subjectId)
      : subjectId.startsWith('con_')
        ? await store.contributionEvents(subjectId)
        : await store.holdEvents(subjectId);
    return events.map(({ id, number, at }) => ({ schemaVersion: 1, subjectId, number, eventId: id, at }));
  };
  return {
    ...world,
    deps,
    mailbox,
    webhooks,
    handedOn,
    newsOf,
    tellAll: async (subjectId) => {
      for (const message of await newsOf(subjectId)) {
        await deliver(deps, message);
        for (let next = handedOn.shift(); next !== undefined; next = handedOn.shift()) {
          await tellOf(deps, next);
        }
      }
    },
    tellLater: async () => {
      let count = 0;
      for (let shard = 0; shard < dueShards; shard += 1) {
        for (const later of await store.dueLater(shard, world.clock.now(), 100)) {
          count += await deliver(deps, later);
          await store.removeLater(later.eventId, later.laterOf);
        }
      }
      return count;
    },
    tellDaily: async () => {
      await queueDigests(deps, { shards: dueShards, hasTime: () => true });
      let count = 0;
      for (let next = handedOn.shift(); next !== undefined; next = handedOn.shift()) {
        count += await tellOf(deps, next);
      }
      return count;
    },
    toldTo: async (userId) => (await store.listNotices(userId, 100)).items.map(({ topic }) => topic).reverse(),
  };
}
