/** E-mail on this machine: each once, the newest first, on a page that runs nothing of what is in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepEmail, mailboxPage, readMailbox, SentEmail } from '../../local/mailbox.ts';

let dataFolder: string;
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'mailbox-'));
});
afterEach(() => rmSync(dataFolder, { recursive: true, force: true }));

const email = (id: string, subject: string) =>
  SentEmail.parse({
    FromEmailAddress: 'payments@host.example',
    Destination: { ToAddresses: ['bea@b.example'] },
    Content: {
      Simple: {
        Subject: { Data: subject, Charset: 'UTF-8' },
        Body: { Text: { Data: 'Text' }, Html: { Data: '<p onclick="x">"Hi"</p>' } },
        Headers: [{ Name: 'X-Entity-Ref-ID', Value: id }],
      },
    },
  });

test('is empty at first', () => {
  expect(readMailbox(dataFolder)).toEqual([]);
  expect(mailboxPage(dataFolder)).toContain('0 e-mails');
});

test('keeps what comes with the same id once, and shows the newest first', () => {
  const first = keepEmail(dataFolder, email('evt_1.acc_1', 'One'), 0);
  keepEmail(dataFolder, email('evt_2.acc_1', 'Two'), 1);
  expect(keepEmail(dataFolder, email('evt_1.acc_1', 'One, again'), 2)).toEqual(first);
  expect(readMailbox(dataFolder).map(({ id, subject, sentAt }) => [id, subject, sentAt])).toEqual([
    ['evt_2.acc_1', 'Two', '1970-01-01T00:00:00.001Z'],
    ['evt_1.acc_1', 'One', '1970-01-01T00:00:00.000Z'],
  ]);
});

test('shows what is in an e-mail as text, or in a frame that may do nothing', () => {
  keepEmail(dataFolder, email('evt_1.acc_1', '<script>alert(1)</script>'), 0);
  const page = mailboxPage(dataFolder);
  expect(page).not.toContain('<script');
  expect(page).toContain('<iframe sandbox=""');
  expect(page).toContain('srcdoc="&#60;p onclick=&#34;x&#34;&#62;');
});
