/** What the workers of the batch run on: the table, and the processors that are set up. */
import type { WorkDependencies } from '../shared/application/charging.ts';
import { createTestLedger } from '../shared/persistence/test-ledger.ts';
import { createProcessors } from '../shared/providers/index.ts';
import { contributionDependencies } from './contribution-dependencies.ts';
import { tableOptions } from './dependencies.ts';
import { processorEnvironment } from './processor-environment.ts';

/** Shorter than elsewhere: one message may take three calls one after the other, within the function's time. */
const timeoutMilliseconds = 8000;

let made: Promise<WorkDependencies> | undefined;

export function workDependencies(): Promise<WorkDependencies> {
  made ??= make();
  // A failed read of the keys is not kept: the next batch tries again.
  made.catch(() => {
    made = undefined;
  });
  return made;
}

async function make(): Promise<WorkDependencies> {
  const deps = contributionDependencies();
  const { processors } = createProcessors(await processorEnvironment(), {
    now: deps.clock.now,
    testLedger: createTestLedger(tableOptions()),
    timeoutMilliseconds,
  });
  return { ...deps, processors };
}
