/** Links in e-mails that end the e-mails of a kind, for people and for mail programs (RFC 8058). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { unsubscribeKey } from '../../functions/dependencies.ts';
import { unsubscribeToken } from '../../shared/application/unsubscribe.ts';
import { type EmailKind, noticeRules, topics } from '../../shared/domain/notification.ts';
import { unsubscribeContentSecurityPolicy } from '../../shared/messaging/texts/unsubscribe-page.ts';
import { type Api, type RawRequest, type Reply, startApi } from '../support/http.ts';

let api: Api;
let people = 0;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const somebody = (): Promise<string> => {
  people += 1;
  return api.person(`Person ${people}`);
};
const tokenFor = async (userId: string, kind: EmailKind): Promise<string> =>
  unsubscribeToken(await unsubscribeKey(), { userId, kind });
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const oneClick = { headers: form, body: 'List-Unsubscribe=One-Click' };

const post = (token: string, given: Partial<RawRequest> = oneClick): Promise<Reply> =>
  api.send({ operation: 'unsubscribe', params: { token }, ...given });
const get = (token: string): Promise<Reply> => api.send({ operation: 'lookAtUnsubscribing', params: { token } });
const preferencesOf = (as: string) => api.ok('getOwnPreferences', { as });
const off = (topic: string) => ({ topic, channel: 'email', choice: 'off' });

test('one click ends the e-mails of the topic and leaves everything else as it was chosen', async () => {
  const userId = await somebody();
  const body = { language: 'zh', rules: [{ channel: 'inbox', choice: 'off' }] } as const;
  await api.ok('putOwnPreferences', { as: userId, body });
  const token = await tokenFor(userId, 'canceled');
  for (let time = 0; time < 2; time += 1) {
    expect(await post(token)).toMatchObject({ status: 200 });
    expect(await preferencesOf(userId)).toEqual({ language: 'zh', rules: [...body.rules, off('canceled')] });
  }
});

test.each<[string, Partial<RawRequest>]>([
  ['the form of the page', oneClick],
  [
    'a gateway that encodes forms',
    { ...oneClick, body: Buffer.from(oneClick.body).toString('base64'), isBase64Encoded: true },
  ],
  ['a form of several parts', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }],
  ['nothing', {}],
  ['an empty text', { headers: {}, body: '' }],
])('one click is taken with %s', async (_what, given) => {
  const userId = await somebody();
  expect(await post(await tokenFor(userId, 'late'), given)).toMatchObject({ status: 200 });
  expect((await preferencesOf(userId)).rules).toEqual([off('late')]);
});

test('the link of the e-mail of the day ends the e-mails of all that is not required', async () => {
  const userId = await somebody();
  await post(await tokenFor(userId, 'daily'));
  const optional = topics.filter((topic) => !noticeRules[topic].isRequired);
  expect((await preferencesOf(userId)).rules).toEqual(optional.map(off));
});

test('to follow the link shows a page that asks, and changes nothing', async () => {
  const userId = await somebody();
  const token = await tokenFor(userId, 'late');
  const before = await api.contents();
  const { status, headers, body } = await get(token);
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': unsubscribeContentSecurityPolicy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  expect(body).toContain('<form method="post">');
  expect(body).toContain('“Late”');
  expect(await api.contents()).toEqual(before);
});

test('the page is in the language that the person is written to in', async () => {
  const userId = await somebody();
  await api.ok('putOwnPreferences', { as: userId, body: { language: 'zh', rules: [] } });
  const token = await tokenFor(userId, 'daily');
  expect((await get(token)).body).toContain('<html lang="zh-CN"');
  expect((await post(token)).body).toContain('<html lang="zh-CN"');
});

test('a link that is forged, changed, not whole or of what is required is not there, and changes nothing', async () => {
  const userId = await somebody();
  const token = await tokenFor(userId, 'late');
  const other = await tokenFor(await somebody(), 'late');
  const before = await api.contents();
  const wrong = [
    unsubscribeToken(new Uint8Array(32), { userId, kind: 'late' }),
    token.replace('.late.', '.expired.'),
    `${other.slice(0, other.lastIndexOf('.'))}${token.slice(token.lastIndexOf('.'))}`,
    token.slice(0, -1),
    `${token}=`,
    token.toUpperCase(),
    'nonsense',
    '%00',
    await tokenFor(userId, 'money_sent'),
  ];
  for (const each of wrong) {
    for (const asked of [post, get]) {
      const { status, headers, body } = await asked(each);
      expect([each, status, headers['content-type']]).toEqual([each, 404, 'application/problem+json']);
      expect(body).toMatchObject({ type: '/problems/not-found' });
    }
  }
  expect(await api.contents()).toEqual(before);
});

test('no token of a sign-in makes a difference: the link says whose e-mails they are', async () => {
  const [userId, stranger] = [await somebody(), await somebody()];
  const authorizer = { identity: JSON.stringify({ userId: stranger }) };
  await post(await tokenFor(userId, 'late'), { ...oneClick, authorizer });
  expect((await preferencesOf(userId)).rules).toEqual([off('late')]);
  expect((await preferencesOf(stranger)).rules).toEqual([]);
});
