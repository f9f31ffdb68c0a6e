/** What the application needs from outside to tell people of what happened. */
import type { Role } from '../domain/authorisation.ts';
import type { EmailKind, Language, PersonalPreferences, Place, Topic } from '../domain/notification.ts';
import type { NoticeFacts } from '../messaging/texts/facts.ts';
import type { ContributionDependencies } from './contribution-ports.ts';
import type { Position, Slice } from './ports.ts';
import type { WebhookQueue, WebhookStore } from './webhook-ports.ts';

/** The news of an event, as it goes over the queue; read again before anybody is told. */
export type EventMessage = {
  readonly schemaVersion: 1;
  readonly subjectId: string;
  readonly number: number;
  readonly eventId: string;
  readonly at: string;
  /** Told to those who come later: this host's, when nobody has acted. Left out for the event itself. */
  readonly laterOf?: string | undefined;
  /**
   * Told to those whose contributions a hold covers, from here on: they may be very many, so they are told page by page, and
   * each page is a message of its own.
   */
  readonly givers?: { readonly from: Position | null } | undefined;
};

/** What one person was told of one event. */
export type Notice = {
  readonly userId: string;
  readonly eventId: string;
  readonly topic: Topic;
  readonly subjectId: string;
  /** Whose team they were told as; null for themselves. */
  readonly hostId: string | null;
  readonly accountId: string | null;
  /** The other hosts as whose people they would have been told: somebody on two teams is told once. */
  readonly alsoHostIds?: readonly string[];
  /** As what they were told, which an e-mail of the day looks at again: one of them has to hold still. */
  readonly as: readonly ToldAs[];
  /** What texts are made of, in any language: names, amounts and dates as they were then. */
  readonly facts: NoticeFacts;
  readonly at: string;
  readonly readAt: string | null;
  /** It was wanted by e-mail alone: it is kept for that, and is in no inbox. */
  readonly isHidden?: true;
  readonly email: NoticeEmail;
};

/** Where somebody holds one of these roles, or is the account themselves; and whose choices count for them there. */
export type ToldAs = {
  readonly place: Place;
  readonly accountId: string;
  /** Empty for any. */
  readonly roles: readonly Role[];
  readonly hostId: string | null;
  readonly collectiveId: string | null;
};

/** What becomes of the e-mail: none is wanted; it is to be sent, at once or with the others of a day; it was sent. */
export type NoticeEmail = {
  readonly state: 'none' | 'waiting' | 'daily' | 'sent';
  readonly address: string | null;
  readonly language: Language;
  /** Oldest first; what went wrong by the name of the error, which has no addresses in it. */
  readonly attempts: readonly { readonly at: string; readonly outcome: 'sent' | string }[];
};

/**
 * What is written with a notice whose e-mail waits: until when whoever tells has the sending of it, or when the e-mail of the day
 * goes out that it is to be in.
 */
export type TellingEmail = { readonly claimedUntil: string } | { readonly digestAt: string };

/** What somebody is told once a day, by e-mail. */
export type Digest = { readonly userId: string; readonly dueAt: string; readonly eventIds: readonly string[] };
/** The time has come to send somebody the e-mail of the day. */
export type DigestMessage = { readonly schemaVersion: 1; readonly digestOf: string; readonly dueAt: string };
export type QueueMessage = EventMessage | DigestMessage;

export type { NoticeFacts };

export type Later = EventMessage & { readonly laterOf: string; readonly dueAt: string };

export type NotificationStore = {
  /**
   * @returns `known` when this person was told of this event before, `busy` when others are telling them of something else at
   *   this moment; nothing is changed then
   */
  tell(notice: Notice, email?: TellingEmail): Promise<'told' | 'known' | 'busy'>;
  /** Of those who have chosen anything. */
  personalPreferences(userIds: readonly string[]): Promise<ReadonlyMap<string, PersonalPreferences>>;
  putPersonalPreferences(userId: string, preferences: PersonalPreferences): Promise<void>;
  /** @returns false when they are not any more what they were before; nothing is changed then */
  changePersonalPreferences(
    userId: string,
    before: PersonalPreferences | undefined,
    after: PersonalPreferences,
  ): Promise<boolean>;
  notice(userId: string, eventId: string): Promise<Notice | undefined>;
  /** Newest first, without what is in no inbox: a page may be short of the limit although there are more. */
  listNotices(userId: string, limit: number, from?: Position): Promise<Slice<Notice>>;
  /** What was told so long ago that it is forgotten counts no more. @param host only what was told to the team of this host */
  unread(userId: string, now: string, host?: string): Promise<number>;
  /** @returns false when it was read before, or is not there */
  markRead(
    notice: Pick<Notice, 'userId' | 'eventId' | 'hostId' | 'alsoHostIds' | 'at'>,
    readAt: string,
  ): Promise<boolean>;
  /** Gives the sending of an e-mail to one who asks, until then; @returns false when somebody else has it, or it was sent */
  claimEmail(userId: string, eventId: string, now: string, until: string): Promise<boolean>;
  emailSent(userId: string, eventId: string, at: string): Promise<void>;
  /** It can be tried again at once. @param error the name of what went wrong */
  emailFailed(userId: string, eventId: string, at: string, error: string): Promise<void>;

  digest(userId: string): Promise<Digest | undefined>;
  /** Those of the given events that were told to this person and are still to be in an e-mail of the day. */
  dailyNotices(userId: string, eventIds: readonly string[]): Promise<readonly Notice[]>;
  dueDigests(shard: number, now: string, limit: number): Promise<readonly DueDigest[]>;
  /** @returns false when somebody else has done so */
  postponeDigest(due: DueDigest, until: string): Promise<boolean>;
  claimDigest(userId: string, now: string, until: string): Promise<boolean>;
  /** It can be tried again at once. @returns how often in a row it could not be sent */
  digestFailed(userId: string): Promise<number>;
  /** What was sent, and what is to be sent to nobody any more, is in no later one; what has come meanwhile is in the next. */
  digestSent(
    digest: Digest,
    done: { readonly sent: readonly string[]; readonly dropped: readonly string[] },
    at: string,
    nextAt: string,
  ): Promise<void>;

  /** @returns false when it was written before */
  putLater(later: Later): Promise<boolean>;
  dueLater(shard: number, now: string, limit: number): Promise<readonly Later[]>;
  removeLater(eventId: string, hostId: string): Promise<void>;

  /** Whether the page of an event's givers that begins there has left the message for the next one. */
  isHandedOn(eventId: string, from: Position | null, now: string): Promise<boolean>;
  /** @param until how long that is remembered */
  putHandedOn(eventId: string, from: Position | null, until: string): Promise<void>;
};

/** As the due index shows it. */
export type DueDigest = { readonly userId: string; readonly dueAt: string; readonly seen: string };

export type NotificationQueue = {
  /** @returns those that were not taken */
  send<Message extends QueueMessage>(messages: readonly Message[]): Promise<readonly Message[]>;
};

/** An e-mail as it leaves. The id is the same for the same event and person: whoever gets it twice can tell. */
export type Email = {
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Where whoever gets it ends the e-mails of its kind, with one click (`unsubscribe.ts`); null for what is required. */
  readonly unsubscribe: string | null;
};
export type Texts = Pick<Email, 'subject' | 'text' | 'html'>;
export type Mailer = { send(email: Email): Promise<void> };

type ToldByWebhook = Pick<
  WebhookStore,
  'webhookEndpoint' | 'webhookEvent' | 'webhookDelivery' | 'listWebhookEndpoints' | 'putDelivery'
>;

export type NotificationDependencies = ContributionDependencies & {
  readonly store: ContributionDependencies['store'] & NotificationStore & ToldByWebhook;
  /** Where what is left over goes on: the page after this one. */
  readonly queue: NotificationQueue;
  /** Where the programs are told that a host named. */
  readonly webhookQueue: WebhookQueue;
  /** Null where no e-mail is set up: people have their inbox then. */
  readonly mailer: Mailer | null;
  /** Where whoever is told finds what it is about, and what they are told. */
  readonly linksTo: (subjectId: string, hostId: string | null) => NoticeFacts['links'];
  /** Where somebody ends the e-mails of a kind without signing in. */
  readonly unsubscribeAt: (userId: string, kind: EmailKind) => Promise<string>;
  /** The texts of one notice, or of those of a day, for somebody. */
  readonly render: (
    facts: readonly [NoticeFacts, ...NoticeFacts[]],
    language: Language,
    kind: 'one' | 'daily',
  ) => Texts | Promise<Texts>;
};
