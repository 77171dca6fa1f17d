/**
 * A real HAProxy before two colors that count who comes: Debian's, or the one that CUTOVER_TEST_HAPROXY names.
 * Invariant: all of it listens on loopback only, and ends with the process that started it.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnGuarded, type GuardedChild } from '../../src/dev-server/guarded-child.ts';
import { findProgram, HAPROXY } from '../../examples/docs-rag/peers/programs.ts';
import { freePort } from '../probes/servers.ts';
import { PIP_ROOT } from './pip.ts';
import { until } from './redis-server.ts';

export interface HaproxyServer {
  /** Its runtime API over TCP, and over a socket of files. */
  readonly admin: number;
  readonly socket: string;
  /** Asks as users of these names. @returns which color answered each */
  readonly ask: (users: readonly string[]) => Promise<readonly string[]>;
  /** Ends it and starts it anew. */
  readonly restart: () => Promise<void>;
  /** A new process takes over from the old one, as at a reload. */
  readonly reload: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface Config {
  /** Lines of the backend, before its servers. */
  readonly backend?: readonly string[];
  /** Words of a server's line after its address. */
  readonly blue?: string;
  readonly green?: string;
  readonly more?: readonly string[];
  readonly level?: string;
}

/** @returns the program. Throws where there is none. */
export function findHaproxy(): Promise<string> {
  return findProgram(HAPROXY, { named: process.env['CUTOVER_TEST_HAPROXY'], root: PIP_ROOT });
}

export async function startHaproxy({
  backend = ['balance hdr(x-user)', 'hash-type consistent'],
  blue = 'weight 100',
  green = 'weight 0',
  more = ['backend cutover', 'stick-table type string len 500 size 100'],
  level = 'admin',
}: Config = {}): Promise<HaproxyServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-haproxy-'));
  const [front, admin] = [await freePort(), await freePort()];
  const socket = join(folder, 'admin.sock');
  const colors = [await colored('blue'), await colored('green')] as const;
  const [blueAt, greenAt] = colors.map((one) => (one.address() as AddressInfo).port);
  const file = join(folder, 'haproxy.cfg');
  const lines = [
    'global',
    `stats socket ipv4@127.0.0.1:${admin} level ${level} expose-fd listeners`,
    `stats socket ${socket} mode 600 level ${level} expose-fd listeners`,
    'defaults',
    'mode http',
    'timeout connect 2s',
    'timeout client 5s',
    'timeout server 5s',
    'frontend users',
    `bind 127.0.0.1:${front}`,
    'default_backend docs',
    'backend docs',
    ...backend,
    `server blue 127.0.0.1:${blueAt} ${blue}`,
    `server green 127.0.0.1:${greenAt} ${green}`,
    ...more,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const program = await findHaproxy();
  const start = async (...words: string[]): Promise<GuardedChild> => {
    const child = await spawnGuarded(program, ['-db', '-f', file, ...words], { env: { ...process.env } });
    await until(async () => {
      if (!child.isRunning()) throw new Error(`haproxy ended: ${child.tail()}`);
      return userAt(front, 'first').then(
        () => true,
        () => false,
      );
    });
    return child;
  };
  let child = await start();
  return {
    admin,
    socket,
    ask: async (users) => {
      const answers: string[] = [];
      for (const user of users) answers.push(await userAt(front, user));
      return answers;
    },
    async restart() {
      await child.stop(0);
      child = await start();
    },
    async reload() {
      const before = child;
      child = await start('-sf', String(before.pid));
      await before.ended;
    },
    async stop() {
      await child.stop(0);
      for (const one of colors) one.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function colored(color: string): Promise<Server> {
  const server = createServer((_, response) => response.setHeader('connection', 'close').end(color));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function userAt(port: number, user: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, agent: false, headers: { 'x-user': user } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}
