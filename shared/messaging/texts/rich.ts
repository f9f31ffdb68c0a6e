/**
 * Texts before it is decided whether they become plain text or HTML. What people gave (names, purposes, reasons) stays apart
 * from what we say, so that it is escaped and set apart in one place, and never read for places to fill.
 */
import type { Template } from './catalog.ts';

export type Piece = { readonly text: string; readonly isGiven: boolean; readonly isStrong: boolean };
export type Rich = readonly Piece[];

export const plain = (text: string): Rich => [{ text, isGiven: false, isStrong: false }];
export const strong = (rich: Rich): Rich => rich.map((piece) => ({ ...piece, isStrong: true }));
export const asText = (rich: Rich): string => rich.map(({ text }) => text).join('');

/**
 * Puts values into a template, in one pass.
 * @throws when the template asks for what it is not given
 */
export function fill(template: Template, values: Readonly<Record<string, Rich | string>> = {}): Rich {
  // With one group, every second part is what the group took.
  const pieces = template.split(/\{(\w+)\}/).flatMap((part, index): Rich => {
    if (index % 2 === 0) {
      return part === '' ? [] : plain(part);
    }
    const value = values[part];
    if (value === undefined) {
      throw new Error(`Nothing was given for {${part}} in “${template}”.`);
    }
    return typeof value === 'string' ? plain(value) : value;
  });
  return pieces.flatMap((piece, index) => (isCrowded(pieces[index - 1], piece) ? [...plain(' '), piece] : [piece]));
}

/** Chinese characters and Latin letters or digits do not stand close together; which of them a name has is not known before. */
const isCrowded = (before: Piece | undefined, after: Piece): boolean =>
  /^(?:\p{Script=Han}[\p{Script=Latin}\p{N}]|[\p{Script=Latin}\p{N}]\p{Script=Han})$/u.test(
    `${[...(before?.text.slice(-2) ?? '')].at(-1) ?? ''}${[...after.text.slice(0, 2)][0] ?? ''}`,
  );

// --- What people gave ------------------------------------------------------------------------------------------------

/** One piece of given text: a single line, bounded, and a dash when there is nothing to see. */
export const given = (text: string, lengthMax: number): Rich => [
  { text: oneLine(text, lengthMax) || '–', isGiven: true, isStrong: false },
];

/**
 * Text on one line, without what cannot be shown, breaks a header, or turns around what stands beside it: control and
 * formatting characters (line breaks, direction marks, tags), halves of characters, private ones and fillers. The joiners
 * that some scripts and emoji need stay, and so do a few marks above and below a letter, but not towers of them.
 */
export function oneLine(text: string, lengthMax: number): string {
  const clean = text
    .slice(0, lengthMax * 20)
    .toWellFormed()
    .normalize('NFC')
    .replace(/\s+|[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(
      /(?![\u200c\u200d])[\p{Cf}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\ufffd\u2800]/gu,
      '',
    )
    .replace(/([\p{M}\u200c\u200d]{6})[\p{M}\u200c\u200d]+/gu, '$1')
    .replace(/ +/g, ' ')
    .trim();
  return shortened(clean, lengthMax);
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cut between what people see as characters, with an ellipsis inside the bound. */
function shortened(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) {
    return text;
  }
  let kept = '';
  for (const { segment } of segmenter.segment(text)) {
    if (kept.length + segment.length > lengthMax - 1) {
      break;
    }
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** Several lines, each as above; blank ones left out. */
export function severalLines(text: string, lengthMax: number, linesMax: number): readonly string[] {
  const bounded = text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
  const lines = bounded
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => oneLine(line, lengthMax))
    .filter((line) => line !== '');
  return lines.length > linesMax ? [...lines.slice(0, linesMax), '…'] : lines;
}

/**
 * An address that a text may link to.
 * @throws for anything but http and https: addresses are ours, so another kind is a mistake
 */
export function linkTo(address: string): string {
  const url = new URL(address);
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    throw new Error('A text links to http and https only, and without a password.');
  }
  return url.href;
}

// --- HTML ------------------------------------------------------------------------------------------------------------

/** HTML that was built here; everything else is text, and is escaped. */
export class Markup {
  readonly html: string;
  constructor(html: string) {
    this.html = html;
  }
}

type Part = string | Rich | Markup | readonly Markup[];

export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(String.raw({ raw: texts }, ...parts.map(written)));

function written(part: Part): string {
  if (typeof part === 'string') {
    return escaped(part);
  }
  return part instanceof Markup ? part.html : part.map(writtenPiece).join('');
}

/** What was given is set apart in its own direction, so that it cannot reorder what stands around it. */
function writtenPiece(piece: Piece | Markup): string {
  if (piece instanceof Markup) {
    return piece.html;
  }
  const text = piece.isGiven ? `<bdi>${escaped(piece.text)}</bdi>` : escaped(piece.text);
  return piece.isStrong ? `<strong>${text}</strong>` : text;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
