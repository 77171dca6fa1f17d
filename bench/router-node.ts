/**
 * The router on Node against a process that only passes on, on the same runtime, and against HAProxy and nginx as plain proxies where
 * they are installed (`apt-get install haproxy nginx-light`): one origin, one client, requests of all interleaved.
 * Run: node --import tsx bench/router-node.ts [--requests 400] [--streams 1000]. Exits 1 beyond the budget of 1.05 × the pass-through.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startNodeRouter } from '../test/edge/node/support.ts';

const BUDGET = 1.05;
const JUDGED = ['/json?ms=20', '/sse?ms=20', '/ndjson?ms=20'];
const PATHS = ['/json?ms=0', ...JUDGED];
const LANES = 4;
const WARM_UP = 30;
const TICKS_PER_S = 100;
const HAPROXY = '/usr/sbin/haproxy';
const NGINX = '/usr/sbin/nginx';
const BODY = JSON.stringify({ answer: 'VACUUM rebuilds the database file. '.repeat(60) });

interface Arm {
  readonly name: string;
  readonly port: number;
  readonly child: ChildProcess;
}

/** JSON after so many ms, or a stream whose first piece comes then; `/hold` is a stream that stays open. */
function serveOrigin(): http.Server {
  return http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://origin');
    void reply(url.pathname, Number(url.searchParams.get('ms')), response);
  });
}

async function reply(path: string, ms: number, response: http.ServerResponse): Promise<void> {
  if (ms > 0) await sleep(ms);
  if (path === '/json') {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(BODY),
    });
    response.end(BODY);
    return;
  }
  const isSse = path !== '/ndjson';
  response.writeHead(200, { 'content-type': isSse ? 'text/event-stream' : 'application/x-ndjson' });
  for (let i = 0; i < 5; i += 1) {
    response.write(isSse ? `data: word ${i}\n\n` : `{"word":${i}}\n`);
    if (path === '/hold') return;
    await sleep(2);
  }
  response.end(isSse ? 'data: [DONE]\n\n' : '');
}

/** What any proxy has to do, and nothing else. */
function servePassThrough(origin: string): http.Server {
  const agent = new http.Agent({ keepAlive: true });
  return http.createServer((request, response) => {
    const asked = http.request(origin + (request.url ?? '/'), {
      agent,
      method: request.method,
      headers: request.headers,
    });
    asked.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    asked.on('error', () => response.destroy());
    response.once('close', () => asked.destroy());
    request.pipe(asked);
  });
}

async function beChild(role: string, origin: string): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  if (role === 'router') {
    const router = await startNodeRouter({
      origins: { blue: origin, green: origin },
      vars: { CONFIG_TTL_MS: '1000' },
    });
    await router.set({ weightPercent: 50 });
    // Lines of the bench would pile up in the process that is measured.
    setInterval(() => router.all.splice(0), 100).unref();
    process.send?.(Number(new URL(router.url).port));
    return;
  }
  const server = role === 'origin' ? serveOrigin() : servePassThrough(origin);
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

async function startOwn(name: string, origin: string): Promise<Arm> {
  const child = fork(fileURLToPath(import.meta.url), ['--role', name, '--origin', origin], {
    execArgv: process.execArgv,
  });
  const port = await new Promise<number>((resolve) => child.once('message', (said) => resolve(Number(said))));
  return { name, port, child };
}

/** @returns null, with a word on why, where the program is not installed. */
async function startOther(name: 'haproxy' | 'nginx', dir: string, originPort: number): Promise<Arm | null> {
  const program = name === 'haproxy' ? HAPROXY : NGINX;
  if (!existsSync(program)) {
    process.stdout.write(`${name}: skipped, ${program} is not there\n`);
    return null;
  }
  const port = await freePort();
  const file = join(dir, `${name}.conf`);
  const config =
    name === 'haproxy'
      ? `global\n  nbthread 1\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\nlisten l\n  bind 127.0.0.1:${port}\n  server s 127.0.0.1:${originPort}\n`
      : `pid ${dir}/nginx.pid;\nevents { worker_connections 4000; }\nhttp { access_log off; upstream o { server 127.0.0.1:${originPort}; keepalive 64; }\nserver { listen 127.0.0.1:${port}; location / { proxy_pass http://o; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }\n`;
  await writeFile(file, config);
  const words =
    name === 'haproxy'
      ? ['-db', '-f', file]
      : ['-c', file, '-e', `${dir}/error.log`, '-g', 'daemon off; master_process off;'];
  const child = spawn(program, words, { stdio: 'ignore' });
  await sleep(1000);
  return { name, port, child };
}

async function freePort(): Promise<number> {
  const server = http.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const agents = new Map<string, http.Agent>();

/** @returns ms until the first byte of the body, and until its end. */
function timed(
  { name, port }: Arm,
  path: string,
  user: string,
): Promise<{ readonly first: number; readonly end: number }> {
  const agent = agents.get(name) ?? new http.Agent({ keepAlive: true });
  agents.set(name, agent);
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const asked = http.get(
      { port, host: '127.0.0.1', path, agent, headers: { 'x-user-id': user } },
      (answer) => {
        let first = 0;
        answer.on('data', () => (first ||= performance.now() - startedAt));
        answer.once('end', () => resolve({ first, end: performance.now() - startedAt }));
      },
    );
    asked.on('error', reject);
  });
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)] ?? Number.NaN;
}

async function compare(arms: readonly Arm[], path: string, requests: number): Promise<Map<string, number[]>> {
  const ms = new Map(arms.map(({ name }): [string, number[]] => [name, []]));
  const lane = async (lane: number): Promise<void> => {
    for (let i = 0; i < WARM_UP + requests / LANES; i += 1) {
      // Whoever comes first changes, so that none has the warmer socket.
      for (let at = 0; at < arms.length; at += 1) {
        const arm = arms[(at + i) % arms.length];
        if (arm === undefined) continue;
        const took = await timed(arm, path, `user-${lane}-${i}`);
        if (i >= WARM_UP) ms.get(arm.name)?.push(path.startsWith('/json') ? took.end : took.first);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(i)));
  return ms;
}

/** CPU seconds that a process has used. */
function cpuS({ child }: Arm): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function rssMb({ child }: Arm): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function perCore(arm: Arm, requests: number): Promise<number> {
  const before = cpuS(arm);
  const lane = async (lane: number): Promise<void> => {
    for (let i = 0; i < requests / 16; i += 1) await timed(arm, '/json?ms=0', `user-${lane}-${i}`);
  };
  await Promise.all(Array.from({ length: 16 }, (_, i) => lane(i)));
  return requests / (cpuS(arm) - before);
}

/** @returns RSS before and with so many open streams, MB. */
async function withStreams(arm: Arm, streams: number): Promise<readonly [number, number]> {
  const before = rssMb(arm);
  const open: http.ClientRequest[] = [];
  for (let i = 0; i < streams; i += 1) {
    await new Promise<void>((resolve, reject) => {
      const asked = http.get({ port: arm.port, host: '127.0.0.1', path: '/hold', agent: false }, (answer) => {
        answer.on('error', () => undefined);
        answer.once('data', () => resolve());
      });
      asked.on('error', reject);
      open.push(asked);
    });
  }
  const during = rssMb(arm);
  for (const asked of open) asked.on('error', () => undefined).destroy();
  return [before, during];
}

async function main(requests: number, streams: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-bench-'));
  const origin = await startOwn('origin', '');
  const url = `http://127.0.0.1:${origin.port}`;
  const others = [await startOther('haproxy', dir, origin.port), await startOther('nginx', dir, origin.port)];
  const arms = [
    await startOwn('router', url),
    await startOwn('pass-through', url),
    ...others.filter((arm) => arm !== null),
  ];
  try {
    for (const path of PATHS) {
      const ms = await compare(arms, path, requests);
      const floor = quantile(ms.get('pass-through') ?? [], 0.5);
      const ratio = quantile(ms.get('router') ?? [], 0.5) / floor;
      const isOver = JUDGED.includes(path) && ratio > BUDGET;
      if (isOver) process.exitCode = 1;
      const told = arms.map(({ name }) => {
        const values = ms.get(name) ?? [];
        return `${name} ${quantile(values, 0.5).toFixed(2)} (p99 ${quantile(values, 0.99).toFixed(1)})`;
      });
      process.stdout.write(
        `${path.padEnd(14)} ms: ${told.join(', ')}; ratio ${ratio.toFixed(3)}${isOver ? ' OVER' : ''}\n`,
      );
    }
    for (const arm of arms) {
      const rate = await perCore(arm, requests * 4);
      const [before, during] = await withStreams(arm, streams);
      process.stdout.write(
        `${arm.name.padEnd(14)} ${rate.toFixed(0)} requests/s a core; RSS ${before.toFixed(0)} MB, with ${streams} open streams ${during.toFixed(0)} MB\n`,
      );
    }
  } finally {
    for (const { child } of [...arms, origin]) child.kill();
    await rm(dir, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    origin: { type: 'string', default: '' },
    requests: { type: 'string', default: '400' },
    streams: { type: 'string', default: '1000' },
  },
});
if (values.role === undefined) await main(Number(values.requests), Number(values.streams));
else await beChild(values.role, values.origin);
