/**
 * A proxy between a client and its HTTP server, on loopback, for what a network, a balancer or a busy vendor does to one request: its
 * answer is lost, cut, late or old, it comes twice, or it is refused. As `tcp-proxy.ts` for sockets.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What becomes of a request. The server has it: `lost`, the connection ends without its answer; `twice`, it has it two times and the second
 * answer comes; `hang`, nothing comes; `slow`, the answer comes in small parts; `truncated`, the connection ends in the middle of the
 * answer. The server never has it: `stale`, the answer to the last like request comes again; the others are refused with that status,
 * `429` with `Retry-After`.
 */
export const HTTP_FAULTS = [
  'lost',
  'twice',
  'hang',
  'slow',
  'truncated',
  'stale',
  '429',
  '409',
  '412',
  '503',
] as const;
export type HttpFault = (typeof HTTP_FAULTS)[number];

/** What a refusal with 429 asks for, s. */
export const RETRY_AFTER_S = 7;
const SLOW_MS = 300;
const SLOW_PARTS = 3;

export interface Passing {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface HttpProxy {
  readonly url: string;
  /** Everything that came, in its order, spoilt or not. */
  readonly asked: readonly Passing[];
  /** The next request that fits waits here before the server has it. */
  hold(fits: (one: Passing) => boolean): { readonly stopped: Promise<void>; readonly goOn: () => void };
  /** Spoils the next request that fits. */
  spoil(fits: (one: Passing) => boolean, how: HttpFault): void;
  /** Throws where what was to be spoiled never came. */
  close(): Promise<void>;
}

export async function httpProxy(upstream: string): Promise<HttpProxy> {
  const asked: Passing[] = [];
  const answered = new Map<string, Answer>();
  let holding: { readonly fits: (one: Passing) => boolean; readonly stop: () => Promise<void> } | null = null;
  let next: { readonly fits: (one: Passing) => boolean; readonly how: HttpFault } | null = null;

  async function forward(one: Passing): Promise<Answer> {
    const { method, path, body } = one;
    const headers = Object.entries(one.headers).filter(
      ([name]) => !/^(host|connection|content-length|expect|transfer-encoding|keep-alive)$/.test(name),
    ) as [string, string][];
    const hasBody = method !== 'GET' && method !== 'HEAD' && body !== '';
    const answer = await fetch(upstream.replace(/\/$/, '') + path, {
      method,
      headers,
      redirect: 'manual',
      ...(hasBody ? { body: Buffer.from(body, 'latin1') } : {}),
    });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  }

  async function answer(one: Passing, response: ServerResponse): Promise<void> {
    if (holding?.fits(one) === true) {
      const { stop } = holding;
      holding = null;
      await stop();
    }
    const how = next?.fits(one) === true ? next.how : null;
    if (how !== null) next = null;
    const like = `${one.method} ${one.path}`;
    const old = answered.get(like);
    if (how === 'stale' && old === undefined) throw new Error(`nothing was ever answered to ${like}`);
    if (how === 'stale' && old !== undefined) return write(response, old);
    if (how !== null && /^\d+$/.test(how)) {
      const asks = how === '429' ? { 'retry-after': String(RETRY_AFTER_S) } : {};
      return void response.writeHead(Number(how), asks).end();
    }
    if (how === 'twice') await forward(one);
    const came = await forward(one);
    answered.set(like, came);
    if (how === 'lost') return void response.destroy();
    if (how === 'hang') return;
    if (how === 'truncated') {
      begin(response, came, Math.max(2, came.body.length));
      response.write(came.body.subarray(0, Math.floor(came.body.length / 2)));
      // What was written must leave before the connection ends.
      await sleep(20);
      return void response.destroy();
    }
    if (how === 'slow') return writeSlowly(response, came);
    return write(response, came);
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(parts).toString('latin1') };
      asked.push(one);
      // As a server that is away answers.
      answer(one, response).catch(() => response.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    hold(fits) {
      let stopped = (): void => undefined;
      let goOn = (): void => undefined;
      const isStopped = new Promise<void>((resolve) => (stopped = resolve));
      const goesOn = new Promise<void>((resolve) => (goOn = resolve));
      const stop = (): Promise<void> => {
        stopped();
        return goesOn;
      };
      holding = { fits, stop };
      return { stopped: isStopped, goOn };
    },
    spoil(fits, how) {
      next = { fits, how };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      // A test that meant to spoil something and has not would pass whatever it looks at.
      if (next !== null) throw new Error(`no request fitted: nothing was ${next.how}`);
    },
  };
}

function begin(response: ServerResponse, { status, headers }: Answer, length: number): void {
  const kept = [...headers].filter(
    ([name]) => !/^(connection|content-length|content-encoding|transfer-encoding|keep-alive)$/.test(name),
  );
  response.writeHead(status, { ...Object.fromEntries(kept), 'content-length': length });
}

function write(response: ServerResponse, answer: Answer): void {
  begin(response, answer, answer.body.length);
  response.end(answer.body);
}

async function writeSlowly(response: ServerResponse, answer: Answer): Promise<void> {
  const { body } = answer;
  await sleep(SLOW_MS / SLOW_PARTS);
  begin(response, answer, body.length);
  response.flushHeaders();
  for (let part = 0; part < SLOW_PARTS; part += 1) {
    await sleep(SLOW_MS / SLOW_PARTS);
    const at = (nth: number): number => Math.floor((body.length * nth) / SLOW_PARTS);
    response.write(body.subarray(at(part), at(part + 1)));
  }
  response.end();
}
