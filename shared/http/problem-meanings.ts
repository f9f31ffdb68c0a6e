/** What each problem means, for the documents. The functions do not carry it: what they answer says how it is mended. */
import type { ProblemCode } from './problems.ts';

export const problemMeanings: Readonly<Record<ProblemCode, string>> = {
  'route-not-found': 'No operation has this method and path.',
  'payload-too-large': 'The body has more than 262,144 bytes (256 KiB).',
  'unsupported-media-type': 'There is a body whose Content-Type is missing or is not JSON in UTF-8.',
  'malformed-request':
    'The body is not JSON, is not UTF-8, nests too deeply or names a member twice; or a precondition is not one that this operation knows. A path whose percent-encoding is broken has no route: the gateway answers 400 itself, with a body of its own.',
  'authentication-required':
    'There is no token, or it is not one that counts: it has expired, is for something else, or is not genuine.',
  'webhook-not-verified':
    'Its signature is missing or is not the processor’s, it was changed on the way, or it was signed too long ago.',
  'idempotency-key-missing': 'The request would change something and has no Idempotency-Key header.',
  'validation-failed':
    'One or more fields are missing, unknown or wrong. `errors` has an entry for each, with a JSON Pointer to it.',
  'permission-denied': 'You may see it, and your roles do not include this.',
  'not-found': 'It does not exist, or you have no part in it; the two are answered alike, so that ids tell nothing.',
  'idempotency-key-reused': 'The key came before with another operation, path, body or precondition.',
  'version-conflict':
    'The version in If-Match, or the revision in the body, is not the current one. Nothing was changed.',
  'transition-not-allowed':
    'The lifecycle has no such step from `currentStatus`. `allowedCommands` says which steps it has.',
  'own-request': 'The reviewer is the author.',
  'not-a-reviewer': 'The policy that was copied when the intent was submitted gives this step to other roles.',
  'already-approved': 'Each person counts once per step.',
  'account-not-active':
    'The account is archived, or is not of a kind or in a state in which money can move to it or from it.',
  'hosting-not-allowed':
    'A collective has at most one host at a time, and leaves it without money; hosts accept only who applied.',
  'account-in-use':
    'There is money in the account, or in the host’s book, or payment intents that have not ended; it cannot be archived yet.',
  'slug-taken': 'Another account has this slug.',
  'last-admin': 'The change would leave the account without anybody who can manage it.',
  incomplete: 'It can be kept as a draft, and something is missing that it needs to be submitted.',
  'bank-rail-required': 'Payer and payee have different hosts, and the destination is not a bank account.',
  'on-hold': 'An active hold covers this intent. Each hold is lifted by its owner only.',
  'already-on-hold': 'An owner holds an account at one level once; what it chose already is not chosen again.',
  'hold-over': 'It was lifted, or its end date has come.',
  'not-hold-owner': 'Each hold is lifted by its owner alone; holds of others stay.',
  'preview-outdated': 'Contributions began, ended or were paused since the preview was shown.',
  'same-host': 'Within one host nothing is sent or received at a bank.',
  'different-hosts': 'Only a host that holds both sides can settle, and only a host that holds the payer can send.',
  'reference-required': 'The other host finds the money in its statement by the reference.',
  'currency-mismatch': 'The amount is in a currency that this step cannot count in.',
  'amount-not-allowed': 'The amount does not fit what was approved, sent, received or returned.',
  'over-receipt': '`remaining` minor units were still due, and more was confirmed. What is over needs a decision.',
  'insufficient-funds': 'The balance does not bear it: `available` minor units of `currency` are there.',
  'money-already-arrived': 'The payee’s host has confirmed money before the payer’s host said that it was sent.',
  'trace-case-required': 'Only what was reported as not received can be written off.',
  'trace-case-open': 'A trace case is open; it closes with a receipt, a return or a write-off.',
  'second-person-required': 'The same person, or only one of the two hosts, has asked for it.',
  'split-not-exact': 'Exactly one share takes the rest, and the others do not exceed the sum.',
  'too-many':
    'A bound that keeps every request fast has been reached; `detail` says what makes room, or from when on there is some.',
  'rate-limited':
    'The stage allows so many requests per second. The gateway answers this itself, with a body of its own.',
  'temporarily-unavailable':
    'Something that we rely on did not answer in time, or too many changed the same thing at once.',
  'internal-error': 'A fault of ours. The answer says nothing but its `instance`, by which we find what happened.',
};
