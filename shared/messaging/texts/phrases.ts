/** What is said of the facts: which words, in which order. How it becomes an e-mail or a line is `render.ts`. */
import { type HoldOwner, levelsThatStop } from '../../domain/hold.ts';
import { currencyExponent, type Money, toMajorUnits } from '../../domain/money.ts';
import { type IntentTopic, noticeRules } from '../../domain/notification.ts';
import { ownReasonOf } from '../../domain/own-reasons.ts';
import type { Status } from '../../domain/payment-intent.ts';
import type { Catalog, Label, Plural, TextKey } from './catalog.ts';
import { en } from './en.ts';
import type {
  ContributionFacts,
  Doer,
  HoldFacts,
  IntentFacts,
  Language,
  NoticeFacts,
  Side,
  TopicThatMoves,
  WebhookFacts,
} from './facts.ts';
import { fill, given, plain, type Rich, strong } from './rich.ts';
import { zh } from './zh.ts';

export const catalogs: Readonly<Record<Language, Catalog>> = { en, zh };

/** How much of what was given is shown, and in which form. */
export type Size = { readonly form: 'short' | 'long'; readonly name: number; readonly purpose: number };

export const sizes = {
  line: { form: 'short', name: 32, purpose: 48 },
  subject: { form: 'short', name: 40, purpose: 60 },
  sentence: { form: 'long', name: 120, purpose: 200 },
  row: { form: 'long', name: 255, purpose: 500 },
} as const satisfies Record<string, Size>;

/** Formats are costly to make and the same for ever: one for each language, currency and time zone. */
const kept = <Made>(make: (...names: readonly string[]) => Made): ((...names: readonly string[]) => Made) => {
  const all = new Map<string, Made>();
  return (...names) => {
    const key = names.join(' ');
    const made = all.get(key) ?? make(...names);
    all.set(key, made);
    return made;
  };
};

const moneyFormat = kept((locale = '', currency = '') => {
  // ISO 4217 says how many places a currency has; Intl would say what is usual where it is used.
  const places = currencyExponent(currency);
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    numberingSystem: 'latn',
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  });
});
const countFormat = kept((locale) => new Intl.NumberFormat(locale, { numberingSystem: 'latn' }));
const pluralRules = kept((locale) => new Intl.PluralRules(locale));
const dateFormat = kept(
  (locale, timeZone) =>
    new Intl.DateTimeFormat(locale, {
      timeZone,
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      calendar: 'gregory',
      numberingSystem: 'latn',
    }),
);
const timeFormat = kept(
  (locale, timeZone) =>
    new Intl.DateTimeFormat(locale, {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      numberingSystem: 'latn',
    }),
);

// --- Values ----------------------------------------------------------------------------------------------------------

/** @throws for what is no amount in minor units: a text that names a wrong one is worse than none */
export function moneyText({ amount, currency }: Money, { locale }: Catalog): string {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new Error(`${amount} is no amount that somebody is told.`);
  }
  const decimal = toMajorUnits(amount, currency) as `${number}`;
  return withPlainSpaces(moneyFormat(locale, currency).format(decimal));
}

const withPlainSpaces = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

/** @param day YYYY-MM-DD */
const dayText = (day: string, catalog: Catalog): string => dateText(new Date(`${day}T00:00:00.000Z`), 'UTC', catalog);

const dateText = (date: Date, timeZone: string, { locale }: Catalog): string =>
  dateFormat(locale, timeZone).format(date);

function instantText(instant: string, timeZone: string, catalog: Catalog): Rich {
  const date = new Date(instant);
  const time = timeFormat(catalog.locale, timeZone).format(date);
  return fill(catalog.instant, { date: dateText(date, timeZone, catalog), time, zone: timeZone });
}

export const counted = (forms: Plural, count: number, { locale }: Catalog, values: Record<string, Rich> = {}): Rich =>
  fill(pluralRules(locale).select(count) === 'one' ? forms.one : forms.other, {
    ...values,
    count: countFormat(locale).format(count),
  });

function partyText({ name, host, isHost }: Side, { form, name: lengthMax }: Size, { party }: Catalog): Rich {
  const shown = given(name, lengthMax);
  if (host === null) {
    return shown;
  }
  return isHost === true
    ? fill(party.hostItself, { name: shown })
    : fill(party[form], { name: shown, host: given(host, lengthMax) });
}

// --- Subject, line, first sentence -----------------------------------------------------------------------------------

/** Where the state makes a difference to what is to be said. */
export function textKeyOf(facts: NoticeFacts): TextKey {
  switch (facts.about) {
    case 'intent':
      return intentTextKey(facts.topic, facts.status);
    case 'contribution':
    case 'webhook':
      return facts.topic;
    case 'hold':
      return holdTextKey(facts);
  }
}

function intentTextKey(topic: IntentTopic, status: Status): TextKey {
  switch (topic) {
    case 'money_received':
      return status === 'approved'
        ? 'received_before_sent'
        : status === 'partially_received'
          ? 'received_in_part'
          : topic;
    case 'late':
      return status === 'approved' ? 'late_before_sent' : topic;
    case 'returned':
      return status === 'returned' ? topic : 'returned_after_part';
    default:
      return topic;
  }
}

function holdTextKey({ topic, cancels, owner, why, stillHeldBy }: HoldFacts): TextKey {
  if (topic === 'paused' && cancels) {
    return 'paused_and_ending';
  }
  if (topic === 'paused' && owner === 'host' && (why === 'information_needed' || why === 'paperwork')) {
    return 'paused_for_papers';
  }
  return topic === 'resumed' && stillHeldBy.length > 0 ? 'resumed_but_held' : topic;
}

/** What it is about: the payment, the contribution, what is held, or the endpoint. */
function what(facts: NoticeFacts, size: Size, catalog: Catalog): Rich {
  if (facts.about === 'hold') {
    return heldText(facts, size, catalog);
  }
  if (facts.about === 'webhook') {
    return endpointText(facts, size, catalog);
  }
  const purpose =
    facts.about === 'intent'
      ? fill(catalog.forPurpose, { purpose: given(facts.purpose, size.purpose) })
      : facts.tier === null
        ? []
        : fill(catalog.forTier, { tier: given(facts.tier, size.name) });
  return fill(catalog.payment[size.form], {
    type: fill(typeOf(facts, catalog)[size.form], { amount: amountOf(facts, catalog) }),
    payer: partyText(facts.payer, size, catalog),
    payee: size.form === 'short' ? given(facts.payee.name, size.name) : partyText(facts.payee, size, catalog),
    purpose,
  });
}

const typeOf = (facts: IntentFacts | ContributionFacts, { types }: Catalog) =>
  types[facts.about === 'intent' ? facts.type : 'contribution'];

const amountOf = (facts: IntentFacts | ContributionFacts, catalog: Catalog): Rich =>
  facts.about === 'intent' ? plain(moneyText(facts.amount, catalog)) : perInterval(facts, catalog);

const perInterval = ({ amount, interval }: Pick<ContributionFacts, 'amount' | 'interval'>, catalog: Catalog): Rich =>
  fill(catalog.intervals[interval], { amount: moneyText(amount, catalog) });

function heldText({ payee, own, chosen, level }: HoldFacts, size: Size, catalog: Catalog): Rich {
  const account = partyText(payee, size, catalog);
  if (own !== null) {
    return fill(catalog.held.own, {
      amount: perInterval(own, catalog),
      payer: partyText(own.payer, size, catalog),
      account,
    });
  }
  return chosen === null
    ? fill(catalog.held[level], { account })
    : counted(catalog.held.chosen, chosen, catalog, { account });
}

function endpointText({ description, urlHost, host }: WebhookFacts, size: Size, { webhook }: Catalog): Rich {
  const values = { address: given(urlHost, 2 * size.name), host: given(host, size.name) };
  return description === ''
    ? fill(webhook.plain, values)
    : fill(webhook.described, { ...values, description: given(description, size.name) });
}

/** What happened or is to be done, then what it is about: a subject, or a line for the inbox. */
export function headingText(facts: NoticeFacts, size: Size, catalog: Catalog): Rich {
  return fill(catalog.subject, { headline: headlineText(facts, catalog), what: what(facts, size, catalog) });
}

export function headlineText(facts: NoticeFacts, catalog: Catalog): Rich {
  const headline = fill(catalog.topics[textKeyOf(facts)].headline);
  return facts.waitingSince === null ? headline : fill(catalog.waitingHeadline, { headline });
}

export function firstLine(facts: NoticeFacts, catalog: Catalog): Rich {
  const about = what(facts, sizes.sentence, catalog);
  const lead = fill(catalog.topics[textKeyOf(facts)].lead, {
    ...subjectOf(facts, about, catalog),
    ...(facts.about === 'intent' && facts.moved !== null ? { moved: moneyText(facts.moved, catalog) } : {}),
  });
  const since =
    facts.waitingSince === null
      ? lead
      : fill(catalog.waiting, { lead, since: instantText(facts.waitingSince, facts.timeZone, catalog) });
  return fill(catalog.firstLine, {
    lead: since,
    next: strong(nextStep(facts, catalog)[0] ?? fill(catalog.nothingToDo)),
  });
}

/** What the first sentence calls it. */
function subjectOf(facts: NoticeFacts, about: Rich, { owners }: Catalog): Record<string, Rich | string> {
  switch (facts.about) {
    case 'hold':
      return { held: about, owner: owners[facts.owner] };
    case 'webhook':
      return { webhook: about };
    default:
      return { payment: about };
  }
}

/** What whoever it is for does now: one step, or none. */
export function nextStep(facts: NoticeFacts, catalog: Catalog): readonly Rich[] {
  const next = catalog.topics[textKeyOf(facts)].next[facts.recipient.place];
  return next === undefined ? [] : [fill(next)];
}

/** Whether there is something for this person to do: the topic asks for it, and of somebody at their place. */
export const asksToAct = (facts: NoticeFacts): boolean =>
  noticeRules[facts.topic].asksToAct && catalogs.en.topics[textKeyOf(facts)].next[facts.recipient.place] !== undefined;

/** What the link leads to: a pause is not for those to read who give, their contribution says that it is paused. */
export const openText = ({ about, recipient }: NoticeFacts, { open }: Catalog): string =>
  open[recipient.place === 'givers' ? 'contribution' : about];

export const messageTitle = (facts: HoldFacts, catalog: Catalog): Rich =>
  fill(catalog.messageFrom, { owner: ownerText(facts.owner, facts, catalog) });

// --- Rows ------------------------------------------------------------------------------------------------------------

export type Row = { readonly label: string; readonly value: Rich };

type Found = readonly (readonly [label: Label, value: Rich | null])[];

/** Everything that there is to know, in the order in which it is asked for; what is not there is left out. */
export function rowsOf(facts: NoticeFacts, catalog: Catalog): readonly Row[] {
  const found: Found = [
    ...particularRows(facts, catalog),
    ['reason', facts.reason === null ? null : reasonText(facts.reason, catalog)],
    ['by', facts.by && doerText(facts.by, facts, catalog)],
  ];
  return found.flatMap(([label, value]) => (value === null ? [] : [{ label: catalog.labels[label], value }]));
}

function reasonText(reason: string, { ownReasons }: Catalog): Rich {
  const own = ownReasonOf(reason);
  return own === undefined ? given(reason, sizes.row.purpose) : plain(ownReasons[own]);
}

function particularRows(facts: NoticeFacts, catalog: Catalog): Found {
  switch (facts.about) {
    case 'intent':
      return intentRows(facts, catalog);
    case 'contribution':
      return contributionRows(facts, catalog);
    case 'hold':
      return holdRows(facts, catalog);
    case 'webhook':
      return webhookRows(facts, catalog);
  }
}

const movedLabels: Readonly<Record<TopicThatMoves, Label>> = {
  money_sent: 'sent',
  money_received: 'arrived',
  accepted_short: 'short',
  returned: 'cameBack',
  sent_back: 'sentBack',
};

const dateLabel = (topic: IntentTopic): Label =>
  topic === 'money_received' ? 'arrivedOn' : topic === 'returned' ? 'cameBackOn' : 'sentOn';

function intentRows(facts: IntentFacts, catalog: Catalog): Found {
  const { open, lost, bearer, date, reference, deadlineAt, step, timeZone } = facts;
  return [
    ...sides(facts, catalog),
    ['amount', plain(moneyText(facts.amount, catalog))],
    ...(facts.moved === null ? [] : [[movedLabels[facts.topic], plain(moneyText(facts.moved, catalog))] as const]),
    ['open', open && plain(moneyText(open, catalog))],
    ['lost', lost && plain(moneyText(lost, catalog))],
    ['bearer', bearer && doerText(bearer, facts, catalog)],
    ['purpose', given(facts.purpose, sizes.row.purpose)],
    ['tier', givenOrNull(facts.tier)],
    ['nature', natureText(facts, catalog)],
    [dateLabel(facts.topic), date === null ? null : plain(dayText(date, catalog))],
    ['reference', givenOrNull(reference)],
    [
      'step',
      step &&
        fill(catalog.step, { name: given(step.name, sizes.row.name), number: `${step.number}`, of: `${step.of}` }),
    ],
    ['deadline', deadlineAt === null ? null : instantText(deadlineAt, timeZone, catalog)],
  ];
}

function contributionRows(facts: ContributionFacts, catalog: Catalog): Found {
  return [
    ...sides(facts, catalog),
    ['amount', perInterval(facts, catalog)],
    ['tier', givenOrNull(facts.tier)],
    ['nature', natureText(facts, catalog)],
    ['period', facts.period === null ? null : plain(dayText(facts.period, catalog))],
    ['retryAt', facts.retryAt === null ? null : instantText(facts.retryAt, facts.timeZone, catalog)],
  ];
}

function holdRows(facts: HoldFacts, catalog: Catalog): Found {
  const { topic, own, chosen, level, owner, why, from, until, missedPeriods, cancels, stillHeldBy, timeZone } = facts;
  const isOver = topic === 'resumed';
  const coversRunning = levelsThatStop.recurring.includes(level);
  const others = stillHeldBy.flatMap((other, index) => [
    ...plain(index === 0 ? '' : catalog.listSeparator),
    ...ownerText(other, facts, catalog),
  ]);
  return [
    ['payer', own && partyText(own.payer, sizes.row, catalog)],
    [own === null ? 'account' : 'payee', partyText(facts.payee, sizes.row, catalog)],
    ['amount', own && perInterval(own, catalog)],
    ['pausedBy', cancels ? null : ownerText(owner, facts, catalog)],
    ['stillHeldBy', stillHeldBy.length === 0 ? null : others],
    ['why', plain(catalog.holdReasons[why])],
    ['from', cancels ? null : instantText(from, timeZone, catalog)],
    ['until', isOver || until === null ? null : instantText(until, timeZone, catalog)],
    // Of what ends there is nothing to say but that.
    ['meaning', isOver || cancels ? null : plain(catalog.levels[chosen === null ? level : 'chosen'])],
    ['missed', cancels || coversRunning ? plain(catalog.missedPeriods[cancels ? 'canceled' : missedPeriods]) : null],
  ];
}

function webhookRows(facts: WebhookFacts, catalog: Catalog): Found {
  const { description, urlHost, host, why, givenUp, since, timeZone } = facts;
  return [
    ['description', description === '' ? null : given(description, sizes.row.name)],
    ['address', given(urlHost, sizes.row.name)],
    ['host', given(host, sizes.row.name)],
    ['disabledBecause', why === null ? null : plain(catalog.disabledReasons[why])],
    ['givenUp', givenUp === undefined ? null : plain(catalog.topics[givenUp.topic].headline)],
    ['delivery', givenUp === undefined ? null : plain(givenUp.deliveryId)],
    [givenUp === undefined ? 'failingSince' : 'firstTried', instantText(since, timeZone, catalog)],
    ['lastOutcome', outcomeText(facts, catalog)],
  ];
}

/** With the status code where the receiver answered with one that says something. */
const outcomeText = ({ outcome, statusCode }: WebhookFacts, { outcomes, answered }: Catalog): Rich =>
  statusCode !== null && (outcome === 'answered_error' || outcome === 'gone' || outcome === 'redirected')
    ? fill(answered, { outcome: outcomes[outcome], status: `${statusCode}` })
    : plain(outcomes[outcome]);

const sides = ({ payer, payee }: { readonly payer: Side; readonly payee: Side }, catalog: Catalog): Found => [
  ['payer', partyText(payer, sizes.row, catalog)],
  ['payee', partyText(payee, sizes.row, catalog)],
];

const natureText = (facts: IntentFacts | ContributionFacts, catalog: Catalog): Rich =>
  fill(typeOf(facts, catalog).nature, { payer: partyText(facts.payer, sizes.row, catalog) });

const givenOrNull = (text: string | null): Rich | null => (text === null ? null : given(text, sizes.row.purpose));

/** A host is named, because there may be two; whoever else it is has been named before. */
function doerText(doer: Doer, facts: NoticeFacts, catalog: Catalog): Rich {
  if (facts.about === 'webhook') {
    return plain(catalog.doers[doer]);
  }
  const host =
    doer === 'payer_host' && facts.about !== 'hold'
      ? facts.payer.host
      : doer === 'payee_host' || doer === 'host'
        ? facts.payee.host
        : null;
  return named(catalog.doers[doer], host, catalog);
}

const ownerText = (owner: HoldOwner, { payee }: HoldFacts, catalog: Catalog): Rich =>
  named(catalog.owners[owner], owner === 'host' ? payee.host : null, catalog);

const named = (role: string, name: string | null, { party }: Catalog): Rich =>
  name === null ? plain(role) : fill(party.short, { name: role, host: given(name, sizes.row.name) });
