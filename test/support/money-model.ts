/**
 * A second, simple opinion on what happens to money, written from semantics §2 and §3 and not from the code: one intent of
 * US dollars between collective A and somebody else, and the books of two hosts. It knows who may do what, when, and what it
 * does to the balances; no events, no postings, no versions.
 */
export type Person =
  | 'collectiveAdminA'
  | 'financeA'
  | 'finance2A'
  | 'hostAdminA'
  | 'accountantA'
  | 'collectiveAdminB'
  | 'financeB'
  | 'hostAdminB'
  | 'outsider'
  | 'stranger'
  | 'platformAdmin';

export const everyone: readonly Person[] = [
  'collectiveAdminA',
  'financeA',
  'finance2A',
  'hostAdminA',
  'accountantA',
  'collectiveAdminB',
  'financeB',
  'hostAdminB',
  'outsider',
  'stranger',
  'platformAdmin',
];

/** Who is paid: a collective of the other host, one of the same host, or somebody outside. */
export type Shape = 'otherHost' | 'sameHost' | 'outside';

export type Operation =
  | { readonly name: 'submit' | 'approve' | 'reject' | 'cancel' | 'settle' | 'report' | 'redraft' | 'hold' | 'lift' }
  | { readonly name: 'edit'; readonly amount: number }
  | { readonly name: 'markSent'; readonly amount: number; readonly fee: number; readonly feeByHost: boolean }
  | { readonly name: 'confirm'; readonly amount: number; readonly over: 'suspense' | 'payee' | null }
  | { readonly name: 'acceptShort'; readonly byHost: boolean }
  | { readonly name: 'markReturned'; readonly amount: number; readonly lost: number; readonly byHost: boolean }
  | { readonly name: 'writeOff'; readonly byHost: boolean };

export type Place = 'A' | 'A2' | 'B' | 'hostB';
/** Balances by place and ledger account; the bank is kept per host. */
export type Books = Record<string, number>;

export type Model = {
  readonly shape: Shape;
  status: string;
  amount: number;
  reserved: number;
  sent: number;
  received: number;
  returned: number;
  lost: number;
  receipts: number;
  traced: boolean;
  held: boolean;
  wasApproved: boolean;
  proposal: { by: Person; byHost: boolean } | null;
  readonly books: Books;
};

export const feeOfHostB = (credited: number): number => Math.floor((credited * 250) / 10_000);

const financeOfA: readonly Person[] = ['financeA', 'finance2A', 'hostAdminA'];
const financeOfB: readonly Person[] = ['financeB', 'hostAdminB'];

export const newModel = (shape: Shape, amount: number, books: Books): Model => ({
  shape,
  status: 'draft',
  amount,
  reserved: 0,
  sent: 0,
  received: 0,
  returned: 0,
  lost: 0,
  receipts: 0,
  traced: false,
  held: false,
  wasApproved: false,
  proposal: null,
  books,
});

export const copyOf = (model: Model): Model => ({ ...model, books: { ...model.books } });

export const transitOf = ({ sent, received, returned, lost }: Model): number => sent - received - returned - lost;

const sumOf = (books: Books, key: string): number => books[key] ?? 0;

const add = (model: Model, key: string, amount: number): void => {
  model.books[key] = sumOf(model.books, key) + amount;
};
const availableOfA = (model: Model): number => sumOf(model.books, 'A available');

const reserve = (model: Model): boolean => {
  if (availableOfA(model) < model.amount) {
    return false;
  }
  add(model, 'A available', -model.amount);
  add(model, 'A reserved', model.amount);
  Object.assign(model, { reserved: model.amount, status: 'approved', wasApproved: true });
  return true;
};

const release = (model: Model): void => {
  add(model, 'A available', model.reserved);
  add(model, 'A reserved', -model.reserved);
  model.reserved = 0;
};

const end = (model: Model, status: string): void => {
  Object.assign(model, { status, traced: false });
};

const isOneOf = (value: string, ...values: readonly string[]): boolean => values.includes(value);

/** Does the operation if it is allowed. @returns whether it was */
export function perform(model: Model, who: Person, operation: Operation): boolean {
  const { shape, status } = model;
  const isAway = isOneOf(status, 'sent', 'partially_received');
  const isPayerFinance = financeOfA.includes(who);
  const isPayeeFinance = shape === 'otherHost' ? financeOfB.includes(who) : shape === 'sameHost' && isPayerFinance;
  switch (operation.name) {
    case 'submit':
      return onlyIf(status === 'draft' && who === 'collectiveAdminA', () => {
        model.status = 'pending_approval';
      });
    case 'edit': {
      const isOpen = isOneOf(status, 'draft', 'pending_approval', 'approved') && model.receipts === 0;
      return onlyIf(isOpen && who === 'collectiveAdminA', () => {
        release(model);
        Object.assign(model, { amount: operation.amount, status: status === 'draft' ? 'draft' : 'pending_approval' });
      });
    }
    case 'approve':
      return status === 'pending_approval' && isPayerFinance && !model.held && reserve(model);
    case 'reject':
      return onlyIf(status === 'pending_approval' && isPayerFinance, () => end(model, 'rejected'));
    case 'cancel': {
      const may = who === 'collectiveAdminA' || (status === 'approved' && isPayerFinance);
      const isOpen = isOneOf(status, 'draft', 'pending_approval', 'approved') && model.receipts === 0;
      return onlyIf(may && isOpen, () => {
        release(model);
        end(model, 'canceled');
      });
    }
    case 'hold':
      return onlyIf(isOneOf(status, 'pending_approval', 'approved') && isPayerFinance && !model.held, () => {
        model.held = true;
      });
    case 'lift':
      return onlyIf(isOneOf(status, 'pending_approval', 'approved') && isPayerFinance && model.held, () => {
        model.held = false;
      });
    case 'settle':
      return onlyIf(status === 'approved' && shape === 'sameHost' && isPayerFinance && !model.held, () => {
        add(model, 'A reserved', -model.reserved);
        add(model, 'A2 available', model.reserved);
        Object.assign(model, { reserved: 0, receipts: 1 });
        end(model, 'received');
      });
    case 'markSent': {
      const { amount, fee, feeByHost } = operation;
      const left = availableOfA(model) + model.reserved - amount - (feeByHost ? 0 : fee);
      const isRight = amount <= model.reserved && amount >= model.received && left >= 0;
      return onlyIf(status === 'approved' && shape !== 'sameHost' && isPayerFinance && !model.held && isRight, () => {
        add(model, 'A reserved', -model.reserved);
        add(model, 'A available', model.reserved - amount - (feeByHost ? 0 : fee));
        add(model, 'A costs:transfer', feeByHost ? fee : 0);
        add(model, 'bank of A', -amount - fee);
        Object.assign(model, { sent: amount, reserved: 0 });
        if (transitOf(model) === 0) {
          end(model, 'received');
        } else {
          model.status = model.receipts > 0 ? 'partially_received' : 'sent';
        }
      });
    }
    case 'confirm': {
      const mayNow =
        shape === 'otherHost'
          ? financeOfB.includes(who) && (isAway || status === 'approved')
          : shape === 'outside' && who === 'outsider' && isAway;
      const remaining = (model.sent > 0 ? model.sent : model.reserved) - model.received;
      const cost = Math.min(operation.amount, remaining);
      const excess = operation.amount - cost;
      const isDecided = excess === 0 || (operation.over !== null && shape === 'otherHost');
      return onlyIf(mayNow && isDecided, () => {
        const aside = operation.over === 'suspense' ? excess : 0;
        const credited = operation.amount - aside;
        if (shape === 'otherHost') {
          add(model, 'bank of B', operation.amount);
          add(model, 'B available', credited - feeOfHostB(credited));
          add(model, 'B fees:host', feeOfHostB(credited));
          add(model, 'hostB suspense', aside);
        }
        model.received += cost;
        model.receipts += 1;
        model.proposal = null;
        if (isAway) {
          if (cost === remaining) {
            end(model, 'received');
          } else {
            model.status = 'partially_received';
          }
        }
      });
    }
    case 'acceptShort':
      return onlyIf(isAway && model.receipts > 0 && shape === 'otherHost' && isPayeeFinance, () => {
        add(model, 'B available', operation.byHost ? transitOf(model) : 0);
        add(model, 'B costs:transfer', operation.byHost ? transitOf(model) : 0);
        model.lost += transitOf(model);
        end(model, 'received');
      });
    case 'report': {
      const may = shape === 'outside' ? who === 'outsider' : isPayeeFinance;
      return onlyIf(isAway && may && !model.traced, () => {
        model.traced = true;
      });
    }
    case 'markReturned': {
      const { amount, lost, byHost } = operation;
      const isPlausible = amount > 0 && lost <= amount;
      return onlyIf(isAway && isPayerFinance && isPlausible && amount + lost === transitOf(model), () => {
        add(model, 'bank of A', amount);
        add(model, 'A available', amount + (byHost ? lost : 0));
        add(model, 'A costs:transfer', byHost ? lost : 0);
        model.returned += amount;
        model.lost += lost;
        end(model, model.receipts > 0 ? 'received' : 'returned');
      });
    }
    case 'writeOff':
      return isAway && model.traced && (isPayerFinance || isPayeeFinance) && writeOff(model, who, operation.byHost);
    case 'redraft':
      if (status !== 'returned' || !isPayerFinance || model.held || !reserve(model)) {
        return false;
      }
      Object.assign(model, { sent: 0, returned: 0, lost: 0, proposal: null });
      return true;
  }
}

/** Two people who say the same: one of each host, or two of the one host that there is. */
function writeOff(model: Model, who: Person, byHost: boolean): boolean {
  const { proposal } = model;
  if (proposal === null || proposal.byHost !== byHost) {
    model.proposal = { by: who, byHost };
    return true;
  }
  const isOtherSide = financeOfA.includes(proposal.by) !== financeOfA.includes(who);
  return onlyIf(proposal.by !== who && (model.shape === 'outside' || isOtherSide), () => {
    add(model, 'A available', proposal.byHost ? transitOf(model) : 0);
    add(model, 'A costs:loss', proposal.byHost ? transitOf(model) : 0);
    model.lost += transitOf(model);
    end(model, model.receipts > 0 ? 'received' : 'returned');
  });
}

function onlyIf(isAllowed: boolean, effect: () => void): boolean {
  if (isAllowed) {
    effect();
  }
  return isAllowed;
}
