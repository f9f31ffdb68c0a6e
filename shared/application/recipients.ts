/** Who is told: the people who hold a role now at the places that a topic names, or whose contribution it is. */
import type { Account, Membership } from '../domain/account.ts';
import type { Contribution } from '../domain/contribution.ts';
import type { Audience, Place } from '../domain/notification.ts';
import type { HoldFacts } from '../messaging/texts/facts.ts';
import type { News } from './news.ts';
import { sideOf } from './notice-facts.ts';
import type { NotificationDependencies } from './notification-ports.ts';

export type Recipient = {
  readonly userId: string;
  readonly name: string;
  readonly email: string | null;
  /** As what they are told. */
  readonly place: Place;
  readonly hostId: string | null;
  readonly accountId: string | null;
  /** Where they hold which of the roles that it takes: their own account needs none. */
  readonly held: { readonly accountId: string; readonly roles: Audience['roles'] };
  /** Since when that is so, as far as it is known. */
  readonly since: string;
  /** The collective whose choices count for them. */
  readonly collectiveId: string | null;
  readonly timeZone: string;
  /** The contribution of theirs that a hold covers, if it is one. */
  readonly own: HoldFacts['own'];
  /** For somebody who gives: what they are led to, as a hold is not for them to read. */
  readonly contributionId: string | null;
  /** As what else they would be told: who wants none of it in one place may want it in another. */
  readonly also: readonly Recipient[];
};

const membersMax = 500;

/** Where nobody comes first, those who come later come first: what has to be done goes untold by nobody. */
export async function recipientsOf(
  deps: NotificationDependencies,
  news: News,
): Promise<{ readonly first: readonly Recipient[]; readonly later: readonly Recipient[] }> {
  const found = await Promise.all(
    news.audiences.map(async (audience) => ({
      audience,
      people: (await peopleOf(deps, news, audience)).filter(({ userId }) => !news.cannotAct.has(userId)),
    })),
  );
  const placesWithSomebody = new Set(
    found.flatMap(({ audience, people }) => (audience.when === 'first' && people.length > 0 ? [audience.place] : [])),
  );
  const first = found.filter(({ audience }) => audience.when === 'first' || !placesWithSomebody.has(audience.place));
  const later = found.filter(({ audience }) => audience.when === 'later' && placesWithSomebody.has(audience.place));
  const people = (some: typeof found): readonly Recipient[] => once(some.flatMap((one) => one.people));
  const told = people(first);
  return { first: told, later: people(later).filter(({ userId }) => !told.some((one) => one.userId === userId)) };
}

/** Everybody who is told of it as one of a host's people, now that the host's delay is over, whoever came first at first. */
export async function peopleOfHost(
  deps: NotificationDependencies,
  news: News,
  hostId: string,
): Promise<readonly Recipient[]> {
  const { first, later } = await recipientsOf(deps, news);
  const isOf = (person: Recipient): boolean => person.hostId === hostId;
  const places = asEach([...first, ...later]);
  // As one of this host's before anything else that they are told as.
  return once([...places.filter(isOf), ...places.filter((person) => !isOf(person))]).filter(isOf);
}

/** As everything that they are told, one by one. */
export const asEach = (people: readonly Recipient[]): readonly Recipient[] =>
  people.flatMap((person) => [{ ...person, also: [] }, ...person.also]);

async function peopleOf(
  deps: NotificationDependencies,
  news: News,
  { place, roles }: Audience,
): Promise<readonly Recipient[]> {
  const accountId = news.accountAt(place);
  if (accountId === null) {
    return [];
  }
  const people = await membersOrSelf(deps, { place, accountId, hostId: news.hostAt(place) }, roles);
  const collectiveId = news.collectiveAt(place);
  return people.map((person) => ({ ...person, collectiveId }));
}

/**
 * Those who give what a hold covers, of one page. Somebody who gives several of them is told of the pause, and of none of theirs
 * by name.
 */
export async function giversAmong(
  deps: NotificationDependencies,
  contributions: readonly Contribution[],
  { roles }: Pick<Audience, 'roles'>,
): Promise<readonly Recipient[]> {
  const each = await Promise.all(
    contributions.map(async ({ id: contributionId, contributor, amount, interval }) => {
      const own = { payer: sideOf(contributor), amount, interval };
      const where = { place: 'givers', accountId: contributor.accountId, hostId: null } as const;
      return (await membersOrSelf(deps, where, roles)).map((person) => ({ ...person, own, contributionId }));
    }),
  );
  return once(each.flat());
}

/** Several contributions that are covered are not one of theirs. */
function once(people: readonly Recipient[]): readonly Recipient[] {
  const each = Map.groupBy(people, ({ userId }) => userId);
  return [...each.values()].flatMap(([one, ...others]) =>
    one === undefined
      ? []
      : [{ ...one, also: others, ...(others.some(({ own }) => own !== null) ? { own: null } : {}) }],
  );
}

type Where = { readonly place: Place; readonly accountId: string; readonly hostId: string | null };

async function membersOrSelf(
  { store }: NotificationDependencies,
  { place, accountId, hostId }: Where,
  roles: Audience['roles'],
): Promise<readonly Recipient[]> {
  const account = await store.account(accountId);
  if (account === undefined) {
    return [];
  }
  const host = hostId === null || hostId === accountId ? account : await store.account(hostId);
  const shared = {
    place,
    hostId,
    held: { accountId, roles },
    collectiveId: null,
    timeZone: (host ?? account).timeZone,
    own: null,
    contributionId: null,
    also: [],
  };
  if (account.kind === 'person') {
    const { id: userId, name, email, createdAt: since } = account;
    return [{ ...shared, userId, name, email, since, accountId: null }];
  }
  const { items } = await store.members(accountId, membersMax);
  const collectiveId = account.kind === 'collective' ? account.id : null;
  const members = items.filter((member) => holdsOne(member, roles));
  const accounts = await accountsOf(store, members);
  return members.flatMap(({ userId, version, updatedAt }) => {
    const person = accounts.get(userId);
    // Whose roles were changed since has been there before; since when is not written down.
    const since = version === 1 ? updatedAt : '';
    return person === undefined
      ? []
      : [{ ...shared, userId, name: person.name, email: person.email, since, accountId: collectiveId }];
  });
}

/** As they are now: what a membership says of somebody is from when they joined. */
async function accountsOf(
  store: Pick<NotificationDependencies['store'], 'accounts'>,
  members: readonly Membership[],
): Promise<ReadonlyMap<string, Account>> {
  const found = await store.accounts(members.map(({ userId }) => userId));
  return new Map(found.map((account) => [account.id, account]));
}

const holdsOne = (member: Membership, roles: Audience['roles']): boolean =>
  member.roles.some((role) => roles.includes(role));
