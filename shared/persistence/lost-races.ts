/** Writes that a condition may refuse: that is an answer, not an error. */

const condition = 'ConditionalCheckFailedException';
/** A transaction that met another one has written nothing, as one whose condition did not hold. */
const conflict = 'TransactionConflictException';
const transaction = [condition, 'TransactionCanceledException', conflict] as const;

const isOneOf = (error: unknown, names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);

/** Whether a transaction was refused for what others wrote, before it or at the same time. */
export const isRefused = (error: unknown): boolean => isOneOf(error, transaction);

const lostRaces = {
  /** What met a transaction is thrown, for it is worth another try as it stands. */
  condition: [condition],
  conditionOrConflict: [condition, conflict],
  transaction,
} as const;

/** @returns false when others were there before; anything else that went wrong is thrown */
export async function isDone(sent: Promise<unknown>, lost: keyof typeof lostRaces = 'condition'): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (isOneOf(error, lostRaces[lost])) {
      return false;
    }
    throw error;
  }
}
