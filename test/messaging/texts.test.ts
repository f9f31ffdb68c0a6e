/** The texts that people get, to be read through: `__snapshots__/texts.test.ts.snap`. */
import { describe, expect, test } from '@jest/globals';
import { digestMax } from '../../shared/application/digests.ts';
import { currencyCodes } from '../../shared/domain/money.ts';
import { noticeRules, type Place, topics } from '../../shared/domain/notification.ts';
import { intentTypes } from '../../shared/domain/payment-intent.ts';
import type { Catalog } from '../../shared/messaging/texts/catalog.ts';
import { type IntentFacts, languages, type NoticeFacts } from '../../shared/messaging/texts/facts.ts';
import { asksToAct, catalogs, moneyText, textKeyOf } from '../../shared/messaging/texts/phrases.ts';
import {
  colours,
  digestItemsMax,
  type Email,
  renderDigest,
  renderEmail,
  renderLine,
} from '../../shared/messaging/texts/render.ts';
import { linkTo, oneLine } from '../../shared/messaging/texts/rich.ts';
import { examples, keys } from './facts.ts';

/** A snapshot is text, not a quoted string. */
class Page {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
expect.addSnapshotSerializer({
  test: (value) => value instanceof Page,
  serialize: (value) => (value as Page).text,
});

const body = (html: string): string =>
  html.slice(html.indexOf('<main'), html.indexOf('</body>')).replaceAll(/ style="[^"]*"/g, '');

const shown = (facts: NoticeFacts, language: (typeof languages)[number]): Page => {
  const { subject, text, html } = renderEmail(facts, language);
  return new Page(
    ['LINE', renderLine(facts, language), '\nSUBJECT', subject, '\nTEXT', text, 'HTML', body(html)].join('\n'),
  );
};

const both = keys.flatMap((key) => languages.map((language) => ({ key, language })));
const grant = examples.to_send as IntentFacts;
const list = keys.map((key) => examples[key]);

describe('what people read', () => {
  test.each(both)('$key in $language', ({ key, language }) => {
    expect(shown(examples[key], language)).toMatchSnapshot();
  });

  test.each(languages)('what each type of intent is called in %s', (language) => {
    const texts = intentTypes.map((type) => {
      const { subject, text } = renderEmail({ ...grant, type }, language);
      return `${subject}\n${text.split('\n').find((line) => line.startsWith(catalogs[language].labels.nature)) ?? ''}\n`;
    });
    expect(new Page(texts.join('\n'))).toMatchSnapshot();
  });

  test.each(languages)('what each place has to do in %s', (language) => {
    const { topics: texts, nothingToDo } = catalogs[language];
    const places = keys.flatMap((key) => {
      const { next } = texts[key];
      return [
        `${key}`,
        ...Object.entries({ ...next, others: nothingToDo }).map(([place, step]) => `  ${place}: ${step}`),
      ];
    });
    expect(new Page(places.join('\n'))).toMatchSnapshot();
  });

  test.each(languages)('a whole page in %s', (language) => {
    expect(new Page(renderEmail(examples.money_sent, language).html)).toMatchSnapshot();
  });

  test.each(languages)('a summary in %s', (language) => {
    const { subject, text, html } = renderDigest(list.slice(0, 9), language);
    expect(new Page(['SUBJECT', subject, '\nTEXT', text, 'HTML', body(html)].join('\n'))).toMatchSnapshot();
  });

  test.each(languages)('amounts in %s', (language) => {
    const amounts = ['JPY', 'USD', 'KWD', 'CLF', 'ISK', 'IQD', 'UYW'].flatMap((currency) =>
      [0, 1, 1250, 999_999_999_999].map((amount) => moneyText({ amount, currency }, catalogs[language])),
    );
    expect(new Page(amounts.join('\n'))).toMatchSnapshot();
  });
});

describe('what has to be in it', () => {
  test.each(both)(
    '$key in $language: subject and first line name payer, its host, payee, amount, purpose, or the endpoint',
    ({ key, language }) => {
      const facts = examples[key];
      const { subject, text, html } = renderEmail(facts, language);
      const [firstLine = ''] = text.split('\n');
      const payment = facts.about === 'hold' ? facts.own : facts.about === 'webhook' ? null : facts;
      const parts = [
        ...(facts.about === 'webhook' ? [facts.description, facts.urlHost, facts.host] : [facts.payee.name]),
        ...(payment === null
          ? []
          : [payment.payer.name, payment.payer.host, moneyText(payment.amount, catalogs[language])]),
        ...(facts.about === 'intent' ? [facts.purpose] : []),
      ].filter((part) => part !== null);
      for (const part of parts) {
        expect(subject).toContain(part);
        expect(firstLine).toContain(part);
        expect(renderLine(facts, language)).toContain(part);
        expect(html).toContain(part);
      }
      expect(firstLine).toContain(
        catalogs[language].topics[key].next[facts.recipient.place] ?? catalogs[language].nothingToDo,
      );
      expect(firstLine).toContain((facts.about === 'webhook' ? facts.host : facts.payee.host) ?? '');
      expect(text).toContain(facts.links.subject);
      expect(text).toContain(facts.links.settings);
    },
  );

  test.each(both)('$key in $language: the example is one for this text', ({ key, language }) => {
    expect(textKeyOf(examples[key])).toBe(key);
    expect(renderLine(examples[key], language)).toContain(catalogs[language].topics[key].headline);
  });

  test.each(languages)('no two topics have the same subject in %s, whatever they are about', (language) => {
    const headlines = keys.map((key) => catalogs[language].topics[key].headline);
    expect(new Set(headlines).size).toBe(keys.length);
    expect(new Set(list.map((facts) => renderEmail(facts, language).subject)).size).toBe(list.length);
  });

  test.each(languages)(
    'a gift says in %s that it is a transfer of funds, in the subject too; a fee does not',
    (language) => {
      const words = { en: 'transfer of funds', zh: '资金划转' }[language];
      const isTransfer = intentTypes.map((type) => {
        const { subject, text } = renderEmail({ ...grant, type }, language);
        expect(text.includes(words)).toBe(subject.includes(words));
        expect(text.split('\n')[0]?.includes(words)).toBe(subject.includes(words));
        return [type, subject.includes(words)];
      });
      expect(Object.fromEntries(isTransfer)).toEqual({
        expense: false,
        reimbursement: false,
        invoice: false,
        grant: true,
        contribution: true,
        transfer: true,
        added_funds: true,
        settlement: false,
        compensation: false,
        split: true,
      });
    },
  );

  test.each(languages)('whoever the table asks to act is told in %s what to do', (language) => {
    const lacking = topics.flatMap((topic) => {
      const { asksToAct: asks, audiences } = noticeRules[topic];
      // Reviewers are not in the table.
      const places: readonly Place[] =
        topic === 'approval_needed' ? ['payer', 'payer_host', 'payee_host'] : audiences.map(({ place }) => place);
      return asks
        ? places
            .filter((place) => catalogs[language].topics[topic].next[place] === undefined)
            .map((place) => `${topic} ${place}`)
        : [];
    });
    expect(lacking).toEqual([]);
  });
});

describe('the two languages', () => {
  const leaves = (value: unknown, path = ''): readonly (readonly [string, string])[] =>
    typeof value === 'string'
      ? [[path, value]]
      : Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
  const placesIn = (template: string): readonly string[] =>
    [...new Set([...template.matchAll(/\{(\w+)\}/g)].map(([place]) => place))].toSorted((one, other) =>
      one < other ? -1 : 1,
    );
  const templates = (catalog: Catalog) =>
    Object.fromEntries(leaves(catalog).map(([path, template]) => [path, placesIn(template)]));

  test('have the same texts, with the same places to fill', () => {
    // Of what is one and what is many, only the number may be written out.
    expect(templates(catalogs.zh)).toEqual(templates(catalogs.en));
  });

  test('leave nothing empty, and nothing in the other language', () => {
    for (const [path, text] of leaves(catalogs.en)) {
      expect([path, text]).toEqual([path, expect.stringMatching(/^[^\p{Script=Han}]+$/u)]);
    }
    for (const [path, text] of leaves(catalogs.zh).filter(([name]) => name !== '.locale')) {
      expect([path, text.replaceAll(/\{\w+\}/g, '')]).toEqual([path, expect.stringMatching(/^[^A-Za-z]*$/)]);
    }
  });

  test('end every sentence', () => {
    const sentences = (catalog: Catalog) => [
      ...Object.values(catalog.topics).flatMap(({ lead, next }) => [lead, ...Object.values(next)]),
      ...Object.values(catalog.because),
      ...Object.values(catalog.types).map(({ nature }) => nature),
      catalog.nothingToDo,
    ];
    expect(sentences(catalogs.en).filter((text) => !text.endsWith('.'))).toEqual([]);
    expect(sentences(catalogs.zh).filter((text) => !text.endsWith('。'))).toEqual([]);
  });
});

describe('a summary', () => {
  test('has each notice once, what is to be done first', () => {
    const { text } = renderDigest(list, 'en');
    const places = list.map((facts) => text.indexOf(`- ${renderEmail(facts, 'en').subject}`));
    expect(places).not.toContain(-1);
    const toDo = places.filter((_, index) => asksToAct(list[index] ?? grant));
    const toKnow = places.filter((_, index) => !asksToAct(list[index] ?? grant));
    expect(Math.max(...toDo)).toBeLessThan(Math.min(...toKnow));
  });

  test('names a bounded number and says how many there are', () => {
    const { subject, text, html } = renderDigest(
      Array.from({ length: digestItemsMax + 7 }, () => grant),
      'en',
    );
    expect(subject).toBe('Your summary: 57 things to do, 0 for your information');
    expect(text.match(/^- /gm)).toHaveLength(digestItemsMax);
    expect(html.match(/<li/g)).toHaveLength(digestItemsMax);
    expect(text).toContain('And 7 more in your inbox.');
  });

  test('has room for all that is sent in one', () => {
    expect(digestMax).toBeLessThanOrEqual(digestItemsMax);
  });

  test('of nothing is a mistake', () => {
    expect(() => renderDigest([], 'en')).toThrow('nothing');
  });
});

describe('what is refused', () => {
  test.each([-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1])('%p is no amount', (amount) => {
    const facts = { ...grant, amount: { amount, currency: 'USD' } };
    expect(() => renderEmail(facts, 'en')).toThrow('no amount');
    expect(() => renderLine(facts, 'zh')).toThrow('no amount');
  });

  test('an unknown currency is none', () => {
    expect(() => renderLine({ ...grant, amount: { amount: 1, currency: 'XYZ' } }, 'en')).toThrow('XYZ');
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://example.org',
    '//example.org',
    'https://user:secret@example.org',
    'payment-intents/1',
    '',
  ])('%p is not linked to', (address) => {
    expect(() => linkTo(address)).toThrow();
    expect(() => renderEmail({ ...grant, links: { ...grant.links, subject: address } }, 'en')).toThrow();
    expect(() => renderDigest([{ ...grant, links: { ...grant.links, settings: address } }], 'en')).toThrow();
  });

  test('an address cannot leave its attribute', () => {
    const subject = 'https://example.org/?q="><script>&x=\'\n';
    expect(renderEmail({ ...grant, links: { ...grant.links, subject } }, 'en').html).toContain(
      'href="https://example.org/?q=%22%3E%3Cscript%3E&amp;x=%27"',
    );
  });
});

describe('given text', () => {
  test.each([
    ['Zoë  Müller\n', 'Zoë Müller'],
    ['a\r\nBcc: x@example.org', 'a Bcc: x@example.org'],
    ['in\u202evoice\u202c', 'invoice'],
    ['\u2066x\u2069\u200f\u200b\ufeff', 'x'],
    ['a\u2028b\u0085c\u0000d', 'a b c d'],
    ['x\ud800y', 'xy'],
    ['flag\u{e0067}\u{e007f}', 'flag'],
    ['می‌خواهم', 'می‌خواهم'],
    ['👩‍👧', '👩‍👧'],
    ['e\u0301', 'é'],
    [`Z${'\u0351'.repeat(500)}!`, `Z${'\u0351'.repeat(6)}!`],
    [' '.repeat(300), ''],
  ])('%j is shown as %j', (from, to) => {
    expect(oneLine(from, 100)).toBe(to);
  });

  test('is cut between characters', () => {
    expect(oneLine('👩‍👧'.repeat(10), 12)).toBe(`${'👩‍👧'.repeat(2)}…`);
    expect(oneLine('abcdef', 6)).toBe('abcdef');
    expect(oneLine('abcdefg', 6)).toBe('abcde…');
  });
});

describe('the page', () => {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one: string, other: string): number => {
    const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  };

  test.each(Object.entries(colours))(
    'has enough contrast in %s',
    (_, { text, quiet, ground, link, button, onButton }) => {
      for (const colour of [text, quiet, link]) {
        expect(contrast(colour, ground)).toBeGreaterThanOrEqual(4.5);
      }
      expect(contrast(button, onButton)).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(both)('$key in $language loads nothing from anywhere and says its language', ({ key, language }) => {
    const { html }: Email = renderEmail(examples[key], language);
    expect(html).not.toMatch(/<(?:img|script|link|iframe|object|form)\b|url\(|@import| src=/i);
    expect(html).toMatch({ en: /<html lang="en-GB" dir="ltr">/, zh: /<html lang="zh-CN" dir="ltr">/ }[language]);
    expect(html.match(/<a class="button"/g)).toHaveLength(1);
  });
});

test('every currency is named by its code and has its places', () => {
  for (const currency of currencyCodes) {
    for (const language of languages) {
      expect(moneyText({ amount: 123_456_789_012, currency }, catalogs[language])).toMatch(
        new RegExp(`^${currency} [\\d,.]+$`),
      );
    }
  }
});
