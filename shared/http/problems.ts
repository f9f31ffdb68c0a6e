/**
 * Every way in which the API says no, as RFC 9457 problem details. The order of the catalogue is the order of precedence:
 * when several apply, the first is answered. A refusal of the domain does not compile until it has a row here, with all of
 * its members, and `docs/problems.md` and the OpenAPI document are printed from the same rows (and `problem-meanings.ts`).
 */
import type { Refusal } from '../domain/refusals.ts';

/** What can be wrong with a request before the application sees it, and with us. */
export type TransportCode =
  | 'route-not-found'
  | 'payload-too-large'
  | 'unsupported-media-type'
  | 'malformed-request'
  | 'authentication-required'
  | 'webhook-not-verified'
  | 'idempotency-key-missing'
  | 'rate-limited'
  | 'internal-error';

export type ProblemCode = Refusal['code'] | TransportCode;

/** The JSON types of the members that a problem has besides those that every problem has. */
export type MemberKind = 'fieldErrors' | 'integer' | 'text' | 'commands';

type OwnMembers<Code extends ProblemCode> = Exclude<keyof Extract<Refusal, { readonly code: Code }>, 'code' | 'detail'>;

export type Problem<Code extends ProblemCode = ProblemCode> = {
  readonly status: number;
  /** Constant per problem, for people who read logs; `detail` is about the one request. */
  readonly title: string;
  /** Whether the same request may succeed when it is simply sent again. */
  readonly retryable: boolean;
  readonly members: { readonly [Name in OwnMembers<Code>]: MemberKind };
  /** How to mend it: the `detail` where the refusal has none of its own. */
  readonly mend: string;
};

type Catalogue = { readonly [Code in ProblemCode]: Problem<Code> };

export const problems: Catalogue = {
  'route-not-found': {
    status: 404,
    title: 'There is no such operation.',
    retryable: false,
    members: {},
    mend: 'Look up the method and the path in the API document at /v1/openapi.json.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The request body is too large.',
    retryable: false,
    members: {},
    mend: 'Send at most 262,144 bytes; files are uploaded, not put into a body.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The request body is not declared as JSON.',
    retryable: false,
    members: {},
    mend: 'Send JSON with the header "Content-Type: application/json".',
  },
  'malformed-request': {
    status: 400,
    title: 'The request cannot be read.',
    retryable: false,
    members: {},
    mend: 'Send one JSON document in UTF-8, with each member once, and preconditions as the API document describes them.',
  },
  'authentication-required': {
    status: 401,
    title: 'Nobody is signed in.',
    retryable: false,
    members: {},
    mend: 'Sign in and send the token in the header "Authorization: Bearer …".',
  },
  'webhook-not-verified': {
    status: 400,
    title: 'The message is not known to be the processor’s.',
    retryable: false,
    members: {},
    mend: 'Set up the signing secret of the endpoint here as the processor has it, and send the message as it was signed, within five minutes.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'A change needs an idempotency key.',
    retryable: false,
    members: {},
    mend: 'Send a new Idempotency-Key (a UUID, say) with each new change, and the same one when you repeat a change.',
  },
  'validation-failed': {
    status: 422,
    title: 'Some of what was sent is not allowed.',
    retryable: false,
    members: { errors: 'fieldErrors' },
    mend: 'Correct the fields that `errors` points at.',
  },
  'permission-denied': {
    status: 403,
    title: 'You may not do this.',
    retryable: false,
    members: {},
    mend: 'Have somebody do it who has the role that `detail` names, or have the role given to you.',
  },
  'not-hold-owner': {
    status: 403,
    title: 'The hold is somebody else’s.',
    retryable: false,
    members: {},
    mend: 'Have the owner that `detail` names lift it.',
  },
  'not-found': {
    status: 404,
    title: 'Nothing is there for you.',
    retryable: false,
    members: {},
    mend: 'Check the id, and that you are signed in as a member of an account that is a part of it.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key belongs to another request.',
    retryable: false,
    members: {},
    mend: 'Use a new Idempotency-Key for a new request; repeat a request exactly to get its answer again.',
  },
  'version-conflict': {
    status: 412,
    title: 'It has changed since you read it.',
    retryable: false,
    members: { currentVersion: 'integer' },
    mend: 'Read it again, decide again, and send the version that you have read.',
  },
  'transition-not-allowed': {
    status: 409,
    title: 'This is not possible in its present state.',
    retryable: false,
    members: { currentStatus: 'text', allowedCommands: 'commands' },
    mend: 'Read it again and use one of the commands that its state allows.',
  },
  'already-on-hold': {
    status: 409,
    title: 'It is on hold by the same owner already.',
    retryable: false,
    members: {},
    mend: 'Lift the hold that is there first, or leave it as it is.',
  },
  'hold-over': {
    status: 409,
    title: 'The hold is over.',
    retryable: false,
    members: {},
    mend: 'Nothing is left to do.',
  },
  'preview-outdated': {
    status: 409,
    title: 'It would not do what the preview showed.',
    retryable: false,
    members: { contributions: 'integer' },
    mend: 'Ask for the preview again, and confirm with its fingerprint.',
  },
  'own-request': {
    status: 422,
    title: 'Nobody decides on their own request.',
    retryable: false,
    members: {},
    mend: 'Have another reviewer decide.',
  },
  'not-a-reviewer': {
    status: 422,
    title: 'This step is decided by others.',
    retryable: false,
    members: {},
    mend: 'Have somebody with a role that `detail` names decide.',
  },
  'already-approved': {
    status: 422,
    title: 'You have approved this step already.',
    retryable: false,
    members: {},
    mend: 'Have another reviewer approve.',
  },
  'account-not-active': {
    status: 422,
    title: 'An account is not active.',
    retryable: false,
    members: {},
    mend: 'Use another account, or have this one made active.',
  },
  'hosting-not-allowed': {
    status: 422,
    title: 'This change of host is not possible.',
    retryable: false,
    members: {},
    mend: 'Do first what `detail` says.',
  },
  'account-in-use': {
    status: 422,
    title: 'The account is still in use.',
    retryable: false,
    members: {},
    mend: 'Do first what `detail` says.',
  },
  'slug-taken': {
    status: 409,
    title: 'The short name is taken.',
    retryable: false,
    members: {},
    mend: 'Choose another slug.',
  },
  'last-admin': {
    status: 422,
    title: 'Somebody has to stay in charge.',
    retryable: false,
    members: {},
    mend: 'Give the role to another person first.',
  },
  incomplete: {
    status: 422,
    title: 'The intent is not complete.',
    retryable: false,
    members: { errors: 'fieldErrors' },
    mend: 'Edit the fields that `errors` points at, then submit it.',
  },
  'bank-rail-required': {
    status: 422,
    title: 'Money between hosts goes by bank account only.',
    retryable: false,
    members: {},
    mend: 'Set destination.method to bank_account.',
  },
  'on-hold': {
    status: 422,
    title: 'It is on hold.',
    retryable: false,
    members: {},
    mend: 'Have the owner that `detail` names lift the hold.',
  },
  'same-host': {
    status: 422,
    title: 'Both sides have the same host.',
    retryable: false,
    members: {},
    mend: 'Use settle: it moves the money in the host’s book in one step.',
  },
  'different-hosts': {
    status: 422,
    title: 'The sides do not have the same host.',
    retryable: false,
    members: {},
    mend: 'Use mark-sent at the payer’s host and confirm-receipt at the payee’s.',
  },
  'reference-required': {
    status: 422,
    title: 'A bank reference is needed.',
    retryable: false,
    members: {},
    mend: 'Send the reference that the bank gave the transfer.',
  },
  'currency-mismatch': {
    status: 422,
    title: 'The currency is not the one that is meant here.',
    retryable: false,
    members: {},
    mend: 'Use the currency that `detail` names, or say what it asks for.',
  },
  'amount-not-allowed': {
    status: 422,
    title: 'The amount is not possible here.',
    retryable: false,
    members: {},
    mend: 'Use an amount within what `detail` says.',
  },
  'over-receipt': {
    status: 422,
    title: 'More arrived than was due.',
    retryable: false,
    members: { remaining: 'integer' },
    mend: 'Send overReceipt: "suspense" sets the rest aside, "payee" credits it.',
  },
  'insufficient-funds': {
    status: 422,
    title: 'There is not enough available.',
    retryable: false,
    members: { available: 'integer', currency: 'text' },
    mend: 'Wait for money to arrive, lower the amount, or release what is reserved.',
  },
  'money-already-arrived': {
    status: 422,
    title: 'Money has arrived already.',
    retryable: false,
    members: {},
    mend: 'Mark it sent, and have the money sent back if it was wrong.',
  },
  'trace-case-required': {
    status: 422,
    title: 'It has not been looked for yet.',
    retryable: false,
    members: {},
    mend: 'Report it as not received first.',
  },
  'trace-case-open': {
    status: 422,
    title: 'It is being looked for already.',
    retryable: false,
    members: {},
    mend: 'Wait for the other host, or close the case with what happened.',
  },
  'second-person-required': {
    status: 422,
    title: 'This takes two people.',
    retryable: false,
    members: {},
    mend: 'Have somebody of the other host ask for it too.',
  },
  'split-not-exact': {
    status: 422,
    title: 'The shares do not divide the sum.',
    retryable: false,
    members: {},
    mend: 'Change the shares as `detail` says.',
  },
  'too-many': {
    status: 422,
    title: 'There are too many already.',
    retryable: false,
    members: {},
    mend: 'Remove one first, or use another resource.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests.',
    retryable: true,
    members: {},
    mend: 'Wait as long as Retry-After says, a second without it, and send the same request with the same key.',
  },
  'temporarily-unavailable': {
    status: 503,
    title: 'Not available at the moment.',
    retryable: true,
    members: {},
    mend: 'Send the same request again, with the same Idempotency-Key, after the time in Retry-After.',
  },
  'internal-error': {
    status: 500,
    title: 'We made a mistake.',
    retryable: true,
    members: {},
    mend: 'Send the same request again, with the same Idempotency-Key. If it stays, quote the `instance` to us.',
  },
};

export const problemCodes = Object.keys(problems) as readonly ProblemCode[];

/** What a transport problem may say of the one request; an internal error says nothing. */
export type TransportProblem =
  | { readonly code: Exclude<TransportCode, 'internal-error'>; readonly detail?: string; readonly challenge?: string }
  | { readonly code: 'internal-error' };

export type AnyProblem = Refusal | TransportProblem;

export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance: string;
  readonly [member: string]: unknown;
};

export type ProblemResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: ProblemDocument;
};

export const problemMediaType = 'application/problem+json';

/** Long enough for a burst to pass, short enough that nobody gives up. */
const retryAfterSeconds = 2;

export const problemType = (code: ProblemCode): string => `/problems/${code}`;

/** @returns the problem document, with the members of the catalogue and no others, and the headers that go with it. */
export function problemResponse(problem: AnyProblem, requestId: string): ProblemResponse {
  const row: Problem = problems[problem.code];
  const given: Readonly<Record<string, unknown>> = problem;
  const isOurFault = problem.code === 'internal-error';
  return {
    status: row.status,
    headers: {
      'content-type': problemMediaType,
      ...(problem.code === 'authentication-required' ? { 'www-authenticate': problem.challenge ?? 'Bearer' } : {}),
      ...(row.retryable && !isOurFault ? { 'retry-after': String(retryAfterSeconds) } : {}),
    },
    document: {
      type: problemType(problem.code),
      title: row.title,
      status: row.status,
      ...(isOurFault ? {} : { detail: typeof given.detail === 'string' ? given.detail : row.mend }),
      instance: `urn:request:${requestId}`,
      ...Object.fromEntries(Object.keys(row.members).map((name) => [name, given[name]])),
    },
  };
}
