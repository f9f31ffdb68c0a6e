import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileWhole } from './files.ts';

/** Where e-mail goes on this machine: one JSON file per message, named so that their order is the order of sending. */
const mailboxFolder = (dataFolder: string): string => join(dataFolder, 'mailbox');

/** Below this the local API stands in for Amazon SES. */
export const mailServicePath = '/_local/ses';

/** What makes the SDK send e-mail here, and functions send any. */
export const mailEnvironment = (baseUrl: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL_SESV2: `${baseUrl}${mailServicePath}`,
  MAIL_FROM: 'payment-intents@localhost.example',
});

export const StoredEmail = z.object({
  id: z.string(),
  sentAt: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  headers: z.record(z.string(), z.string()),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
});
export type StoredEmail = z.infer<typeof StoredEmail>;

const Part = z.object({ Data: z.string() });

/** The part of `SendEmail` that functions here use. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
export const SentEmail = z.object({
  FromEmailAddress: z.string(),
  Destination: z.object({ ToAddresses: z.array(z.string()).min(1) }),
  Content: z.object({
    Simple: z.object({
      Subject: Part,
      Body: z.object({ Text: Part, Html: Part }),
      Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
    }),
  }),
});

/** The header by which two copies of one e-mail are known as such: the second is not kept. */
const idHeader = 'X-Entity-Ref-ID';

export const keepEmail = (dataFolder: string, email: z.infer<typeof SentEmail>, now: number): { MessageId: string } => {
  const { Subject, Body, Headers } = email.Content.Simple;
  const headers = Object.fromEntries(Headers.map(({ Name, Value }) => [Name, Value]));
  const id = headers[idHeader] ?? randomUUID();
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 16);
  const folder = mailboxFolder(dataFolder);
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder);
  if (!names.some((name) => name.endsWith(`-${digest}.json`))) {
    const stored: StoredEmail = {
      id,
      sentAt: new Date(now).toISOString(),
      from: email.FromEmailAddress,
      to: email.Destination.ToAddresses,
      headers,
      subject: Subject.Data,
      text: Body.Text.Data,
      html: Body.Html.Data,
    };
    const place = String(names.length).padStart(8, '0');
    writeFileWhole(join(folder, `${place}-${digest}.json`), JSON.stringify(stored, undefined, 2));
  }
  return { MessageId: digest };
};

/** The newest first. */
export const readMailbox = (dataFolder: string): readonly StoredEmail[] => {
  const folder = mailboxFolder(dataFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .toReversed()
    .map((name) => StoredEmail.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
};

/** Enough for a page; all of it is in the JSON list. */
const shownMax = 100;

/** Each e-mail as whoever gets it sees it: in a frame that may neither run scripts nor load anything. */
export const mailboxPage = (dataFolder: string): string => {
  const emails = readMailbox(dataFolder);
  const shown = emails.slice(0, shownMax).map(
    ({ to, from, sentAt, subject, html, text }) => `<details>
<summary><b>${escaped(subject)}</b><br>to ${escaped(to.join(', '))} · ${escaped(sentAt)}</summary>
<p>From ${escaped(from)}</p>
<iframe sandbox="" title="${escaped(subject)}" srcdoc="${escaped(html)}"></iframe>
<pre>${escaped(text)}</pre>
</details>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mailbox</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
details { border-top: 1px solid #ccc; padding: .5rem 0 }
summary { cursor: pointer }
iframe { width: 100%; height: 30rem; border: 1px solid #ccc }
pre { white-space: pre-wrap; background: #f4f4f4; padding: 1rem }
</style>
<h1>Mailbox</h1>
<p>${emails.length} e-mails, the newest first; nothing has left this machine.</p>
${shown.join('\n')}
</html>
`;
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
