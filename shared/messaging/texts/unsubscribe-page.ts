/** The page behind a link to unsubscribe: what it ends, and a button that does so. No script, and nothing from elsewhere. */
import { createHash } from 'node:crypto';
import { type EmailKind, noticeRules, topics } from '../../domain/notification.ts';
import type { Language } from './facts.ts';
import { catalogs } from './phrases.ts';
import { colours } from './render.ts';
import { fill, html, Markup } from './rich.ts';

const { light, dark } = colours;

const style = `:root{color-scheme:light dark}body{margin:0;padding:24px 16px;background:${light.ground};color:${light.text};font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif}main{max-width:600px;margin:0 auto;overflow-wrap:anywhere}h1{font-size:22px;line-height:1.3}button{padding:12px 20px;border:0;border-radius:6px;background:${light.button};color:${light.onButton};font:inherit;font-weight:600;cursor:pointer}:focus-visible{outline:3px solid ${light.link};outline-offset:2px}@media (prefers-color-scheme:dark){body{background:${dark.ground};color:${dark.text}}button{background:${dark.button};color:${dark.onButton}}:focus-visible{outline-color:${dark.link}}}`;

/** Nothing is fetched, nothing is run, only this very style sheet applies, and the button leads back here and nowhere else. */
export const unsubscribeContentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export type UnsubscribePage = {
  readonly kind: EmailKind;
  readonly language: Language;
  /** Whether it is done, or asked. */
  readonly isDone: boolean;
};

export function renderUnsubscribePage({ kind, language, isDone }: UnsubscribePage): string {
  const { locale, listSeparator, topics: texts, unsubscribe } = catalogs[language];
  const said = unsubscribe[isDone ? 'done' : 'asked'];
  const required = topics.filter((topic) => noticeRules[topic].isRequired).map((topic) => texts[topic].headline);
  const about =
    kind === 'daily'
      ? fill(said.daily, { required: required.join(listSeparator) })
      : fill(said.topic, { topic: texts[kind].headline });
  // Without an address of its own the form goes to that of the page.
  const form = html`<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>${unsubscribe.button}</button></form>
`;
  return html`<!doctype html>
<html lang="${locale}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${said.title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<h1>${said.title}</h1>
<p>${about}</p>
<p>${unsubscribe.besides}</p>
${isDone ? new Markup('') : form}</main>
</body>
</html>
`.html;
}
