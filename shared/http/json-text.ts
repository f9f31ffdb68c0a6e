/** Reads a JSON document from outside: bounded in depth, and without the two things on which readers of JSON disagree. */

export const depthMax = 20;

export type JsonText = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly detail: string };

const wrong = (detail: string): JsonText => ({ ok: false, detail });

/** A member of these names is never a field, and is how objects of careless programs are given other prototypes. */
const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * @returns the value; or why not: broken, too deep, a member named twice (readers disagree on which counts), or a member
 * with a name that stands for the machinery of objects
 */
export function parseJsonText(text: string): JsonText {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong('The body is not JSON.');
  }
  const detail = structuralFault(text);
  return detail === undefined ? { ok: true, value } : wrong(detail);
}

/** Walks a text that is known to be JSON, so that it has to understand no more than texts, braces and colons. */
function structuralFault(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined);
      if (open.length > depthMax) {
        return `The body nests deeper than ${depthMax} levels.`;
      }
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === '"') {
      const end = endOfText(json, at);
      const names = open.at(-1);
      if (names !== undefined && isName(json, end)) {
        const name: string = JSON.parse(json.slice(at, end + 1));
        if (forbidden.has(name)) {
          return `The body has a member ${name}, which is not allowed.`;
        }
        if (names.has(name)) {
          return 'The body names a member twice.';
        }
        names.add(name);
      }
      at = end;
    }
  }
  return undefined;
}

/** @returns where the closing quotation mark is. */
function endOfText(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) {
    end = json.indexOf('"', end + 1);
  }
  return end;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json[at - 1 - backslashes] === '\\') {
    backslashes += 1;
  }
  return backslashes % 2 === 1;
}

/** A text in an object is a name when a colon follows; in a list none ever does. */
function isName(json: string, end: number): boolean {
  let next = end + 1;
  while (json[next] === ' ' || json[next] === '\n' || json[next] === '\r' || json[next] === '\t') {
    next += 1;
  }
  return json[next] === ':';
}
