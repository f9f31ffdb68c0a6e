/** The commands as people run them: processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export type ToolOutcome = { readonly code: number | null; readonly out: string; readonly err: string };
export type ToolEnvironment = Readonly<Record<string, string>>;

/** The environment of the tests must not name a table by accident. */
const bare = { PATH: process.env.PATH ?? '', DATA_DIR: '/nowhere' };

export const startTool = (
  tool: string,
  parameters: readonly string[],
  environment: ToolEnvironment = {},
): ChildProcess =>
  spawn(process.execPath, [join(root, 'tools', `${tool}.ts`), ...parameters], {
    cwd: root,
    env: { ...bare, ...environment },
  });

export async function outcomeOf(child: ChildProcess): Promise<ToolOutcome> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

export const runTool = async (
  tool: string,
  parameters: readonly string[],
  environment?: ToolEnvironment,
): Promise<ToolOutcome> => outcomeOf(startTool(tool, parameters, environment));
