/** What the application needs from outside to tell people of what happened. */
import type { Topic } from '../domain/notification.ts';
import type { NoticeFacts } from '../messaging/texts/facts.ts';
import type { ContributionDependencies } from './contribution-ports.ts';
import type { Position, Slice } from './ports.ts';

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
  /** What texts are made of, in any language: names, amounts and dates as they were then. */
  readonly facts: NoticeFacts;
  readonly at: string;
  readonly readAt: string | null;
  readonly email: { readonly state: 'none' | 'waiting' | 'sent'; readonly address: string | null };
};

export type { NoticeFacts };

export type Later = EventMessage & { readonly laterOf: string; readonly dueAt: string };

export type NotificationStore = {
  /** @returns false when this person was told of this event before; nothing is changed then */
  tell(notice: Notice): Promise<boolean>;
  notice(userId: string, eventId: string): Promise<Notice | undefined>;
  /** Newest first. */
  listNotices(userId: string, limit: number, from?: Position): Promise<Slice<Notice>>;
  /** What was told so long ago that it is forgotten counts no more. */
  unread(userId: string, now: string): Promise<number>;
  /** @returns false when it was read before, or is not there */
  markRead(notice: Pick<Notice, 'userId' | 'eventId' | 'at'>, readAt: string): Promise<boolean>;
  /** Gives the sending of an e-mail to one who asks, until then; @returns false when somebody else has it, or it was sent */
  claimEmail(userId: string, eventId: string, now: string, until: string): Promise<boolean>;
  emailSent(userId: string, eventId: string, at: string): Promise<void>;

  /** @returns false when it was written before */
  putLater(later: Later): Promise<boolean>;
  dueLater(shard: number, now: string, limit: number): Promise<readonly Later[]>;
  removeLater(eventId: string, hostId: string): Promise<void>;
};

export type NotificationQueue = {
  /** @returns those that were not taken */
  send(messages: readonly EventMessage[]): Promise<readonly EventMessage[]>;
};

/** An e-mail as it leaves. The id is the same for the same event and person: whoever gets it twice can tell. */
export type Email = {
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Where whoever gets it can have less of it; null for what is required. */
  readonly unsubscribe: string | null;
};
export type Mailer = { send(email: Email): Promise<void> };

export type NotificationDependencies = ContributionDependencies & {
  readonly store: ContributionDependencies['store'] & NotificationStore;
  /** Where what is left over goes on: the page after this one. */
  readonly queue: NotificationQueue;
  /** Null where no e-mail is set up: people have their inbox then. */
  readonly mailer: Mailer | null;
  /** Where whoever is told finds what it is about, and what they are told. */
  readonly linksTo: (subjectId: string, hostId: string | null) => NoticeFacts['links'];
  /** The texts of a notice for somebody. */
  readonly render: (facts: NoticeFacts) => Pick<Email, 'subject' | 'text' | 'html'>;
};
