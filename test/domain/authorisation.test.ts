/** The authorisation table tested in full: who may do what, who stands in which capacity, and who may know of what. */
import { describe, expect, test } from '@jest/globals';
import {
  type Action,
  allowedBy,
  type Caller,
  type Capacity,
  capacitiesForAccount,
  capacitiesForIntent,
  capacitiesForPlatform,
  isVisible,
  may,
  permissions,
  type Role,
  roles,
} from '../../shared/domain/authorisation.ts';
import type { IntentCommand } from '../../shared/domain/decide.ts';
import { type Command, commandNames, transitions } from '../../shared/domain/lifecycle.ts';
import { approved, begun, type History, memberships, parties, submitted } from '../support/pure-intent.ts';

/** In the order of the columns below. */
const onAccounts = [
  'signed_in',
  'admin@account',
  'finance_lead@account',
  'accountant@account',
  'host_admin@account_host',
  'finance_lead@account_host',
  'accountant@account_host',
  'host_admin@applied_host',
  'platform_admin',
] as const satisfies readonly Capacity[];

/**
 * Actions on accounts: x may, . may not. The columns: anybody signed in; the account's own admin, finance lead, accountant;
 * its host's admin, finance lead, accountant; the admin of the host it applied to; the platform's admin.
 */
const accountMatrix = {
  createHost: '........x',
  createAccount: 'x........',
  readAccount: '.xxxxxxxx',
  updateAccount: '.x..x....',
  readMembers: '.xxxxxx..',
  changeMembers: '.x..x....',
  readBalances: '.xxxxxx..',
  applyToHost: '.x.......',
  acceptHosting: '.......x.',
  leaveHost: '.x..x....',
  readHostSettings: '.xxx.....',
  changeHostSettings: '.x.......',
  readWebhookEndpoints: '.xx......',
  manageWebhookEndpoints: '.x.......',
  readBooks: '.xxx.....',
  recordSuspense: '.xx......',
  managePaymentMethods: '.x.......',
  createContribution: '.x.......',
  readGivenContributions: '.x.x.....',
  readReceivedContributions: '.xxxxxx..',
  cancelOwnContribution: '.x.......',
  cancelReceivedContribution: '....xx...',
  takeUpContribution: '....xx...',
  confirmPeriod: '....xx...',
  holdAsHost: '.xx.xx...',
  holdAsCollective: '.x.......',
  holdAsContributor: '.x.......',
  holdAsPlatform: '........x',
  readHolds: '.xxxxxx.x',
  readBatch: '........x',
  changeBatchRollout: '........x',
  readDeadLetters: '........x',
  replayDeadLetters: '........x',
} as const satisfies Partial<Record<Action, string>>;

const onIntents = [
  'author',
  'admin@payer',
  'collective_admin@payer',
  'host_admin@payer_host',
  'finance_lead@payer_host',
  'accountant@payer_host',
  'admin@payee',
  'host_admin@payee_host',
  'finance_lead@payee_host',
  'accountant@payee_host',
] as const satisfies readonly Capacity[];

/**
 * Actions on intents. The columns: the author; the payer's admin, the same as a collective's reviewer; the payer's host's
 * admin, finance lead, accountant; the payee's admin; the payee's host's admin, finance lead, accountant.
 */
const intentMatrix = {
  readPaymentIntent: 'xx.xxxxxxx',
  createPaymentIntentAsPayer: '.x.xx.....',
  createPaymentIntentAsPayee: '......x...',
  createPaymentIntentFromOutside: '......xxx.',
} as const satisfies Partial<Record<Action, string>>;

const commandMatrix: Record<Command, string> = {
  edit: 'x.........',
  submit: 'x.........',
  approve: '..xxx..xx.',
  reject: '..xxx..xx.',
  cancel: 'xx.xx.....',
  expire: '..........',
  fail: '..........',
  markSent: '...xx.....',
  settle: '...xx.....',
  confirmReceipt: '......xxx.',
  acceptShort: '.......xx.',
  reportNotReceived: '......xxx.',
  markReturned: '...xx.....',
  becomeLate: '..........',
  assumeReceived: '..........',
  writeOff: '...xx..xx.',
  sendBack: '.......xx.',
  redraft: '...xx.....',
  placeHold: '...xx.....',
  liftHold: '...xx.....',
};

const isMarked = (row: string, column: number): boolean => row[column] === 'x';

describe('the table', () => {
  const cells = (matrix: Record<string, string>, columns: readonly Capacity[]) =>
    Object.entries(matrix).flatMap(([action, row]) =>
      columns.map((capacity, column) => ({ action, capacity, allowed: isMarked(row, column) })),
    );

  test('it has exactly the actions that are tested here', () => {
    expect(new Set(Object.keys(permissions))).toEqual(new Set(Object.keys({ ...accountMatrix, ...intentMatrix })));
    expect(new Set<string>(commandNames)).toEqual(new Set(Object.keys(commandMatrix)));
  });

  test.each(cells(accountMatrix, onAccounts))('$action by $capacity: $allowed', ({ action, capacity, allowed }) => {
    expect(may(action as Action, [capacity])).toBe(allowed);
  });

  test.each(cells(intentMatrix, onIntents))('$action by $capacity: $allowed', ({ action, capacity, allowed }) => {
    expect(may(action as Action, [capacity])).toBe(allowed);
  });

  test.each(cells(commandMatrix, onIntents))('$action by $capacity: $allowed', ({ action, capacity, allowed }) => {
    expect(allowedBy<string>(transitions[action as Command].by, [capacity]) !== undefined).toBe(allowed);
  });

  test('what is for accounts is for nobody by a capacity towards an intent, and the reverse', () => {
    for (const action of Object.keys(accountMatrix) as Action[]) {
      expect(onIntents.filter((capacity) => may(action, [capacity]))).toEqual([]);
    }
    for (const action of Object.keys(intentMatrix) as Action[]) {
      expect(onAccounts.filter((capacity) => may(action, [capacity]))).toEqual([]);
    }
    for (const { by } of Object.values(transitions)) {
      expect(onAccounts.filter((capacity) => allowedBy<string>(by, [capacity]) !== undefined)).toEqual([]);
    }
  });

  test('the clock and the system do what nobody else does', () => {
    const done = (who: string): readonly string[] =>
      commandNames.filter((command) => allowedBy<string>(transitions[command].by, [who]) !== undefined);
    expect(done('clock')).toEqual(['expire', 'becomeLate', 'assumeReceived']);
    expect(done('system')).toEqual(['fail']);
  });

  test('nobody may anything without a capacity', () => {
    expect((Object.keys(permissions) as Action[]).filter((action) => may(action, []))).toEqual([]);
  });
});

// --- Capacities ------------------------------------------------------------------------------------------------------

const holding = (accountId: string, role: Role): Caller => ({ userId: 'u', memberships: { [accountId]: [role] } });

const payerToPayee = { payer: parties.a, payee: parties.b };

/** What each role gives at the payer, the payer's host, the payee, and the payee's host; written out. */
const intentCapacities: Record<Role, Record<'a' | 'A' | 'b' | 'B', readonly Capacity[]>> = {
  host_admin: {
    // The role does not exist at a collective; held there by mistake it would speak for that collective and for no host.
    a: ['admin@payer'],
    A: ['host_admin@payer_host'],
    b: ['admin@payee'],
    B: ['host_admin@payee_host'],
  },
  finance_lead: { a: [], A: ['finance_lead@payer_host'], b: [], B: ['finance_lead@payee_host'] },
  collective_admin: { a: ['admin@payer', 'collective_admin@payer'], A: [], b: ['admin@payee'], B: [] },
  accountant: {
    a: ['accountant@payer'],
    A: ['accountant@payer_host'],
    b: ['accountant@payee'],
    B: ['accountant@payee_host'],
  },
  platform_admin: { a: [], A: [], b: [], B: [] },
};

describe('capacities towards an intent', () => {
  const cases = roles.flatMap((role) =>
    (['a', 'A', 'b', 'B'] as const).map((at) => ({ role, at, held: intentCapacities[role][at] })),
  );
  test.each(cases)('$role at $at is $held', ({ role, at, held }) => {
    expect(capacitiesForIntent(holding(at, role), payerToPayee)).toEqual(held);
  });

  test.each(roles)('%s somewhere else has no part in it', (role) => {
    for (const elsewhere of ['a2', 'C', 'c', 'org', 'platform', 'person']) {
      expect(capacitiesForIntent(holding(elsewhere, role), payerToPayee)).toEqual([]);
    }
  });

  test('a person speaks for itself', () => {
    const toPerson = { payer: parties.a, payee: parties.person };
    expect(capacitiesForIntent({ userId: 'person', memberships: {} }, toPerson)).toEqual(['admin@payee']);
    expect(capacitiesForIntent({ userId: 'stranger', memberships: {} }, toPerson)).toEqual([]);
  });

  test('a host is paid as an account too', () => {
    const toHost = { payer: parties.a, payee: parties.hostA };
    expect(capacitiesForIntent(holding('A', 'host_admin'), toHost)).toEqual([
      'admin@payee',
      'host_admin@payer_host',
      'host_admin@payee_host',
    ]);
    expect(capacitiesForIntent(holding('A', 'finance_lead'), toHost)).toEqual([
      'finance_lead@payer_host',
      'finance_lead@payee_host',
    ]);
  });

  test('a party outside has no host whose team could act', () => {
    const fromOutside = { payer: parties.organisation, payee: parties.person };
    for (const role of roles) {
      expect(capacitiesForIntent(holding('A', role), fromOutside)).toEqual([]);
    }
  });

  test('within one host its team stands on both sides, and a collective on its own', () => {
    const inside = { payer: parties.a, payee: parties.a2 };
    expect(capacitiesForIntent(holding('A', 'finance_lead'), inside)).toEqual([
      'finance_lead@payer_host',
      'finance_lead@payee_host',
    ]);
    expect(capacitiesForIntent(holding('a2', 'collective_admin'), inside)).toEqual(['admin@payee']);
  });

  test('an author is one only while still on the side that asked', () => {
    const byPayer = { ...payerToPayee, author: { userId: 'u', side: 'payer' } as const };
    const byPayee = { ...payerToPayee, author: { userId: 'u', side: 'payee' } as const };
    expect(capacitiesForIntent(holding('a', 'collective_admin'), byPayer)).toContain('author');
    expect(capacitiesForIntent(holding('b', 'collective_admin'), byPayee)).toContain('author');
    expect(capacitiesForIntent(holding('b', 'collective_admin'), byPayer)).not.toContain('author');
    expect(capacitiesForIntent(holding('a', 'collective_admin'), byPayee)).not.toContain('author');
    expect(capacitiesForIntent({ userId: 'u', memberships: {} }, byPayer)).toEqual([]);
    expect(capacitiesForIntent({ ...holding('a', 'collective_admin'), userId: 'v' }, byPayer)).not.toContain('author');
  });
});

/** What each role gives at the account itself, at its host, and at the host it applied to; written out. */
const accountCapacities: Record<Role, Record<'self' | 'host' | 'applied', readonly Capacity[]>> = {
  host_admin: { self: ['admin@account'], host: ['host_admin@account_host'], applied: ['host_admin@applied_host'] },
  finance_lead: { self: ['finance_lead@account'], host: ['finance_lead@account_host'], applied: [] },
  collective_admin: { self: ['admin@account'], host: [], applied: [] },
  accountant: { self: ['accountant@account'], host: ['accountant@account_host'], applied: [] },
  platform_admin: { self: ['platform_admin'], host: ['platform_admin'], applied: ['platform_admin'] },
};

describe('capacities towards an account', () => {
  const account = { id: 'self', hostId: 'host', appliedHostId: 'applied' };
  const cases = roles.flatMap((role) =>
    (['self', 'host', 'applied'] as const).map((at) => ({ role, at, held: accountCapacities[role][at] })),
  );
  test.each(cases)('$role at $at is $held', ({ role, at, held }) => {
    expect(capacitiesForAccount(holding(at, role), account)).toEqual(['signed_in', ...held]);
  });

  test.each(roles)('%s somewhere else is nobody in particular', (role) => {
    const held = capacitiesForAccount(holding('elsewhere', role), account);
    expect(held).toEqual(role === 'platform_admin' ? ['signed_in', 'platform_admin'] : ['signed_in']);
  });

  test('an account without a host, or that applied to none, gives nothing to anybody’s team', () => {
    const free = { id: 'self', hostId: null, appliedHostId: null };
    for (const role of roles.filter((one) => one !== 'platform_admin')) {
      expect(capacitiesForAccount(holding('host', role), free)).toEqual(['signed_in']);
      expect(capacitiesForAccount(holding('null', role), free)).toEqual(['signed_in']);
    }
  });

  test('a person speaks for its own account', () => {
    const self = { id: 'u', hostId: null };
    expect(capacitiesForAccount({ userId: 'u', memberships: {} }, self)).toEqual(['signed_in', 'admin@account']);
  });

  test('the platform’s admin is that wherever the role is held, and nobody else is', () => {
    expect(capacitiesForPlatform(holding('platform', 'platform_admin'))).toEqual(['signed_in', 'platform_admin']);
    expect(capacitiesForPlatform(holding('A', 'host_admin'))).toEqual(['signed_in']);
  });
});

// --- Visibility ------------------------------------------------------------------------------------------------------

type Stage = 'draft' | 'submitted' | 'approved';
const stages: Record<Stage, (given: Parameters<typeof begun>[0]) => History> = {
  draft: begun,
  submitted,
  approved,
};

/** Who may know of an intent, by who asked and how far it is: `payer` and `payee` are the sides with their hosts. */
const visibility: readonly (readonly [
  string,
  Parameters<typeof begun>[0],
  Record<Stage, readonly ('payer' | 'payee')[]>,
])[] = [
  [
    'the payer asked',
    { author: 'collectiveAdminA' },
    { draft: ['payer'], submitted: ['payer'], approved: ['payer', 'payee'] },
  ],
  [
    'the payee asked',
    { side: 'payee', author: 'collectiveAdminB' },
    { draft: ['payee'], submitted: ['payer', 'payee'], approved: ['payer', 'payee'] },
  ],
  [
    'a payer outside asked',
    { payer: parties.organisation, author: 'organisationAdmin' },
    { draft: ['payer'], submitted: ['payer', 'payee'], approved: ['payer', 'payee'] },
  ],
  [
    'the payee’s host asked a payer outside',
    { payer: parties.organisation, side: 'payee', author: 'hostAdminB' },
    { draft: ['payee'], submitted: ['payer', 'payee'], approved: ['payer', 'payee'] },
  ],
];

describe('who may know of an intent', () => {
  const rows = visibility.flatMap(([asked, given, byStage]) =>
    (Object.keys(stages) as Stage[]).map((stage) => ({ asked, given, stage, sides: byStage[stage] })),
  );
  const sideOf: Record<'payer' | 'payee', readonly Capacity[]> = {
    payer: ['admin@payer', 'host_admin@payer_host', 'finance_lead@payer_host', 'accountant@payer_host'],
    payee: ['admin@payee', 'host_admin@payee_host', 'finance_lead@payee_host', 'accountant@payee_host'],
  };
  test.each(rows)('$asked, $stage: $sides', ({ given, stage, sides }) => {
    const { intent } = stages[stage](given);
    for (const side of ['payer', 'payee'] as const) {
      for (const capacity of sideOf[side]) {
        expect([capacity, isVisible(intent, [capacity])]).toEqual([capacity, sides.includes(side)]);
      }
    }
  });

  test('nobody without a part in it ever may', () => {
    for (const { given, stage } of rows) {
      const { intent } = stages[stage](given);
      expect(isVisible(intent, [])).toBe(false);
      for (const who of ['stranger', 'platformAdmin', 'organisationAdmin'] as const) {
        const isParty = who === 'organisationAdmin' && intent.payer.accountId === 'org';
        const held = capacitiesForIntent({ userId: who, memberships: memberships[who] }, intent);
        expect(isParty || !isVisible(intent, held)).toBe(true);
      }
    }
  });

  test('a platform admin can make nobody’s claim', () => {
    const { intent } = approved();
    const held = capacitiesForIntent({ userId: 'platformAdmin', memberships: memberships.platformAdmin }, intent);
    const possible = (Object.keys(transitions) as IntentCommand['name'][]).filter(
      (command) => allowedBy<string>(transitions[command].by, held) !== undefined,
    );
    expect(possible).toEqual([]);
  });
});
