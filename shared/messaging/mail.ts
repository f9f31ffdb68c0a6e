/** E-mail through Amazon SES, which builds the message; on a developer's machine the SDK is given another address for it. */
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Email, Mailer } from '../application/notification-ports.ts';

export type MailerOptions = {
  /** The address that e-mail comes from: of an identity that SES has verified. */
  readonly from: string;
  readonly client?: Pick<SESv2Client, 'send'>;
};

export function createMailer({ from, client = new SESv2Client({ maxAttempts: 3 }) }: MailerOptions): Mailer {
  return {
    async send(email) {
      await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [oneAddress(email.to)] },
          Content: {
            Simple: {
              Subject: { Data: oneLine(email.subject), Charset: 'UTF-8' },
              Body: {
                Text: { Data: email.text, Charset: 'UTF-8' },
                Html: { Data: email.html, Charset: 'UTF-8' },
              },
              Headers: headersOf(email),
            },
          },
        }),
      );
    },
  };
}

/**
 * SES gives each message a Message-ID of its own, whatever it is asked for, so ours goes beside it: two copies of one e-mail, after
 * a crash between sending and writing it down, have the same.
 */
const headersOf = ({ messageId, unsubscribe }: Email) => [
  { Name: 'X-Entity-Ref-ID', Value: oneLine(messageId) },
  ...(unsubscribe === null
    ? []
    : [
        { Name: 'List-Unsubscribe', Value: `<${oneLine(unsubscribe)}>` },
        // That the link takes a POST from a mail program, and is no page to be opened alone (RFC 8058).
        { Name: 'List-Unsubscribe-Post', Value: 'List-Unsubscribe=One-Click' },
      ]),
];

/** What becomes a header has no second line, and so no other header. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

/** @throws for what is several addresses, or none */
function oneAddress(text: string): string {
  if (!/^[^\s<>,;:"()[\]\\@]+@[^\s<>,;:"()[\]\\@]+$/.test(text)) {
    throw new Error('That is not one e-mail address.');
  }
  return text;
}
