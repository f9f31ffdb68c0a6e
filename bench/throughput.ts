/** How many whole cross-host intents a second (6 commands over HTTP, 8 at once), on the local runtime? */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { startLocal } from '../local/start.ts';
import { loadBenchWorld } from './bench-world.ts';

const concurrency = 8;
const seconds = 15;
const warmUpIntents = 400;

const system = await startLocal();
const agent = new Agent({ keepAlive: true, maxSockets: concurrency });

const call = (token: string, path: string, body: object): Promise<{ id: string; status: string }> =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const message = request(
      `${system.baseUrl}/v1${path}`,
      {
        method: 'POST',
        agent,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          'idempotency-key': randomUUID(),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const content = Buffer.concat(chunks).toString();
          const isFine = (answer.statusCode ?? 500) < 300;
          return isFine ? resolve(JSON.parse(content)) : reject(new Error(`${path}: ${answer.statusCode} ${content}`));
        });
      },
    );
    message.once('error', reject);
    message.end(text);
  });

const world = await loadBenchWorld(system, concurrency);

async function wholeIntent(lane: number): Promise<void> {
  const { tokens, pairs } = world;
  const { payer, payee } = pairs[lane % pairs.length] ?? { payer: '', payee: '' };
  const amount = { amount: 1000, currency: 'USD' };
  const destination = { method: 'bank_account', label: 'Host B, account ending 4242' };
  const date = new Date(system.now()).toISOString().slice(0, 10);
  const { id } = await call(tokens.collectiveAdmin, '/payment-intents', {
    type: 'grant',
    payerAccountId: payer,
    payeeAccountId: payee,
    amount,
    purpose: 'Travel to the conference',
    destination,
  });
  const path = `/payment-intents/${id}`;
  await call(tokens.collectiveAdmin, `${path}/submit`, {});
  await call(tokens.financeA, `${path}/approve`, {});
  await call(tokens.financeA2, `${path}/approve`, {});
  await call(tokens.financeA, `${path}/mark-sent`, { date, reference: 'REF-1', fee: 5 });
  const received = await call(tokens.financeB, `${path}/confirm-receipt`, { amount, date, reference: 'REF-1' });
  if (received.status !== 'received') {
    throw new Error(`The intent ended as ${received.status}.`);
  }
}

async function during(run: (lane: number) => Promise<void>, isOver: (done: number) => boolean): Promise<number> {
  let done = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async (_, lane) => {
      while (!isOver(done)) {
        await run(lane);
        done += 1;
      }
    }),
  );
  return done;
}

try {
  await during(wholeIntent, (done) => done >= warmUpIntents);
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const intents = await during(wholeIntent, () => performance.now() - started > seconds * 1000);
  const elapsed = (performance.now() - started) / 1000;
  const { user, system: kernel } = process.cpuUsage(cpuBefore);
  process.stdout.write(
    `${(intents / elapsed).toFixed(1)} whole cross-host intents a second (${((intents * 6) / elapsed).toFixed(0)} commands), ${concurrency} at once, ${intents} in ${elapsed.toFixed(1)} s\n`,
  );
  const cpu = (user + kernel) / 1000 / (intents * 6);
  process.stdout.write(
    `${cpu.toFixed(2)} ms of CPU per command in this process: gateway, authorizer, function and this client\n`,
  );
} finally {
  agent.destroy();
  await system.stop();
}
