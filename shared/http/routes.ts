/**
 * Every operation of the API, in the order of the route table: what the OpenAPI document is printed from. The functions
 * have the definitions of their own operations only.
 */
import type * as z from 'zod';
import { type Command, type Transition, transitions } from '../domain/lifecycle.ts';
import { accountRoutes } from './accounts/routes.ts';
import { accountRows } from './accounts/rows.ts';
import { batchRoutes } from './batch/routes.ts';
import { batchRows } from './batch/rows.ts';
import { callerRoutes } from './caller/routes.ts';
import { callerRows } from './caller/rows.ts';
import { contributionRoutes } from './contributions/routes.ts';
import { contributionRows } from './contributions/rows.ts';
import { deadLetterRoutes } from './dead-letters/routes.ts';
import { deadLetterRows } from './dead-letters/rows.ts';
import { documentationRoutes } from './documentation/routes.ts';
import { documentationRows } from './documentation/rows.ts';
import { hostRoutes } from './hosts/routes.ts';
import { hostRows } from './hosts/rows.ts';
import { paymentIntentRoutes } from './payment-intents/routes.ts';
import { paymentIntentRows } from './payment-intents/rows.ts';
import { paymentMethodRoutes } from './payment-methods/routes.ts';
import { paymentMethodRows } from './payment-methods/rows.ts';
import { type ProblemCode, problemCodes } from './problems.ts';
import { isChange, type ParameterNames, type Route, routesOf, takesKey } from './route.ts';
import type { FunctionName } from './route-row.ts';
import { type OperationId, routeTable } from './route-table.ts';
import { unsubscribeRoutes } from './unsubscribe/routes.ts';
import { unsubscribeRows } from './unsubscribe/rows.ts';
import { webhookEndpointRoutes } from './webhook-endpoints/routes.ts';
import { webhookEndpointRows } from './webhook-endpoints/rows.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import { webhookRows } from './webhooks/rows.ts';

/** What the functions are about, for people. */
export const tags: Readonly<Record<FunctionName, { readonly name: string; readonly about: string }>> = {
  'payment-intents': { name: 'Payment intents', about: 'From a draft to money received, with both sides confirming.' },
  contributions: {
    name: 'Contributions',
    about:
      'Agreements to give, month by month, year by year or once, and who pauses them. A pause holds from the moment it is answered; each hold has an owner, and is lifted by its owner alone.',
  },
  'payment-methods': {
    name: 'Payment methods',
    about: 'How contributors pay: saved cards, subscriptions, their bank.',
  },
  accounts: {
    name: 'Accounts',
    about: 'Hosts, collectives, people and organisations, who belongs to them, and what they have.',
  },
  hosts: { name: 'Hosts', about: 'What a host sets, its books, and money that nobody can place yet.' },
  'batch-admin': {
    name: 'Batch',
    about: 'What runs every ten minutes, and for which hosts already; for platform admins.',
  },
  'dead-letters': {
    name: 'Dead letters',
    about:
      'Messages that failed as often as they may: to be looked at and sent on their way again; for platform admins.',
  },
  webhooks: { name: 'Webhooks', about: 'What payment processors tell by themselves.' },
  'webhook-endpoints': {
    name: 'Webhook endpoints',
    about: 'Programs of a host that are told of what happens, by the Standard Webhooks specification.',
  },
  caller: { name: 'Caller', about: 'Who is asking, and what they were told.' },
  unsubscribe: { name: 'Unsubscribing', about: 'Links in e-mails that end the e-mails of a kind, without signing in.' },
  documentation: { name: 'Documentation', about: 'This document.' },
};

type Definitions = typeof accountRoutes &
  typeof paymentIntentRoutes &
  typeof contributionRoutes &
  typeof paymentMethodRoutes &
  typeof hostRoutes &
  typeof batchRoutes &
  typeof deadLetterRoutes &
  typeof webhookRoutes &
  typeof webhookEndpointRoutes &
  typeof callerRoutes &
  typeof unsubscribeRoutes &
  typeof documentationRoutes;

export type Params<Operation extends OperationId> = {
  readonly [Name in ParameterNames<(typeof routeTable)[Operation]['path']>]: string;
};
type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<never, never>;
export type Query<Operation extends OperationId> = OutputOf<
  Definitions[Operation] extends { readonly query: infer Schema } ? Schema : undefined
>;
export type Body<Operation extends OperationId> = OutputOf<
  Definitions[Operation] extends { readonly body: infer Schema } ? Schema : undefined
>;
export type AnswerOf<Operation extends OperationId> = z.output<Definitions[Operation]['answer']>;

/** Lists that are read in pages take a cursor. */
export type IsPaged<Operation extends OperationId> = Definitions[Operation] extends { readonly paged: true }
  ? true
  : false;

const unordered: readonly Route[] = [
  ...routesOf(accountRows, accountRoutes),
  ...routesOf(paymentIntentRows, paymentIntentRoutes),
  ...routesOf(contributionRows, contributionRoutes),
  ...routesOf(paymentMethodRows, paymentMethodRoutes),
  ...routesOf(hostRows, hostRoutes),
  ...routesOf(batchRows, batchRoutes),
  ...routesOf(deadLetterRows, deadLetterRoutes),
  ...routesOf(webhookRows, webhookRoutes),
  ...routesOf(webhookEndpointRows, webhookEndpointRoutes),
  ...routesOf(callerRows, callerRoutes),
  ...routesOf(unsubscribeRows, unsubscribeRoutes),
  ...routesOf(documentationRows, documentationRoutes),
];

export const operationIds = Object.keys(routeTable) as readonly OperationId[];

export const routes: ReadonlyMap<OperationId, Route> = new Map(unordered.map((route) => [route.operationId, route]));

/** Every problem that an operation can answer, in the order of the catalogue. */
export function problemsOf(route: Route): readonly ProblemCode[] {
  const isOpen = route.access !== 'authenticated';
  const possible: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
    ...route.problems,
    ...(isChange(route) && route.access !== 'linked' ? (['payload-too-large', 'malformed-request'] as const) : []),
    ...(takesKey(route)
      ? (['unsupported-media-type', 'idempotency-key-missing', 'idempotency-key-reused'] as const)
      : []),
    ...(route.access === 'signed' ? (['webhook-not-verified', 'temporarily-unavailable'] as const) : []),
    ...(route.access === 'linked' ? (['temporarily-unavailable'] as const) : []),
    // What a query may not say is refused even where there is nothing that it may.
    ...(isOpen ? [] : (['authentication-required', 'validation-failed', 'temporarily-unavailable'] as const)),
    'rate-limited',
    'internal-error',
  ]);
  return problemCodes.filter((code) => possible.has(code));
}

/** What the entries of the books are called, by their code in the lifecycle. */
export const bookEntries: Readonly<Record<string, string>> = {
  L1: 'the amount is reserved',
  "L1'": 'the reservation is given back',
  'L1 undone': 'the reservation is given back',
  L2: 'what was reserved leaves the bank and is in transit',
  L3: 'what arrived is credited to the payee and is in transit no more',
  L4: 'what did not arrive is lost on the way, borne as decided',
  L5: 'what came back is the payer’s again, the rest is lost on the way',
  L6: 'the new intent writes its own entries when it is sent and received',
  L7: 'what is in transit is lost, borne as decided',
  L8: 'the reservation becomes the payee’s balance, in one host’s book',
};

const sentence = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

/** What the lifecycle says of a command, for people. */
export function describeCommand(name: Command): string {
  const row: Transition = transitions[name];
  return [
    `From ${sentence(row.from)} to ${sentence(row.to)}.`,
    `By ${sentence(row.by)}.`,
    `Condition: ${row.guards}.`,
    ...(row.books === undefined ? [] : [`Books: ${bookEntries[row.books] ?? row.books}.`]),
  ].join('\n\n');
}
