/** An e-mail on its way to SES: what its headers are, and that nothing that people write becomes one. */
import { expect, test } from '@jest/globals';
import type { Email } from '../../shared/application/notification-ports.ts';
import { createMailer } from '../../shared/messaging/mail.ts';

const email: Email = {
  messageId: 'evt_1.acc_1',
  to: 'bea@b.example',
  subject: 'To confirm on arrival',
  text: 'Text',
  html: '<p>Text</p>',
  unsubscribe: 'https://pay.example/v1/unsubscribe/acc_1.late.seal',
};

async function sent(change: Partial<Email>) {
  const inputs: unknown[] = [];
  const client = {
    send: async ({ input }: { readonly input: unknown }) => {
      inputs.push(input);
      return {};
    },
  } as never;
  await createMailer({ from: 'payments@host.example', client }).send({ ...email, ...change });
  return inputs[0];
}

test('has the id of the event and the person, and where to unsubscribe with one click (RFC 8058)', async () => {
  expect(await sent({})).toMatchObject({
    FromEmailAddress: 'payments@host.example',
    Destination: { ToAddresses: ['bea@b.example'] },
    Content: {
      Simple: {
        Subject: { Data: 'To confirm on arrival', Charset: 'UTF-8' },
        Headers: [
          { Name: 'X-Entity-Ref-ID', Value: 'evt_1.acc_1' },
          { Name: 'List-Unsubscribe', Value: '<https://pay.example/v1/unsubscribe/acc_1.late.seal>' },
          { Name: 'List-Unsubscribe-Post', Value: 'List-Unsubscribe=One-Click' },
        ],
      },
    },
  });
});

test('of what is required has nowhere to unsubscribe', async () => {
  expect(JSON.stringify(await sent({ unsubscribe: null }))).not.toContain('List-Unsubscribe');
});

test.each(['A\r\nBcc: all@b.example', 'A\nBcc: all@b.example', 'A\u2028Bcc: all@b.example'])(
  'has one line for a subject: %j',
  async (subject) => {
    expect(await sent({ subject })).toMatchObject({
      Content: { Simple: { Subject: { Data: 'A Bcc: all@b.example' } } },
    });
  },
);

test.each(['a@b.example,c@d.example', 'a@b.example\nc@d.example', '<a@b.example>', 'a b@c.example', 'nobody', ''])(
  'is not sent to %j',
  async (to) => {
    await expect(sent({ to })).rejects.toThrow('not one e-mail address');
  },
);
