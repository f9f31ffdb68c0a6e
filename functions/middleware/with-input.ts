import type { FieldError } from '../../shared/domain/refusals.ts';
import { refuse } from '../../shared/domain/result.ts';
import { errorsMax, faultsOfForm, type Parsed, parse, pointerOf } from '../../shared/http/validation.ts';
import type { Handler, HttpEvent, Incoming } from './http-message.ts';

/** What the schemas of the route let through; the types of each operation are those of its schemas (`Asked`). */
export type WithInput = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: object;
};

type Unchecked = Incoming & { readonly content?: unknown; readonly idempotencyKey?: string };

/** What a header may carry unharmed: visible ASCII. */
const idempotencyKeyForm = /^[\x21-\x7e]{1,255}$/;

/** Reads path, query and body through their schemas, and reports every wrong field of all of them at once. */
export const withInput =
  <Request extends Unchecked>(next: Handler<Request & WithInput>): Handler<Request> =>
  async (request) => {
    const { route, event } = request;
    const params = parse(route.params, event.pathParameters ?? {});
    const query = readQuery(request);
    const body = readBody(request);
    if (params.ok && query.ok && body.ok && hasGoodKey(request)) {
      return next({ ...request, params: params.value, query: query.value, body: body.value });
    }
    const errors = [params, query, body].flatMap((part) => (part.ok ? [] : part.errors));
    return refuse({
      code: 'validation-failed',
      errors: hasGoodKey(request) ? errors : [...errors, keyError],
    });
  };

const keyError: FieldError = {
  pointer: '/Idempotency-Key',
  detail: 'Must be 1 to 255 visible ASCII characters.',
};

const hasGoodKey = ({ idempotencyKey }: Unchecked): boolean =>
  idempotencyKey === undefined || idempotencyKeyForm.test(idempotencyKey);

/** What is repeated is known by its whole body, so the form of that is looked at even where no field of it is. */
function readBody({ route, content }: Unchecked): Parsed<object> {
  const errors = faultsOfForm(content).slice(0, errorsMax);
  if (errors.length > 0) {
    return { ok: false, errors };
  }
  return route.body === undefined ? { ok: true, value: {} } : parse(route.body, content);
}

function readQuery({ route, event }: Incoming): Parsed<Readonly<Record<string, unknown>>> {
  const given = [...queryOf(event)];
  if (route.query === undefined || given.length === 0) {
    // An operation without a query refuses any; one with a query may need some of it.
    return route.query === undefined ? onlyKnown(given) : parse(route.query, {});
  }
  const parsed = parse(route.query, Object.fromEntries(given));
  const names = given.map(([name]) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index).map((name) => pointerOf([name])));
  return twice.size === 0
    ? parsed
    : {
        ok: false,
        errors: [
          ...[...twice].map((pointer) => ({ pointer, detail: 'Is given more than once.' })),
          ...(parsed.ok ? [] : parsed.errors.filter(({ pointer }) => !twice.has(pointer))),
        ],
      };
}

const queryOf = ({ rawQueryString }: HttpEvent): URLSearchParams => new URLSearchParams(rawQueryString);

const onlyKnown = (given: readonly (readonly [string, string])[]): Parsed<Readonly<Record<string, unknown>>> =>
  given.length === 0
    ? { ok: true, value: {} }
    : { ok: false, errors: given.map(([name]) => ({ pointer: pointerOf([name]), detail: 'Is not known here.' })) };
