/**
 * Reasons that are given by no person: in these words events keep them, for ever. People read them in their own language
 * (`shared/messaging/texts`), so a new one is added here, and none is changed.
 */
export const nothingConfirmed = 'Nothing was confirmed after all reminders.';
export const collectiveLeft = 'The collective left its host.';
export const collectiveElsewhere = 'The collective was not with this host any more when it was to be given.';
export const noAnswerForTwoWeeks =
  'For two weeks the processor has not said whether a charge has succeeded. It is looked up every day; ask the processor.';
export const transfersUnconfirmed = '12 bank transfers were not confirmed.';
export const canceledAtProcessor = 'It was canceled at the processor.';
export const unknownAtProcessor = 'It does not exist at the processor any more.';
export const payerToConfirm = "The payer's bank wants the payer to confirm the payment.";
export const declined = 'The payment was declined.';

const ownReasons = {
  nothingConfirmed,
  collectiveLeft,
  collectiveElsewhere,
  noAnswerForTwoWeeks,
  transfersUnconfirmed,
  canceledAtProcessor,
  unknownAtProcessor,
  payerToConfirm,
  declined,
} as const;

export type OwnReason = keyof typeof ownReasons;

/** @returns which of them it is; undefined for what a person or a processor wrote */
export const ownReasonOf = (reason: string): OwnReason | undefined =>
  (Object.keys(ownReasons) as OwnReason[]).find((name) => ownReasons[name] === reason);
