/**
 * The router against a Worker that only passes on: both on workerd, the same origin in another process, the same client (budget: at
 * most 1.05 ×). The router decides, labels, fences and logs every request; requests of the two alternate within each lane.
 * Run: node --import tsx bench/router.ts [--requests 600]. Exits 1 beyond the budget where the origin takes 20 ms, which is less than
 * any LLM service takes.
 */
import { fork } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { bucketOf } from '../src/domain/bucket.ts';
import { startEdge } from '../test/edge/support.ts';

const BUDGET = 1.05;
const JUDGED = '/json?ms=20';
const PATHS = ['/json?ms=0', JUDGED, '/json?ms=100', '/sse?ms=20', '/sse?ms=100'];
const LANES = 4;
const WARM_UP = 40;
const SSE_EVENTS = 5;
const PASS_THROUGH = `export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    return fetch(env.ORIGIN + pathname + search, request);
  },
};`;

/** The origin's process: JSON after so many milliseconds, or a stream of events spread over them. */
function serveOrigin(): void {
  const body = JSON.stringify({ answer: 'VACUUM rebuilds the database file. '.repeat(60) });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://origin');
    void reply(url.pathname, Number(url.searchParams.get('ms')), response);
  });
  async function reply(path: string, ms: number, response: ServerResponse): Promise<void> {
    if (path === '/sse') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let i = 0; i < SSE_EVENTS; i += 1) {
        await sleep(ms / SSE_EVENTS);
        response.write(`data: word ${i}\n\n`);
      }
      response.end('data: [DONE]\n\n');
      return;
    }
    if (ms > 0) await sleep(ms);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.once('disconnect', () => process.exit(0));
}

async function timed(url: string, user: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(url, { headers: { 'x-user-id': user } });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${url}: HTTP ${answer.status}`);
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function compare(path: string, router: string, floor: string, requests: number) {
  const ms: { router: number[]; floor: number[] } = { router: [], floor: [] };
  const perLane = WARM_UP + Math.ceil(requests / LANES);
  const lane = async (_: unknown, number: number): Promise<void> => {
    for (let i = 0; i < perLane; i += 1) {
      const user = `user-${number}-${i}`;
      // Whoever comes first in a pair changes, so that neither has the warmer socket.
      const order = i % 2 === 0 ? (['router', 'floor'] as const) : (['floor', 'router'] as const);
      for (const arm of order) {
        const took = await timed((arm === 'router' ? router : floor) + path, user);
        if (i >= WARM_UP) ms[arm].push(took);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { routerMs: median(ms.router), floorMs: median(ms.floor) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { requests: { type: 'string', default: '600' } } });
  const child = fork(fileURLToPath(import.meta.url), ['--origin'], { execArgv: process.execArgv });
  const port = await new Promise<number>((resolve) => child.once('message', (said) => resolve(Number(said))));
  const origin = `http://127.0.0.1:${port}`;
  // The TTL of production: the tests' own is there to make them quick.
  const under = await startEdge({ CONFIG_TTL_MS: '250' }, { origins: { blue: origin, green: origin } });
  const floor = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    log: new Log(LogLevel.ERROR),
    modules: [{ type: 'ESModule', path: 'worker.js', contents: PASS_THROUGH }],
    compatibilityDate: '2026-04-01',
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    bindings: { ORIGIN: origin },
  });
  try {
    await under.set({ weightPercent: 50 });
    await floor.ready;
    // A region of the local edge is asked at its own socket, past miniflare's front; so is the floor.
    const floorUrl = (await floor.unsafeGetDirectURL()).href.replace(/\/$/, '');
    const routerUrl = under.edge.entries[0]?.url ?? '';
    for (const path of PATHS) {
      const { routerMs, floorMs } = await compare(path, routerUrl, floorUrl, Number(values.requests));
      const ratio = routerMs / floorMs;
      const over = path === JUDGED && ratio > BUDGET;
      if (over) process.exitCode = 1;
      process.stdout.write(
        `${path.padEnd(13)} router ${routerMs.toFixed(2)} ms, pass-through ${floorMs.toFixed(2)} ms, ratio ${ratio.toFixed(3)}` +
          `${path === JUDGED ? ` (budget ${BUDGET})${over ? ' OVER' : ''}` : ''}\n`,
      );
    }
  } finally {
    await under.close();
    await floor.dispose();
    child.disconnect();
  }
  const calls = 1_000_000;
  const startedAt = performance.now();
  let sum = 0;
  for (let i = 0; i < calls; i += 1) sum += bucketOf('salt', `user-${i}`);
  const us = ((performance.now() - startedAt) * 1000) / calls;
  process.stdout.write(`bucket of a user: ${us.toFixed(2)} µs (mean bucket ${Math.round(sum / calls)})\n`);
}

if (process.argv.includes('--origin')) serveOrigin();
else await main();
