/** What the main thread and a function's worker say to each other. Events and answers travel as JSON text, as on AWS. */
export type WorkerSetup = {
  readonly offsetMemory: SharedArrayBuffer;
  readonly folder: string;
  readonly handler: string;
  readonly logFile: string;
  readonly context: {
    readonly functionName: string;
    readonly functionVersion: string;
    readonly invokedFunctionArn: string;
    readonly memoryLimitInMB: string;
    readonly logGroupName: string;
    readonly logStreamName: string;
  };
};

export type ToWorker = { readonly requestId: string; readonly event: string; readonly timeoutMilliseconds: number };

export type FunctionError = {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
};

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'initFailed'; readonly error: FunctionError }
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'failure'; readonly error: FunctionError }
  /** A line worth showing on the console as well. */
  | { readonly kind: 'notice'; readonly text: string };

export const describeError = (error: unknown): FunctionError => {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
};
