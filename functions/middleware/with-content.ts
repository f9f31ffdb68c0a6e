import { refuse } from '../../shared/domain/result.ts';
import { parseJsonText } from '../../shared/http/json-text.ts';
import type { AnyProblem } from '../../shared/http/problems.ts';
import type { Handler, HttpEvent, Incoming } from './http-message.ts';

export type WithContent = { readonly content: unknown };

/** Far above what a command says, far below what a function could be made to choke on. */
export const bodyBytesMax = 262_144;

const jsonMediaType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Reads the body as JSON. No body is the same as an empty object: which fields are missing is for the schema to say. */
export const withContent =
  <Request extends Incoming>(next: Handler<Request & WithContent>): Handler<Request> =>
  async (request) => {
    const read = readContent(request.event);
    return 'problem' in read ? refuse(read.problem) : next({ ...request, content: read.content });
  };

type Read = { readonly content: unknown } | { readonly problem: AnyProblem };

function readContent(event: HttpEvent): Read {
  if (event.body === undefined || event.body === '') {
    return { content: {} };
  }
  const raw = readText(event, ({ 'content-type': type = '' }) => jsonMediaType.test(type));
  if ('problem' in raw) {
    return raw;
  }
  const parsed = parseJsonText(raw.text);
  return parsed.ok ? { content: parsed.value } : { problem: { code: 'malformed-request', detail: parsed.detail } };
}

/** The body as it was sent, decoded and bounded. */
export function readText(
  { body = '', isBase64Encoded, headers }: HttpEvent,
  isRightType: (headers: HttpEvent['headers']) => boolean = () => true,
): { readonly text: string } | { readonly problem: AnyProblem } {
  // Base64 is a third longer than what it stands for: nothing larger is even decoded.
  if (body.length > (isBase64Encoded ? Math.ceil(bodyBytesMax / 3) * 4 : bodyBytesMax)) {
    return { problem: { code: 'payload-too-large' } };
  }
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > bodyBytesMax) {
    return { problem: { code: 'payload-too-large' } };
  }
  if (!isRightType(headers)) {
    return { problem: { code: 'unsupported-media-type' } };
  }
  const text = isBase64Encoded ? decodeUtf8(bytes) : body;
  return text === undefined ? { problem: { code: 'malformed-request', detail: 'The body is not UTF-8.' } } : { text };
}

// A byte order mark is a part of what was signed.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
