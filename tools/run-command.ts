/** What all commands for people have in common: Ctrl-C stops them in order, and mistakes are said in a sentence. */
import { ImportError } from '../shared/import/import-error.ts';
import { UsageError } from './table-connection.ts';

const exitCodeOfInterrupt = 130;

export async function runCommand(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  try {
    await work(controller.signal);
  } catch (error) {
    process.exitCode = controller.signal.aborted ? exitCodeOfInterrupt : 1;
    process.stderr.write(`${messageOf(error, controller.signal)}\n`);
  }
}

function messageOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) {
    return 'Stopped. What is written stays; the same command continues.';
  }
  const isMistake = error instanceof ImportError || error instanceof UsageError;
  return error instanceof Error ? (isMistake ? error.message : (error.stack ?? error.message)) : String(error);
}
