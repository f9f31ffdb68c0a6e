/** What an operation is, besides its method and path: what it takes, what it answers and how it can be refused. */
import * as z from 'zod';
import type { Command } from '../domain/lifecycle.ts';
import {
  AccountId,
  ContributionId,
  EventId,
  HoldId,
  InvitationId,
  NewsSource,
  PaymentIntentId,
  PaymentMethodId,
  QueueName,
  SuspenseId,
  WebhookDeliveryId,
  WebhookEndpointId,
} from './fields.ts';
import type { ProblemCode } from './problems.ts';
import type { FunctionName, RouteRow } from './route-row.ts';
import type { OperationId, routeTable } from './route-table.ts';

/** What an operation says besides its method and path. */
export type RouteDefinition = {
  readonly summary: string;
  readonly description?: string;
  /** The transition of the lifecycle that it asks for. */
  readonly command?: Command;
  readonly query?: z.ZodType<Readonly<Record<string, unknown>>>;
  readonly body?: z.ZodType<object>;
  /** Whether it is a list that is read in pages. */
  readonly paged?: true;
  readonly status: 200 | 201;
  readonly answer: z.ZodType;
  /** Where a new thing is found, with the members of the answer in braces. */
  readonly location?: string;
  /** Whether the answer has a version, which is its ETag. */
  readonly versioned?: boolean;
  /** Whether a change can be bound to the version that was read. */
  readonly conditional?: boolean;
  /** How it can be refused, besides what is true of every operation of its kind. */
  readonly problems: readonly ProblemCode[];
};

export type ParameterNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterNames<Rest>
  : never;

const parameters = {
  accountId: AccountId.meta({ description: 'The account.' }),
  userId: AccountId.meta({ description: 'The person.' }),
  invitationId: InvitationId.meta({ description: 'The invitation.' }),
  intentId: PaymentIntentId.meta({ description: 'The payment intent.' }),
  eventId: EventId.meta({ description: 'The event that you were told of.' }),
  hostId: AccountId.meta({ description: 'The host.' }),
  contributionId: ContributionId.meta({ description: 'The contribution.' }),
  paymentMethodId: PaymentMethodId.meta({ description: 'The payment method.' }),
  holdId: HoldId.meta({ description: 'The hold.' }),
  processor: NewsSource.meta({ description: 'Whose message it is.' }),
  queue: QueueName.meta({ description: 'The queue that the messages failed in.' }),
  endpointId: WebhookEndpointId.meta({ description: 'The webhook endpoint.' }),
  deliveryId: WebhookDeliveryId.meta({ description: 'The delivery.' }),
  suspenseId: SuspenseId.meta({ description: 'The suspense record.' }),
  token: z.string().meta({ description: 'What the link in the e-mail has here.' }),
} satisfies Record<ParameterNames<(typeof routeTable)[OperationId]['path']>, z.ZodType<string>>;

type ParameterName = keyof typeof parameters;

const isParameter = (name: string): name is ParameterName => Object.hasOwn(parameters, name);

function parametersOf(path: string): z.ZodType<Readonly<Record<string, string>>> {
  const names = path
    .split('/')
    .map((segment) => segment.replace(/[{}]/g, ''))
    .filter(isParameter);
  return z.strictObject(Object.fromEntries(names.map((name) => [name, parameters[name]])));
}

/** An operation, whole: its row of the route table and its definition. */
export type Route = RouteRow &
  RouteDefinition & { readonly operationId: OperationId; readonly params: z.ZodType<Readonly<Record<string, string>>> };

export const isChange = ({ method }: Pick<RouteRow, 'method'>): boolean => method !== 'GET';

/** Whether a repeated request is known by its key; messages of processors are known by what they call them, links do one thing. */
export const takesKey = (row: Pick<RouteRow, 'method' | 'access'>): boolean =>
  isChange(row) && row.access === 'authenticated';

export type OperationsOf<Name extends FunctionName> = {
  [Operation in OperationId]: (typeof routeTable)[Operation]['function'] extends Name ? Operation : never;
}[OperationId];

export type DefinitionsOf<Name extends FunctionName> = Readonly<Record<OperationsOf<Name>, RouteDefinition>>;

/**
 * Defines the operations of a function, each in a file of its own folder, so that a function carries no more than its own.
 * A row of the route table without a definition, or the reverse, does not compile.
 */
export const defineRoutes =
  <Name extends FunctionName>() =>
  <const Definitions extends DefinitionsOf<Name>>(definitions: Definitions): Definitions =>
    definitions;

/** How reads and changes of a thing are refused: it is not there, or it is not theirs; and a change, if it is stale. */
export const unconditional = ['not-found', 'permission-denied'] as const satisfies readonly ProblemCode[];
export const conditional = [...unconditional, 'version-conflict'] as const satisfies readonly ProblemCode[];

/** The rows of a function; the route table is made of the same objects, so that none is missing. */
export type RowsOf<Name extends FunctionName> = Readonly<Record<string, RouteRow & { readonly function: Name }>>;

/** Joins definitions with their rows of the route table. */
export const routesOf = <Name extends FunctionName>(
  rows: RowsOf<Name>,
  definitions: DefinitionsOf<Name>,
): readonly Route[] =>
  Object.entries(rows).map(([id, row]) => {
    const operationId = id as OperationsOf<Name>;
    return { ...row, ...definitions[operationId], operationId, params: parametersOf(row.path) };
  });
