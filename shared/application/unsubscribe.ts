/**
 * Unsubscribing from an e-mail by a link in it (RFC 8058). The link says who wants no more of what, and is sealed: whoever has it can
 * do that one thing without signing in, which is as much as having the e-mail is good for. It does not expire, as e-mails do not.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type EmailKind, type Language, personalAtFirst, topicsLeftBy, withoutEmail } from '../domain/notification.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import type { NotificationStore } from './notification-ports.ts';

export type UnsubscribeLink = { readonly userId: string; readonly kind: EmailKind };

/** What the person is shown: which e-mails it is about, in their language. */
export type Unsubscribing = { readonly kind: EmailKind; readonly language: Language };

export type UnsubscribeDependencies = {
  readonly store: Pick<NotificationStore, 'personalPreferences' | 'changePersonalPreferences'>;
  readonly unsubscribeKey: () => Promise<Uint8Array>;
};

/** Another text to sign would be another version. */
const version = 'unsubscribe/1';

export function unsubscribeToken(key: Uint8Array, { userId, kind }: UnsubscribeLink): string {
  const signature = createHmac('sha256', key).update([version, userId, kind].join('\n')).digest('base64url');
  return [userId, kind, signature].join('.');
}

/** @returns whose link it is and of what, or nothing for one that was not made here or is about what is required */
export function readUnsubscribeToken(key: Uint8Array, token: string): UnsubscribeLink | undefined {
  const [userId = '', said = ''] = token.split('.', 2);
  const kind = said as EmailKind;
  // The whole text is compared, so that there is one way to write each token.
  const [given, genuine] = [Buffer.from(token), Buffer.from(unsubscribeToken(key, { userId, kind }))];
  const isGenuine = given.length === genuine.length && timingSafeEqual(given, genuine);
  return isGenuine && topicsLeftBy(kind).length > 0 ? { userId, kind } : undefined;
}

const unknownLink: Refusal = {
  code: 'not-found',
  detail: 'This link was not made here, or is not whole. Use it as it stands in the e-mail.',
};

async function linkIn(
  { unsubscribeKey }: UnsubscribeDependencies,
  token: string,
): Promise<Result<UnsubscribeLink, Refusal>> {
  const link = readUnsubscribeToken(await unsubscribeKey(), token);
  return link === undefined ? refuse(unknownLink) : accept(link);
}

/** Looking changes nothing: programs follow links to see where they lead. */
export async function lookAtUnsubscribing(
  deps: UnsubscribeDependencies,
  token: string,
): Promise<Result<Unsubscribing, Refusal>> {
  const link = await linkIn(deps, token);
  if (!link.ok) {
    return link;
  }
  const { userId, kind } = link.value;
  const { language } = (await deps.store.personalPreferences([userId])).get(userId) ?? personalAtFirst;
  return accept({ kind, language });
}

const attemptsMax = 10;

/** It may be said any number of times. */
export async function unsubscribe(
  deps: UnsubscribeDependencies,
  token: string,
): Promise<Result<Unsubscribing, Refusal>> {
  const link = await linkIn(deps, token);
  if (!link.ok) {
    return link;
  }
  const { store } = deps;
  const { userId, kind } = link.value;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const chosen = (await store.personalPreferences([userId])).get(userId);
    const before = chosen ?? personalAtFirst;
    const after = withoutEmail(before, topicsLeftBy(kind));
    // Somebody who chooses at this moment what they are told is not overwritten.
    if (after === before || (await store.changePersonalPreferences(userId, chosen, after))) {
      return accept({ kind, language: after.language });
    }
  }
  return refuse({
    code: 'temporarily-unavailable',
    detail: 'Somebody else is changing the same choices at this moment; nothing was changed. Try again.',
  });
}
