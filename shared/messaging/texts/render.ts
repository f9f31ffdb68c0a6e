/** From facts to an e-mail, to a line in the inbox, and to a summary of several. Nothing here knows the time or the network. */
import type { Catalog } from './catalog.ts';
import type { Language, NoticeFacts } from './facts.ts';
import {
  asksToAct,
  catalogs,
  counted,
  firstLine,
  headingText,
  headlineText,
  messageTitle,
  nextStep,
  openText,
  type Row,
  rowsOf,
  sizes,
} from './phrases.ts';
import { asText, fill, given, html, linkTo, Markup, type Rich, severalLines } from './rich.ts';

export type Email = { readonly subject: string; readonly text: string; readonly html: string };

/** Far above any real subject (names and purpose are cut before): a guard, because it becomes a header. */
export const subjectLengthMax = 320;
/** A summary names so many of each kind; the rest is in the inbox. */
export const digestItemsMax = 50;

const messageLengthMax = 2000;
const messageLinesMax = 40;

/** @returns one line for the inbox: what happened or is to be done, amount, payer and its host, payee, purpose */
export const renderLine = (facts: NoticeFacts, language: Language): string =>
  asText(headingText(facts, sizes.line, catalogs[language]));

/** @returns subject, text and HTML; the subject is one line without control characters, the first line names everything */
export function renderEmail(facts: NoticeFacts, language: Language): Email {
  const catalog = catalogs[language];
  const subject = asText(headingText(facts, sizes.subject, catalog));
  const lead = firstLine(facts, catalog);
  const rows = rowsOf(facts, catalog);
  const message = messageOf(facts, catalog);
  const link = linkTo(facts.links.subject);
  const open = openText(facts, catalog);
  return {
    subject,
    text: blocks([
      [asText(lead)],
      [`${open}${catalog.labelSeparator}${link}`],
      rows.map(({ label, value }) => `${label}${catalog.labelSeparator}${asText(value)}`),
      // Marked line by line, so that what somebody wrote is not taken for what we say.
      message === undefined ? [] : [asText(message.title), ...message.lines.map((line) => `> ${line}`)],
      footerText(facts, catalog),
    ]),
    html: page(
      catalog,
      subject,
      html`<h1 style="${styles.heading}">${headlineText(facts, catalog)}</h1>
<p style="${styles.paragraph}">${lead}</p>
<p style="${styles.paragraph}"><a class="button" href="${link}" style="${styles.button}">${open}</a></p>
${table(rows)}
${message === undefined ? nothing : quote(message)}
${footerHtml(facts, catalog)}`,
    ),
  };
}

/**
 * Several in one e-mail: first what is to be done, then what is only to be known, each in the order given.
 * @param list all for one person; at least one
 */
export function renderDigest(list: readonly NoticeFacts[], language: Language): Email {
  const [first] = list;
  if (first === undefined) {
    throw new Error('There is no summary of nothing.');
  }
  const catalog = catalogs[language];
  const toDo = list.filter(asksToAct);
  const toKnow = list.filter((facts) => !asksToAct(facts));
  const subject = asText(
    fill(catalog.digest.subject, {
      toDo: counted(catalog.digest.toDo, toDo.length, catalog),
      toKnow: counted(catalog.digest.toKnow, toKnow.length, catalog),
    }),
  );
  const sections = [
    { title: counted(catalog.digest.toDo, toDo.length, catalog), items: toDo },
    { title: counted(catalog.digest.toKnow, toKnow.length, catalog), items: toKnow },
  ].filter(({ items }) => items.length > 0);
  return {
    subject,
    text: blocks([
      [subject],
      ...sections.flatMap(({ title, items }) => [
        [asText(title)],
        ...items.slice(0, digestItemsMax).map((facts) => [itemText(facts, catalog)]),
        moreThan(items, catalog).map(asText),
      ]),
      footerText(first, catalog),
    ]),
    html: page(
      catalog,
      subject,
      html`<h1 style="${styles.heading}">${subject}</h1>
${sections.map(({ title, items }) => sectionHtml(title, items, catalog))}
${footerHtml(first, catalog)}`,
    ),
  };
}

// --- Parts -----------------------------------------------------------------------------------------------------------

const blocks = (all: readonly (readonly string[])[]): string =>
  `${all
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;

type Message = { readonly title: Rich; readonly lines: readonly string[] };

/** What the owner of a hold has to say to those who give. */
function messageOf(facts: NoticeFacts, catalog: Catalog): Message | undefined {
  if (facts.about !== 'hold' || facts.message === null) {
    return undefined;
  }
  const lines = severalLines(facts.message, messageLengthMax, messageLinesMax);
  return lines.length === 0 ? undefined : { title: messageTitle(facts, catalog), lines };
}

const whyTold = ({ recipient: { name, place } }: NoticeFacts, catalog: Catalog): Rich =>
  fill(catalog.forRecipient, { name: given(name, sizes.row.name), because: catalog.because[place] });

const footerText = (facts: NoticeFacts, catalog: Catalog): readonly string[] => [
  asText(whyTold(facts, catalog)),
  `${catalog.settings}${catalog.labelSeparator}${linkTo(facts.links.settings)}`,
];

const footerHtml = (facts: NoticeFacts, catalog: Catalog): Markup =>
  html`<p class="quiet" style="${styles.footer}">${whyTold(facts, catalog)}<br>
<a class="link" href="${linkTo(facts.links.settings)}" style="${styles.link}">${catalog.settings}</a></p>`;

const table = (rows: readonly Row[]): Markup =>
  html`<table style="${styles.table}">
${rows.map(
  ({ label, value }) =>
    html`<tr><th class="quiet" scope="row" style="${styles.label}">${label}</th><td style="${styles.value}">${value}</td></tr>
`,
)}</table>`;

const quote = ({ title, lines }: Message): Markup =>
  html`<p style="${styles.paragraph}">${title}</p>
<blockquote style="${styles.quote}">${lines.map(
    (line, index) => html`${index === 0 ? nothing : lineBreak}${given(line, messageLengthMax)}`,
  )}</blockquote>`;

const itemText = (facts: NoticeFacts, catalog: Catalog): string =>
  [
    `- ${asText(headingText(facts, sizes.subject, catalog))}`,
    ...nextStep(facts, catalog).map((next) => `  ${asText(next)}`),
    `  ${linkTo(facts.links.subject)}`,
  ].join('\n');

const sectionHtml = (title: Rich, items: readonly NoticeFacts[], catalog: Catalog): Markup =>
  html`<h2 style="${styles.subheading}">${title}</h2>
<ul style="${styles.list}">
${items.slice(0, digestItemsMax).map(
  (facts) =>
    html`<li style="${styles.item}"><a class="link" href="${linkTo(facts.links.subject)}" style="${styles.link}">${headingText(facts, sizes.subject, catalog)}</a>${nextStep(
      facts,
      catalog,
    ).map(
      (next) => html`<br>
${next}`,
    )}</li>
`,
)}</ul>
${moreThan(items, catalog).map((more) => html`<p style="${styles.paragraph}">${more}</p>`)}`;

const moreThan = (items: readonly NoticeFacts[], catalog: Catalog): readonly Rich[] =>
  items.length > digestItemsMax ? [counted(catalog.digest.more, items.length - digestItemsMax, catalog)] : [];

// --- The page --------------------------------------------------------------------------------------------------------

const nothing = new Markup('');
const lineBreak = new Markup('<br>\n');

/** Each pair of colours has a contrast of at least 4.5 (WCAG 2.2 AA). */
export const colours = {
  light: {
    text: '#1b1f24',
    quiet: '#57606a',
    ground: '#ffffff',
    link: '#0b57b0',
    button: '#0b57b0',
    onButton: '#ffffff',
  },
  dark: {
    text: '#e8eaed',
    quiet: '#a9b1ba',
    ground: '#15181c',
    link: '#8ab4f8',
    button: '#8ab4f8',
    onButton: '#15181c',
  },
} as const;

const { light, dark } = colours;

/** Inline, because many readers of mail drop style sheets; only the dark colours need one. */
const styles = {
  body: `margin:0;padding:24px 16px;background-color:${light.ground};color:${light.text};font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif`,
  main: 'max-width:600px;margin:0 auto;overflow-wrap:anywhere',
  heading: 'margin:0 0 16px;font-size:22px;line-height:1.3',
  subheading: 'margin:24px 0 8px;font-size:18px;line-height:1.3',
  paragraph: 'margin:0 0 16px',
  button: `display:inline-block;padding:12px 20px;border-radius:6px;background-color:${light.button};color:${light.onButton};font-weight:600;text-decoration:none`,
  table: 'margin:0 0 16px;border-collapse:collapse',
  label: `padding:4px 16px 4px 0;color:${light.quiet};font-weight:400;text-align:start;vertical-align:top`,
  value: 'padding:4px 0;vertical-align:top',
  quote: 'margin:0 0 16px;padding:0 0 0 16px;border-inline-start:4px solid #8a939e',
  list: 'margin:0 0 16px;padding:0 0 0 20px',
  item: 'margin:0 0 12px',
  footer: `margin:24px 0 0;color:${light.quiet};font-size:14px`,
  link: `color:${light.link}`,
} as const;

const darkColours = new Markup(
  `:root{color-scheme:light dark}@media (prefers-color-scheme:dark){` +
    `body{background-color:${dark.ground}!important;color:${dark.text}!important}` +
    `.quiet{color:${dark.quiet}!important}.link{color:${dark.link}!important}` +
    `.button{background-color:${dark.button}!important;color:${dark.onButton}!important}}`,
);

const page = ({ locale }: Catalog, title: string, content: Markup): string =>
  html`<!doctype html>
<html lang="${locale}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${title}</title>
<style>${darkColours}</style>
</head>
<body style="${styles.body}">
<main style="${styles.main}">
${content}
</main>
</body>
</html>
`.html;
