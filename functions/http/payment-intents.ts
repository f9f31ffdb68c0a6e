import {
  createPaymentIntent,
  executeIntentCommand,
  getPaymentIntent,
  type IntentCommandInput,
  listPaymentIntentEvents,
  listPaymentIntents,
  verifyPaymentIntent,
} from '../../shared/application/payment-intents.ts';
import type { Dependencies } from '../../shared/application/ports.ts';
import type { Outcome } from '../../shared/application/request.ts';
import { paymentIntentRoutes } from '../../shared/http/payment-intents/routes.ts';
import { paymentIntentRows } from '../../shared/http/payment-intents/rows.ts';
import { type Asked, httpFunction } from '../middleware/http-function.ts';

type CommandName = IntentCommandInput['name'];
/** What a command says; the type of its operation's body has to be this. */
type Said<Name extends CommandName> = Omit<Extract<IntentCommandInput, { readonly name: Name }>, 'name'>;

/** An operation that gives one command to an intent: what its body says is what the command says. */
const command =
  <Name extends CommandName>(name: Name) =>
  (
    deps: Dependencies,
    { meta, params, body }: Pick<Asked<'submitPaymentIntent'>, 'meta' | 'params'> & { readonly body: Said<Name> },
  ): Outcome =>
    executeIntentCommand(deps, meta, params.intentId, { ...body, name } as unknown as IntentCommandInput);

export const handler = httpFunction(paymentIntentRows, paymentIntentRoutes, {
  createPaymentIntent: (deps, { meta, body }) => createPaymentIntent(deps, meta, body),
  listPaymentIntents: (deps, { meta, query, page }) => listPaymentIntents(deps, meta.userId, { ...query, ...page }),
  getPaymentIntent: (deps, { meta, params }) => getPaymentIntent(deps, meta.userId, params.intentId),
  listPaymentIntentEvents: (deps, { meta, params }) => listPaymentIntentEvents(deps, meta.userId, params.intentId),
  verifyPaymentIntent: (deps, { meta, params }) => verifyPaymentIntent(deps, meta.userId, params.intentId),

  editPaymentIntent: command('edit'),
  submitPaymentIntent: command('submit'),
  approvePaymentIntent: command('approve'),
  rejectPaymentIntent: command('reject'),
  cancelPaymentIntent: command('cancel'),
  markSent: command('markSent'),
  confirmReceipt: command('confirmReceipt'),
  acceptShort: command('acceptShort'),
  reportNotReceived: command('reportNotReceived'),
  markReturned: command('markReturned'),
  settle: command('settle'),
  sendBack: command('sendBack'),
  redraft: command('redraft'),
  writeOff: command('writeOff'),
  placeHold: command('placeHold'),
  liftHold: command('liftHold'),
});
