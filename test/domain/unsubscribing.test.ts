/** What somebody's own choices become when they want no more e-mails of a kind, and that it counts. */
import { describe, expect, test } from '@jest/globals';
import {
  choiceFor,
  type NotificationPreferences,
  noticeRules,
  type PersonalPreferences,
  preferencesAtFirst,
  type Topic,
  topics,
  topicsLeftBy,
  withoutEmail,
  withPersonal,
} from '../../shared/domain/notification.ts';

const userId = 'acc_1';
const optional = topics.filter((topic) => !noticeRules[topic].isRequired);
const required = topics.filter((topic) => noticeRules[topic].isRequired);
const of = (rules: PersonalPreferences['rules']): PersonalPreferences => ({ language: 'zh', rules });

const chosen = (
  preferences: PersonalPreferences,
  topic: Topic,
  channel: 'email' | 'inbox' = 'email',
  { host = preferencesAtFirst, accountId = null }: { host?: NotificationPreferences; accountId?: string | null } = {},
) => choiceFor(withPersonal(host, preferences, userId), { topic, channel, accountId, userId });

describe('without e-mails of a topic', () => {
  test('there are none of it, the inbox has it, and everything else is as it was', () => {
    const before = of([{ channel: 'email', choice: 'daily' }]);
    const after = withoutEmail(before, ['canceled']);
    expect(after).toEqual(of([...before.rules, { topic: 'canceled', channel: 'email', choice: 'off' }]));
    expect(chosen(after, 'canceled')).toBe('off');
    expect(chosen(after, 'canceled', 'inbox')).toBe('at_once');
    expect(chosen(after, 'expired')).toBe('daily');
  });

  test('what was chosen for its e-mails before is gone, and the rest of the choices stay in their order', () => {
    const kept = [
      { topic: 'canceled', choice: 'daily' },
      { topic: 'late', channel: 'email', choice: 'off' },
    ] as const;
    const before = of([kept[0], { topic: 'canceled', channel: 'email', choice: 'at_once' }, kept[1]]);
    expect(withoutEmail(before, ['canceled']).rules).toEqual([
      ...kept,
      { topic: 'canceled', channel: 'email', choice: 'off' },
    ]);
  });

  test('a second time changes nothing, and is told by that', () => {
    const once = withoutEmail(of([]), ['canceled', 'late']);
    expect(withoutEmail(once, ['canceled', 'late'])).toBe(once);
    expect(withoutEmail(once, ['late'])).toBe(once);
  });

  test('a choice that was taken back after it counts again until the next time', () => {
    const again = of([...withoutEmail(of([]), ['late']).rules, { topic: 'late', channel: 'email', choice: 'at_once' }]);
    expect(chosen(again, 'late')).toBe('at_once');
    expect(chosen(withoutEmail(again, ['late']), 'late')).toBe('off');
  });
});

test.each(optional)('the link of %s leaves that topic alone', (topic) => {
  expect(topicsLeftBy(topic)).toEqual([topic]);
});

test.each(required)('nobody leaves %s by a link: it is required', (topic) => {
  expect(topicsLeftBy(topic)).toEqual([]);
});

test('the link of the e-mail of the day leaves all that is not required', () => {
  expect(topicsLeftBy('daily')).toEqual(optional);
  const after = withoutEmail(of([{ topic: 'late', choice: 'at_once' }]), topicsLeftBy('daily'));
  for (const topic of topics)
    expect([topic, chosen(after, topic)]).toEqual([topic, noticeRules[topic].isRequired ? 'at_once' : 'off']);
});

describe('a host that has set something for one of its people at one of its collectives', () => {
  const host: NotificationPreferences = {
    laterAfterMinutes: 60,
    rules: [{ topic: 'canceled', channel: 'email', accountId: 'acc_2', userId, choice: 'at_once' }],
  };

  test('does not send e-mails to whoever wants none', () => {
    const after = withoutEmail(of([]), ['canceled']);
    for (const accountId of ['acc_2', 'acc_3', null]) {
      expect(chosen(after, 'canceled', 'email', { host, accountId })).toBe('off');
    }
  });

  test('is heard where they have said nothing themselves', () => {
    const rules = [{ topic: 'canceled', channel: 'email', accountId: 'acc_2', userId, choice: 'daily' }] as const;
    const before = of([{ channel: 'inbox', choice: 'off' }]);
    expect(chosen(before, 'canceled', 'email', { host: { ...host, rules }, accountId: 'acc_2' })).toBe('daily');
    expect(chosen(of([{ choice: 'off' }]), 'canceled', 'email', { host, accountId: 'acc_2' })).toBe('off');
  });
});

test('leaves no more rules than there are things to say', () => {
  const many = Array.from({ length: 100 }, (_, index) => ({
    channel: index % 2 === 0 ? ('email' as const) : ('inbox' as const),
    choice: 'daily' as const,
  }));
  expect(withoutEmail(of(many), topicsLeftBy('late')).rules).toEqual([
    { channel: 'email', choice: 'daily' },
    { channel: 'inbox', choice: 'daily' },
    { topic: 'late', channel: 'email', choice: 'off' },
  ]);
});
