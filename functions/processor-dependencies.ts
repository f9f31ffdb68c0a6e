/** What the functions run on that talk with payment processors: the table, and what is set up at processors, host by host. */
import { log } from '../shared/observability/logger.ts';
import { createTestLedger } from '../shared/persistence/test-ledger.ts';
import { createProcessors, type Providers } from '../shared/providers/index.ts';
import { contributionDependencies } from './contribution-dependencies.ts';
import { tableOptions } from './dependencies.ts';
import { processorSettings } from './processor-settings.ts';

/** Shorter than a function's time: what a processor leaves unanswered is still written. */
const timeoutMilliseconds = 8000;

export type ProcessorDependencies = ReturnType<typeof contributionDependencies> & Providers;

let made: Promise<ProcessorDependencies> | undefined;

export function processorDependencies(): Promise<ProcessorDependencies> {
  made ??= make();
  // A failed read of the keys is not kept: whoever comes next tries again.
  made.catch(() => {
    made = undefined;
  });
  return made;
}

async function make(): Promise<ProcessorDependencies> {
  const deps = contributionDependencies();
  const providers = createProcessors(await processorSettings(), {
    now: deps.clock.now,
    testLedger: createTestLedger(tableOptions()),
    timeoutMilliseconds,
    onMistake: (hostId, error) => log('PROCESSOR_MISCONFIGURED', { hostId, error }),
  });
  return { ...deps, ...providers };
}
