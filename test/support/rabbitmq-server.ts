/**
 * RabbitMQ for tests: Debian's `rabbitmq-server`, or the programs in the folder that CUTOVER_TEST_RABBITMQ_BIN names, with its management plugin.
 * It takes many seconds to start, so there is one for a run: started on first use, and announced to child processes by
 * CUTOVER_TEST_RABBITMQ (the addresses of broker and management API).
 * Invariant: it and its epmd listen on loopback only, under a name, ports and a data folder of their own, and end with the process that
 * started them.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Channel } from 'amqplib';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';
import { freePort } from '../probes/servers.ts';

const BIN = process.env['CUTOVER_TEST_RABBITMQ_BIN'] ?? '/usr/lib/rabbitmq/bin';
/** A loaded machine of two cores takes minutes. */
const READY_MS = 300_000;
/** How often the broker counts, and how often its management API looks at what was counted, ms: 5000 each where nobody says otherwise. */
const STATISTICS_MS = 200;
const SAMPLE_MS = 1000;
export const COUNTS_LAG_MS = STATISTICS_MS + SAMPLE_MS;

export interface RabbitServer {
  readonly port: number;
  /** Address of the management API. */
  readonly management: string;
  /** As producers and workers use it, without our code in between; closed after each use. */
  readonly use: <T>(act: (channel: Channel) => Promise<T>) => Promise<T>;
  /** As an operator uses it: one call of the management API. */
  readonly manage: (method: string, path: string, body?: unknown) => Promise<unknown>;
}

let started: Promise<RabbitServer> | undefined;

/** Throws where it cannot be had. */
export function sharedRabbit(): Promise<RabbitServer> {
  return (started ??= open());
}

async function open(): Promise<RabbitServer> {
  const [port, management] = (process.env['CUTOVER_TEST_RABBITMQ'] ?? (await start())).split(' ');
  process.env['CUTOVER_TEST_RABBITMQ'] = `${port} ${management}`;
  return serverAt(Number(port), management ?? '');
}

async function start(): Promise<string> {
  const found = await runTool(['test', '-x', join(BIN, 'rabbitmq-server')], { timeoutMs: 10_000 });
  if (!found.ok) throw new Error(`no rabbitmq-server in ${BIN}; Debian: apt-get install rabbitmq-server`);
  const folder = await mkdtemp(join(tmpdir(), 'cutover-rabbitmq-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const [port, managementPort, epmdPort, nodePort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      'management.tcp.ip = 127.0.0.1',
      `management.tcp.port = ${managementPort}`,
      `collect_statistics_interval = ${STATISTICS_MS}`,
      ...['global.minute', 'basic.minute', 'detailed.10'].map(
        (which) => `management.sample_retention_policies.${which} = ${SAMPLE_MS / 1000}`,
      ),
      'disk_free_limit.absolute = 1MB',
      'log.file = false',
      'log.console = true',
      'log.console.level = error',
      '',
    ].join('\n'),
  );
  await writeFile(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n');
  await writeFile(join(folder, 'none.conf'), '');
  // Quorum queues count at ticks of their own.
  await writeFile(
    join(folder, 'advanced.config'),
    `[{rabbit, [{quorum_tick_interval, ${STATISTICS_MS}}]}].\n`,
  );
  const env = {
    ...process.env,
    HOME: folder,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_ALLOW_INPUT: 'true',
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none.conf'),
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_NODENAME: `cutover${port}@localhost`,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-noinput -kernel inet_dist_use_interface {127,0,0,1}',
  };
  const epmd = await spawnGuarded('epmd', [], { env });
  const child = await spawnGuarded(join(BIN, 'rabbitmq-server'), [], { env });
  const server = serverAt(port, `http://127.0.0.1:${managementPort}`);
  const untilMs = Date.now() + READY_MS;
  for (;;) {
    const answers = await server.manage('GET', '/overview').then(
      () => true,
      () => false,
    );
    if (answers) return `${port} ${server.management}`;
    if (!child.isRunning() || Date.now() > untilMs) {
      await Promise.all([child.stop(0), epmd.stop(0)]);
      throw new Error(`rabbitmq-server does not answer: ${child.tail()}`);
    }
    await sleep(200);
  }
}

function serverAt(port: number, management: string): RabbitServer {
  return {
    port,
    management,
    async use(act) {
      const connection = await connect({ hostname: '127.0.0.1', port, heartbeat: 0 });
      connection.on('error', () => undefined);
      try {
        const channel = await connection.createChannel();
        channel.on('error', () => undefined);
        return await act(channel);
      } finally {
        await connection.close();
      }
    },
    async manage(method, path, body) {
      const answer = await fetch(`${management}/api${path}`, {
        method,
        headers: {
          authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text === '' ? null : JSON.parse(text);
    },
  };
}
