/** Whatever people call themselves and whatever amounts there are, a text stays what it is. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { amountMax, currencyCodes, currencyExponent, fromMajorUnits } from '../../shared/domain/money.ts';
import { languages, type NoticeFacts } from '../../shared/messaging/texts/facts.ts';
import { catalogs, moneyText } from '../../shared/messaging/texts/phrases.ts';
import { renderDigest, renderEmail, renderLine, subjectLengthMax } from '../../shared/messaging/texts/render.ts';
import { oneLine } from '../../shared/messaging/texts/rich.ts';
import { longer } from '../support/longer.ts';
import { examples, keys } from './facts.ts';

const runs = { numRuns: longer(50, 5000) };

const hostileParts = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='x",
  '</main></body>',
  '<!--',
  '&lt;b&gt;',
  '\r\nBcc: everybody@example.org\r\n\r\n',
  '\n.\n',
  '\u202e\u2067\u200f',
  '\u2028\u2029\u0085\u0000\u001b[31m',
  '\ud800',
  '{amount}',
  '{payer}',
  '$& $1 $`',
  '__proto__',
  'שלום',
  'Z\u0351\u0351\u0351\u0351\u0351\u0351\u0351\u0351\u0351',
  '𠮷👩‍👧🏴',
  '=?utf-8?q?x?=',
] as const;

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...hostileParts), fc.string({ unit: 'binary', maxLength: 40 })), { maxLength: 12 })
  .map((parts) => parts.join(' '));
const language = fc.constantFrom(...languages);
const money = fc.record({
  amount: fc.integer({ min: 0, max: amountMax }),
  currency: fc.constantFrom(...currencyCodes),
});

/** An example with everything that people gave replaced. */
const replaced = (facts: NoticeFacts, names: readonly string[]): NoticeFacts => {
  const [payer = '', payerHost = '', payee = '', payeeHost = '', purpose = '', rest = ''] = names;
  const common = {
    recipient: { ...facts.recipient, name: rest },
    reason: rest,
    waitingSince: '2026-11-01T00:00:00.000Z',
  };
  const sides = { payer: { name: payer, host: payerHost }, payee: { name: payee, host: payeeHost } };
  switch (facts.about) {
    case 'intent':
      return {
        ...facts,
        ...common,
        ...sides,
        purpose,
        tier: rest,
        reference: rest,
        step: { name: rest, number: 1, of: 1 },
      };
    case 'contribution':
      return { ...facts, ...common, ...sides, tier: rest };
    case 'hold':
      return {
        ...facts,
        ...common,
        payee: sides.payee,
        own: facts.own && { ...facts.own, payer: sides.payer },
        // One that is nothing but blanks has no block of its own.
        message: `${rest}\n${purpose}\r\n\n${payer}-`,
      };
    case 'webhook':
      // Without a description there is a row less.
      return { ...facts, ...common, description: `${payer}-`, urlHost: payee, host: payeeHost };
  }
};

const facts = fc
  .tuple(fc.constantFrom(...keys), fc.array(hostile, { minLength: 6, maxLength: 6 }))
  .map(([key, names]) => replaced(examples[key], names));

/** Nothing that breaks a header, moves the cursor, or turns around what stands beside it. */
const unfit = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** The tags of a page, with their attributes, in order: what a reader of mail would act on. */
const tagsOf = (html: string): readonly string[] => html.match(/<[^>]*>/g) ?? [];

const tame = (list: readonly NoticeFacts[]): readonly NoticeFacts[] =>
  list.map((one) => replaced(one, ['A', 'B', 'C', 'D', 'E', 'F']));

describe('names, purposes, reasons and messages', () => {
  test('subject and line are one line of bounded length, without what turns or hides text', () => {
    fc.assert(
      fc.property(facts, language, (one, spoken) => {
        const { subject } = renderEmail(one, spoken);
        for (const text of [subject, renderLine(one, spoken), renderDigest([one], spoken).subject]) {
          expect(text).not.toMatch(unfit);
          expect(text.isWellFormed()).toBe(true);
          expect(text.length).toBeLessThanOrEqual(subjectLengthMax);
        }
      }),
      runs,
    );
  });

  test('text has no other control characters than line breaks, and stays bounded', () => {
    fc.assert(
      fc.property(facts, language, (one, spoken) => {
        for (const { text, html } of [renderEmail(one, spoken), renderDigest([one, one], spoken)]) {
          expect(text.replaceAll('\n', '')).not.toMatch(unfit);
          expect(html.replaceAll('\n', '')).not.toMatch(unfit);
          expect(text.length).toBeLessThan(12_000);
          expect(html.length).toBeLessThan(30_000);
        }
      }),
      runs,
    );
  });

  test('text has as many lines as with other names, but for a message, each line of which is marked', () => {
    const unmarked = (text: string): number => text.split('\n').filter((line) => !line.startsWith('> ')).length;
    fc.assert(
      fc.property(facts, language, (one, spoken) => {
        const [other = one] = tame([one]);
        expect(unmarked(renderEmail(one, spoken).text)).toBe(unmarked(renderEmail(other, spoken).text));
      }),
      runs,
    );
  });

  test('no name becomes a tag or leaves its place: the tags are those of other names', () => {
    // Two parts that have the same name as their host are said in fewer words; a message has its own line breaks.
    const skeleton = (html: string) => tagsOf(html).filter((tag) => !/^<\/?(?:bdi|br)>$/.test(tag));
    fc.assert(
      fc.property(facts, language, (one, spoken) => {
        const [other = one] = tame([one]);
        expect(skeleton(renderEmail(one, spoken).html)).toEqual(skeleton(renderEmail(other, spoken).html));
        expect(skeleton(renderDigest([one], spoken).html)).toEqual(skeleton(renderDigest([other], spoken).html));
      }),
      runs,
    );
  });

  test('what is put into a text is not read for places again', () => {
    for (const key of keys) {
      for (const spoken of languages) {
        const braces = Array.from({ length: 6 }, () => '{payer} {amount} {nothing}');
        expect(renderEmail(replaced(examples[key], braces), spoken).text).toContain('{payer} {amount} {nothing}');
      }
    }
  });

  test('every subject and first line begin with what we say, and name whoever it is about', () => {
    fc.assert(
      fc.property(facts, language, (one, spoken) => {
        const { subject, text } = renderEmail(one, spoken);
        const [firstLine = ''] = text.split('\n');
        const name = one.about === 'webhook' ? one.host : one.payee.name;
        const long = oneLine(name, 120) || '–';
        const short = oneLine(name, 40) || '–';
        expect(subject).toContain(short);
        expect(firstLine).toContain(long);
        if (one.about === 'intent' || one.about === 'contribution') {
          expect(subject).toContain(moneyText(one.amount, catalogs[spoken]));
          expect(firstLine).toContain(moneyText(one.amount, catalogs[spoken]));
          expect(subject).toContain(oneLine(one.payer.name, 40) || '–');
          expect(firstLine).toContain(oneLine(one.payer.name, 120) || '–');
        }
        if (one.about === 'intent') {
          expect(subject).toContain(oneLine(one.purpose, 60) || '–');
          expect(firstLine).toContain(oneLine(one.purpose, 200) || '–');
        }
      }),
      runs,
    );
  });

  test('one line is what it is when it is made one line again', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 2, max: 300 }), (text, lengthMax) => {
        const once = oneLine(text, lengthMax);
        expect(once.length).toBeLessThanOrEqual(lengthMax);
        expect(oneLine(once, lengthMax)).toBe(once);
      }),
      runs,
    );
  });

  test('what is cut away first is not looked at', () => {
    expect(oneLine(`${'\u0351'.repeat(1_000_000)}${'a'.repeat(1_000_000)}`, 40).length).toBeLessThanOrEqual(40);
  });
});

describe('amounts', () => {
  test('read back exactly, whatever the language', () => {
    fc.assert(
      fc.property(money, language, (one, spoken) => {
        const text = moneyText(one, catalogs[spoken]);
        const [currency, number = ''] = text.split(' ');
        expect(currency).toBe(one.currency);
        expect(fromMajorUnits(number.replaceAll(',', ''), one.currency)).toBe(one.amount);
        expect(number.split('.')[1]?.length ?? 0).toBe(currencyExponent(one.currency));
      }),
      { numRuns: longer(300, 20_000) },
    );
  });

  test('sums larger than one command may name are exact too', () => {
    fc.assert(
      fc.property(fc.integer({ min: amountMax, max: Number.MAX_SAFE_INTEGER }), language, (amount, spoken) => {
        expect(moneyText({ amount, currency: 'JPY' }, catalogs[spoken]).replaceAll(',', '')).toBe(`JPY ${amount}`);
        expect(moneyText({ amount, currency: 'KWD' }, catalogs[spoken]).replace(/\D/g, '')).toBe(`${amount}`);
      }),
      runs,
    );
  });

  test('below nothing are refused wherever they stand', () => {
    const below = { amount: -1, currency: 'EUR' };
    const all = [
      { ...examples.late, amount: below },
      { ...examples.late, open: below },
      { ...examples.returned, lost: below },
      { ...examples.money_received, moved: below },
      { ...examples.charge_failed, amount: below },
      { ...examples.paused, own: { payer: { name: 'A', host: null }, amount: below, interval: 'once' } },
    ] as NoticeFacts[];
    for (const one of all) {
      for (const spoken of languages) {
        expect(() => renderEmail(one, spoken)).toThrow('no amount');
      }
    }
  });
});

test('the same facts make the same text, in whatever zone and order', () => {
  fc.assert(
    fc.property(facts, facts, language, (one, other, spoken) => {
      const first = renderEmail(one, spoken);
      renderEmail(other, spoken);
      expect(renderEmail(one, spoken)).toEqual(first);
    }),
    runs,
  );
});
