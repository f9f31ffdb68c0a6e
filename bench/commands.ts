/**
 * What does a command cost besides the engine? Our own CPU time per command, and the throughput of commands against the
 * same requests sent raw to the engine.
 */
import {
  BatchGetItemCommand,
  DynamoDBClient,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { BatchGetCommandInput, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { startEngine, type TestEngine } from '../test/support/engine.ts';
import { createWorld, receiving, sending, usd, type World } from '../test/support/world.ts';

const lanes = 8;
const intentsPerLane = 25;
const intentsForCpu = 60;

type Sent = { readonly input: unknown; readonly constructor: { readonly name: string } };
type Send = (command: Sent) => Promise<unknown>;

/** One intent from draft to received; `after` is told about each command. */
async function wholeIntent(world: World, pair: Pair, after: () => void = () => undefined): Promise<void> {
  const { people } = world;
  const { id } = await world.create(people.collectiveAdminA, {
    payerAccountId: pair.payer,
    payeeAccountId: pair.payee,
  });
  after();
  const steps = [
    [people.collectiveAdminA, { name: 'submit' }],
    [people.financeA, { name: 'approve' }],
    [people.finance2A, { name: 'approve' }],
    [people.financeA, sending({ fee: 5 })],
    [people.financeB, receiving(usd(1000))],
  ] as const;
  for (const [userId, command] of steps) {
    await world.must(userId, id, command);
    after();
  }
}

type Pair = { readonly payer: string; readonly payee: string };

async function worldWithPairs(engine: TestEngine): Promise<{ readonly world: World; readonly pairs: readonly Pair[] }> {
  const world = await createWorld(engine, { reviewers: 2 });
  const { people, accounts } = world;
  const pairs: Pair[] = [];
  for (let lane = 0; lane < lanes; lane += 1) {
    const payer = lane === 0 ? accounts.collectiveA : await world.collective('A', `Payer ${lane}`);
    const payee = lane === 0 ? accounts.collectiveB : await world.collective('B', `Payee ${lane}`);
    await world.fund(people.hostAdminA, accounts.hostA, payer, usd(100_000_000));
    pairs.push({ payer, payee });
  }
  return { world, pairs };
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

async function ownCpu(): Promise<number> {
  const engine = await startEngine();
  const { world, pairs } = await worldWithPairs(engine);
  const [pair = { payer: '', payee: '' }] = pairs;
  for (let warm = 0; warm < intentsForCpu; warm += 1) {
    await wholeIntent(world, pair);
  }
  const times: number[] = [];
  let before = process.cpuUsage();
  for (let run = 0; run < intentsForCpu; run += 1) {
    await wholeIntent(world, pair, () => {
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
      before = process.cpuUsage();
    });
  }
  await engine.stop();
  return median(times);
}

type Pace = { readonly perSecond: number; readonly cpuMilliseconds: number };

/** Runs the lanes side by side. */
async function paceOf(run: (lane: number) => Promise<void>): Promise<Pace> {
  const commands = lanes * intentsPerLane * 6;
  const before = process.cpuUsage();
  const started = performance.now();
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
  const { user, system } = process.cpuUsage(before);
  return {
    perSecond: commands / ((performance.now() - started) / 1000),
    cpuMilliseconds: (user + system) / 1000 / commands,
  };
}

/** The application's requests are recorded as they leave, in each lane's order; sent again to an equal table they do the same. */
async function againstRaw(): Promise<{ readonly commands: Pace; readonly raw: Pace }> {
  const first = await startEngine();
  const document = first.client();
  const plain = document.send.bind(document) as unknown as Send;
  const setUp: Sent[] = [];
  let lane: Sent[] | undefined = setUp;
  Object.assign(document, {
    send: (command: Sent) => {
      lane?.push(command);
      return plain(command);
    },
  });
  const { world, pairs } = await worldWithPairs(first);
  const perLane: Sent[][] = Array.from({ length: lanes }, () => []);
  // Recorded one lane after another, so that each request is known to belong to its lane.
  for (const [index, pair] of pairs.entries()) {
    lane = perLane[index];
    for (let run = 0; run < intentsPerLane; run += 1) {
      await wholeIntent(world, pair);
    }
  }
  lane = undefined;
  const commands = await paceOf(async (index) => {
    for (let run = 0; run < intentsPerLane; run += 1) {
      await wholeIntent(world, pairs[index] ?? { payer: '', payee: '' });
    }
  });
  await first.stop();

  const second = await startEngine();
  const tableName = await second.createTable();
  const low = new DynamoDBClient({
    endpoint: second.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  for (const command of setUp.filter(isCounted)) {
    await low.send(marshalled(renamed(command, tableName)) as TransactWriteItemsCommand).catch(ignoreRefused);
  }
  const ready = perLane.map((sent) => sent.map((command) => marshalled(renamed(command, tableName))));
  const raw = await paceOf(async (index) => {
    for (const command of ready[index] ?? []) {
      await low.send(command as TransactWriteItemsCommand);
    }
  });
  low.destroy();
  await second.stop();
  return { commands, raw };
}

const isCounted = ({ constructor: { name } }: Sent): boolean =>
  name === 'BatchGetCommand' || name === 'TransactWriteCommand';

/** What was refused when it was recorded is refused again. */
function ignoreRefused(error: unknown): void {
  if (!(error instanceof Error && error.name === 'TransactionCanceledException')) {
    throw error;
  }
}

/** The same request for another table. */
function renamed(command: Sent, tableName: string): Sent {
  const toText = (_: string, value: unknown) => (typeof value === 'bigint' ? { $bigint: value.toString() } : value);
  const fromText = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && '$bigint' in value ? BigInt(String(value.$bigint)) : value;
  const text = JSON.stringify(command.input, toText).replaceAll(/test-[0-9a-f-]{36}/g, tableName);
  const Command = command.constructor as unknown as new (input: unknown) => Sent;
  return new Command(JSON.parse(text, fromText));
}

/** The request as the engine takes it, with its values marshalled beforehand, so that only the request itself is timed. */
function marshalled({ input, constructor: { name } }: Sent): BatchGetItemCommand | TransactWriteItemsCommand {
  if (name === 'BatchGetCommand') {
    const requests = Object.entries((input as BatchGetCommandInput).RequestItems ?? {}).map(
      ([table, { Keys: keys = [], ...rest }]) => [table, { ...rest, Keys: keys.map((key) => marshall(key)) }] as const,
    );
    return new BatchGetItemCommand({ RequestItems: Object.fromEntries(requests) });
  }
  const items = ((input as TransactWriteCommandInput).TransactItems ?? []).map((item) =>
    Object.fromEntries(Object.entries(item).map(([verb, operation]) => [verb, marshalledOperation(operation ?? {})])),
  );
  return new TransactWriteItemsCommand({ TransactItems: items } as TransactWriteItemsCommandInput);
}

function marshalledOperation(operation: object): object {
  const values = ['Item', 'Key', 'ExpressionAttributeValues'];
  return Object.fromEntries(
    Object.entries(operation).map(([name, value]) => [
      name,
      values.includes(name) ? marshall(value, { removeUndefinedValues: true }) : value,
    ]),
  );
}

if (import.meta.main) {
  process.stdout.write(`own CPU per command, median: ${(await ownCpu()).toFixed(2)} ms\n`);
  const { commands, raw } = await againstRaw();
  process.stdout.write(
    `${lanes} at once: ${commands.perSecond.toFixed(0)} commands a second, the same requests raw ${raw.perSecond.toFixed(0)}: ratio ${(commands.perSecond / raw.perSecond).toFixed(2)}\n` +
      `${lanes} at once: ${commands.cpuMilliseconds.toFixed(2)} ms of CPU per command, the same requests raw ${raw.cpuMilliseconds.toFixed(2)} ms\n`,
  );
}
