/** Makes the Lambda handler of one resource: the same way from an event to an answer for each of its operations. */
import type { Dependencies, Slice } from '../../shared/application/ports.ts';
import type { Answer, RequestMeta } from '../../shared/application/request.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import { type Result, refuse } from '../../shared/domain/result.ts';
import {
  type DefinitionsOf,
  isChange,
  type OperationsOf,
  type Route,
  type RowsOf,
  routesOf,
} from '../../shared/http/route.ts';
import { type FunctionName, routeKeyOf } from '../../shared/http/route-row.ts';
import type { OperationId } from '../../shared/http/route-table.ts';
import type { Body, IsPaged, Params, Query } from '../../shared/http/routes.ts';
import { cursorKey, dependencies } from '../dependencies.ts';
import { answer } from './answer.ts';
import { answering } from './answering.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Handler, Incoming } from './http-message.ts';
import { type WithContent, withContent } from './with-content.ts';
import { type WithIdempotencyKey, withIdempotencyKey } from './with-idempotency-key.ts';
import { type WithIdentity, withIdentity } from './with-identity.ts';
import { type WithInput, withInput } from './with-input.ts';
import { type WithPage, withPage } from './with-page.ts';
import { type WithPrecondition, withPrecondition } from './with-precondition.ts';

/** What an operation is asked, as its schemas let it through. */
export type Asked<Operation extends OperationId> = {
  readonly meta: RequestMeta;
  readonly params: Params<Operation>;
  readonly query: Query<Operation>;
  readonly body: Body<Operation>;
};

type Listing<Asks, Deps> = (
  deps: Deps,
  asked: Asks & Pick<WithPage, 'page'>,
) => Promise<Result<Slice<unknown>, Refusal>>;
type Answering<Asks, Deps> = (deps: Deps, asked: Asks) => Promise<Result<Answer, Refusal>>;

/** How an operation is carried out, once it is known who asks for what. */
export type Call<Operation extends OperationId, Deps> =
  IsPaged<Operation> extends true ? Listing<Asked<Operation>, Deps> : Answering<Asked<Operation>, Deps>;

export type Calls<Name extends FunctionName, Deps = Dependencies> = {
  readonly [Operation in OperationsOf<Name>]: Call<Operation, Deps>;
};

/** @returns the handler of a function, with its calls for each of the operations that the route table gives it. */
export const httpFunction = <Name extends FunctionName>(
  rows: RowsOf<Name>,
  definitions: DefinitionsOf<Name>,
  calls: Calls<Name>,
) => httpFunctionOn(dependencies, rows, definitions, calls);

/** The same for a function that runs on more than the others; it brings along what that is. */
export function httpFunctionOn<Name extends FunctionName, Deps extends Dependencies>(
  made: () => Deps | Promise<Deps>,
  rows: RowsOf<Name>,
  definitions: DefinitionsOf<Name>,
  calls: Calls<Name, Deps>,
) {
  const handlers = new Map(
    routesOf(rows, definitions).map(
      (route) => [routeKeyOf(route), { route, handle: handlerOf(route, calls, made) }] as const,
    ),
  );
  return answering(async (incoming) => {
    const found = handlers.get(incoming.event.routeKey);
    if (found === undefined) {
      return refuse({ code: 'route-not-found' });
    }
    incoming.record.operationId = found.route.operationId;
    return found.handle({ ...incoming, route: found.route });
  });
}

// The order of the wrappers is the order of precedence of what they refuse (docs/problems.md).
function handlerOf<Deps>(route: Route, calls: object, made: () => Deps | Promise<Deps>): Handler<Incoming> {
  // A call is typed by the schemas of its route, and is only ever given what those schemas let through.
  const call = Object.entries(calls).find(([operation]) => operation === route.operationId)?.[1];
  return isChange(route)
    ? withContent(withPrecondition(withIdentity(withIdempotencyKey(withInput(answered(call, made))))))
    : withIdentity(withInput(route.paged ? withPage(cursorKey, listed(call, made)) : answered(call, made)));
}

type Checked = Incoming & WithIdentity & WithInput & Partial<WithContent & WithPrecondition & WithIdempotencyKey>;

/** What every call is given, whatever its operation; its own schemas say more. */
type AnyAsked = WithInput & { readonly meta: RequestMeta };

const metaOf = ({ route, record, userId, params, content, ifMatch, idempotencyKey }: Checked): RequestMeta => ({
  userId,
  requestId: record.requestId,
  idempotencyKey,
  fingerprint:
    idempotencyKey === undefined ? '' : fingerprintOf({ operationId: route.operationId, params, content, ifMatch }),
  ifMatch,
});

const answered =
  <Deps>(call: Answering<AnyAsked, Deps>, made: () => Deps | Promise<Deps>): Handler<Checked> =>
  async (request) => {
    const { params, query, body } = request;
    const result = await call(await made(), { meta: metaOf(request), params, query, body });
    if (!result.ok) {
      return result;
    }
    if (result.value.replayed) {
      request.record.replayed = true;
    }
    return answer(request.route, result.value);
  };

const listed =
  <Deps>(call: Listing<AnyAsked, Deps>, made: () => Deps | Promise<Deps>): Handler<Checked & WithPage> =>
  async (request) => {
    const { params, query, body, page, sealed } = request;
    const result = await call(await made(), { meta: metaOf(request), params, query, body, page });
    if (!result.ok) {
      return result;
    }
    const { items, next } = result.value;
    return answer(request.route, {
      status: request.route.status,
      body: { items, nextCursor: next === undefined ? null : sealed(next) },
    });
  };
