/** The page behind a link to unsubscribe, in both languages. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { noticeRules, topics } from '../../shared/domain/notification.ts';
import { languages } from '../../shared/messaging/texts/facts.ts';
import { catalogs } from '../../shared/messaging/texts/phrases.ts';
import {
  renderUnsubscribePage,
  unsubscribeContentSecurityPolicy,
} from '../../shared/messaging/texts/unsubscribe-page.ts';

const kinds = [...topics.filter((topic) => !noticeRules[topic].isRequired), 'daily' as const];
const all = languages.flatMap((language) => kinds.map((kind) => ({ language, kind })));

test.each(all)(
  'of $kind in $language says what it is about, asks first, and has no button when it is done',
  (given) => {
    const catalog = catalogs[given.language];
    const [asks, says] = [false, true].map((isDone) => renderUnsubscribePage({ ...given, isDone })) as [string, string];
    for (const page of [asks, says]) {
      expect(page).toContain(`<html lang="${catalog.locale}"`);
      const named = given.kind === 'daily' ? topics.filter((topic) => noticeRules[topic].isRequired) : [given.kind];
      for (const topic of named) expect(page).toContain(catalog.topics[topic].headline);
      expect(page).not.toMatch(/[{}]\w+}/);
    }
    expect(asks).toContain(`<button>${catalog.unsubscribe.button}</button>`);
    expect(says).not.toContain('<form');
  },
);

test('needs nothing but itself: no script, nothing from elsewhere, only its own style, and leads nowhere else', () => {
  const page = renderUnsubscribePage({ kind: 'late', language: 'en', isDone: false });
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|style="|javascript:|url\(|https?:|action=/i);
  const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(unsubscribeContentSecurityPolicy).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  );
});
