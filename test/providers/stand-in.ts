/** A server on this machine that stands in for a processor: it keeps what it was asked and answers what a test wants. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Asked = {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Answer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** The connection is closed after the request was read, before the answer or in the midst of it. */
  | 'cut'
  | 'cut in the answer'
  /** Nothing is ever answered. */
  | 'silence';

export type StandIn = {
  readonly base: URL;
  readonly asked: Asked[];
  /** Which requests were asked, as `POST /v1/…`, without their queries. */
  readonly paths: () => readonly string[];
  /** What is answered from now on, by the request or always the same. */
  answer(answer: Answer | ((asked: Asked) => Answer)): void;
  /** @returns an address on this machine at which nobody listens any more */
  stop(): Promise<URL>;
};

export async function startStandIn(): Promise<StandIn> {
  const asked: Asked[] = [];
  let answer: (request: Asked) => Answer = () => ({ status: 500 });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      asked.push(one);
      give(response, answer(one));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    base,
    asked,
    paths: () => asked.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`),
    answer: (given) => {
      answer = typeof given === 'function' ? given : () => given;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      return base;
    },
  };
}

function give(response: ServerResponse, answer: Answer): void {
  if (answer === 'silence') {
    return;
  }
  if (answer === 'cut') {
    response.socket?.destroy();
    return;
  }
  if (answer === 'cut in the answer') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id":', () => response.socket?.destroy());
    return;
  }
  const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(text);
}
