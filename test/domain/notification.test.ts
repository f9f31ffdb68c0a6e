/** Who is told of what: programs of hosts (requirements N1, N4). */
import { expect, test } from '@jest/globals';
import { noticeRules, placesOfPrograms, reviewersOf, type Topic, topics } from '../../shared/domain/notification.ts';
import type { PaymentIntent } from '../../shared/domain/payment-intent.ts';

/** Reviewers are those of the policy that an intent has: here, the team of a host. */
const reviewed = {
  policy: { steps: [{ name: 'Review', roles: ['finance_lead', 'host_admin'], approvals: 1 }] },
  payer: { hostId: 'acc_H' },
} as unknown as Pick<PaymentIntent, 'policy' | 'payer'>;

const audiencesOf = (topic: Topic) =>
  topic === 'approval_needed' ? reviewersOf(reviewed, 0) : noticeRules[topic].audiences;

test.each(topics)('%s can reach a program of some host, as an endpoint may want it', (topic) => {
  expect(placesOfPrograms(topic, audiencesOf(topic))).not.toEqual([]);
});

test('programs are told where people of a host are, of what is money between hosts at both', () => {
  expect(placesOfPrograms('late', audiencesOf('late'))).toEqual(['payer_host', 'payee_host']);
  expect(placesOfPrograms('money_sent', audiencesOf('money_sent'))).toEqual(['payee_host']);
  expect(placesOfPrograms('paused', audiencesOf('paused'))).toEqual(['host']);
});

test('programs are told of what only whoever made it or gives it is told among people', () => {
  // The payee's, where it reviews; what it may not know has no account at that place.
  expect(placesOfPrograms('rejected', audiencesOf('rejected'))).toEqual(['payer_host', 'payee_host']);
  expect(placesOfPrograms('charge_failed', audiencesOf('charge_failed'))).toEqual(['host']);
});
