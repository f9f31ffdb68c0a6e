/** The commands as people run them: processes of their own, with arguments, exit codes and something to read. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createStore } from '../../shared/persistence/store.ts';
import { outcomeOf, runTool as run, startTool as start, type ToolEnvironment } from '../support/command.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { csvOf, csvRow, realFiles } from '../support/open-collective.ts';

let engine: TestEngine;
let folder: string;

beforeAll(async () => {
  engine = await startEngine();
  folder = mkdtempSync(join(tmpdir(), 'commands-'));
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

const freshTable = async () => {
  const tableName = await engine.createTable();
  const environment: ToolEnvironment = { TABLE_NAME: tableName, DYNAMODB_ENDPOINT: engine.endpoint };
  return { tableName, environment, store: createStore({ client: engine.client(), tableName }) };
};

const brew = [join('data', realFiles.brew.file), '--host', 'foundation'];
const homebrew = [join('data', realFiles.homebrew.file), '--host', 'opensource'];

describe('import:opencollective', () => {
  test('says what it did, with progress, and says the same about the balance the second time', async () => {
    const { environment } = await freshTable();
    const first = await run('import-opencollective', brew, environment);
    expect(first).toMatchObject({ code: 0 });
    expect(first.err).toMatch(/movements .*\d+\/233/);
    expect(first.out.split('\n').slice(0, 3)).toEqual([
      'Made the host foundation (OpenCollective Foundation 501(c)(3) (Open Collective Foundation)). It has no members yet.',
      'brew at foundation: 233 movements from 331 rows, 233 of them new.',
      'The file adds up to 0.16 USD; the books have 0.16 USD available.',
    ]);
    const second = await run('import-opencollective', brew, environment);
    expect(second.out.split('\n')[0]).toBe('brew at foundation: 233 movements from 331 rows, 0 of them new.');
  });

  test('finds the table of the runtime that keeps its data in a folder', async () => {
    const { tableName, store } = await freshTable();
    writeFileSync(join(folder, 'runtime.json'), JSON.stringify({ tableName, tableEndpoint: engine.endpoint }));
    expect(await run('import-opencollective', [...brew, '--data-dir', folder])).toMatchObject({ code: 0 });
    expect(await store.accountBySlug('brew')).toMatchObject({ kind: 'collective', hosting: { status: 'hosted' } });
  });

  test.each([
    ['nothing runs', [...brew, '--data-dir', '/nowhere'], 'Nothing is running on /nowhere. Start it with "npm start"'],
    ['the file is not there', ['/nowhere.csv', '--host', 'foundation'], 'The file /nowhere.csv cannot be read.'],
    ['no host is named', [brew[0] ?? ''], "required option '--host <slug>' not specified"],
  ])('when %s it says so and stops', async (_what, parameters, message) => {
    const { code, out, err } = await run('import-opencollective', parameters);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  test('a file that is wrong is refused with its line', async () => {
    const { environment, store } = await freshTable();
    const file = join(folder, 'wrong.csv');
    writeFileSync(file, csvOf([csvRow({}), csvRow({ kind: 'GIFT' })]));
    const { code, err } = await run('import-opencollective', [file, '--host', 'harbour'], environment);
    expect([code, err.split('\n')[0]]).toEqual([1, expect.stringMatching(/^Line 3: The kind "GIFT" is unknown/)]);
    expect(await store.accountBySlug('harbour')).toBeUndefined();
  });

  test.each([
    ['SIGKILL', null, ''],
    ['SIGINT', 130, 'Stopped. What is written stays; the same command continues.'],
  ] as const)(
    'stopped midway by %s, the same command ends where it would have',
    async (signal, code, message) => {
      const { environment, store } = await freshTable();
      const child = start('import-opencollective', homebrew, environment);
      const ended = outcomeOf(child);
      const balance = async (): Promise<number> => {
        const [host, collective] = await Promise.all(
          ['opensource', 'homebrew'].map((slug) => store.accountBySlug(slug)),
        );
        const [cell] = host && collective ? await store.balances(host.id, collective.id) : [];
        return cell?.ledgers.available ?? 0;
      };
      while ((await balance()) === 0) {
        await sleep(20);
      }
      child.kill(signal);
      const stopped = await ended;
      expect(stopped.code).toBe(code);
      expect(stopped.err).toContain(message);
      expect(await balance()).not.toBe(realFiles.homebrew.total);
      const again = await run('import-opencollective', homebrew, environment);
      expect(again.out).toMatch(/1483 movements from 3411 rows, \d+ of them new/);
      expect(again.out).not.toContain('1483 of them new');
      expect(again.out).toContain('The file adds up to 193324.78 USD; the books have 193324.78 USD available.');
    },
    120_000,
  );
});

describe('export:journal and export:csv', () => {
  test('write the books to a file, or print them', async () => {
    const { environment } = await freshTable();
    await run('import-opencollective', brew, environment);
    const journal = join(folder, 'foundation.journal');
    expect(await run('export-journal', ['--host', 'foundation', '--out', journal], environment)).toMatchObject({
      code: 0,
    });
    const { stdout } = await promisify(execFile)('hledger', [
      '-f',
      journal,
      'balance',
      'liabilities:brew',
      '--no-total',
    ]).catch((error: Error) => {
      throw new Error(`hledger reads the journal in this test (apt-get install hledger). ${error.message}`);
    });
    expect(stdout.trim()).toBe('USD -0.16  liabilities:brew:available');
    expect((await run('export-journal', ['--host', 'foundation'], environment)).out).toBe(
      readFileSync(journal, 'utf8'),
    );
    const { out } = await run('export-csv', ['--host', 'foundation'], environment);
    expect(out).toMatch(/^effectiveAt,recordedAt,/);
    expect(out.split('\r\n').length).toBeGreaterThan(466);
  });

  test.each(['export-journal', 'export-csv'])('%s says when there is no such host', async (tool) => {
    const { environment } = await freshTable();
    expect(await run(tool, ['--host', 'nobody'], environment)).toEqual({
      code: 1,
      out: '',
      err: 'There is no host nobody.\n',
    });
  });
});
