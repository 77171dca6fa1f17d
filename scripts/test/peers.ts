/** The real peers that provider lanes need, started once for a run; one that cannot be had is said aloud. */
interface Peer {
  readonly what: string;
  readonly start: () => Promise<unknown>;
}

/** By the word in the names of the test files that need it: `evidence.s3.test.ts`. */
export const PEERS: Readonly<Record<string, Peer>> = {
  bullmq: {
    what: 'redis-server',
    start: async () => (await import('../../test/support/redis-server.ts')).findRedis(),
  },
  clickhouse: {
    what: 'chdb, the engine of ClickHouse',
    start: async () => (await import('../../test/support/clickhouse-server.ts')).sharedClickhouse(),
  },
  cloudwatch: {
    what: 'ministack',
    start: async () => (await import('../../test/support/cloudwatch-server.ts')).sharedCloudwatch(),
  },
  haproxy: {
    what: 'haproxy',
    start: async () => (await import('../../test/support/haproxy-server.ts')).findHaproxy(),
  },
  nats: {
    what: 'nats-server',
    start: async () => (await import('../../test/support/nats-server.ts')).findNats(),
  },
  pgbouncer: {
    what: 'pgbouncer and PostgreSQL',
    start: async () => {
      await (await import('../../test/support/postgres-server.ts')).findPostgres();
      await (await import('../../test/support/pgbouncer.ts')).findPgbouncer();
    },
  },
  postgres: {
    what: 'PostgreSQL',
    start: async () => (await import('../../test/support/postgres-server.ts')).findPostgres(),
  },
  kits: {
    what: 'check of a kit',
    start: async () => (await import('../../test/support/kit-tools.ts')).kitTools(),
  },
  rabbitmq: {
    what: 'rabbitmq-server',
    start: async () => (await import('../../test/support/rabbitmq-server.ts')).sharedRabbit(),
  },
  redis: {
    what: 'redis-server',
    start: async () => (await import('../../test/support/redis-server.ts')).findRedis(),
  },
  uvicorn: {
    what: 'uvicorn',
    start: async () => (await import('../../test/support/uvicorn.ts')).uvicornFolder(),
  },
  varnish: {
    what: 'varnishd',
    start: async () => (await import('../../test/support/varnish-server.ts')).findVarnish(),
  },
  wrangler: {
    what: 'wrangler',
    start: async () => (await import('../../test/support/wrangler.ts')).wranglerFolder(),
  },
  'self-hosted': {
    what: 'Redis, NATS, HAProxy or PostgreSQL',
    start: async () => {
      await (await import('../../test/support/redis-server.ts')).findRedis();
      await (await import('../../test/support/nats-server.ts')).findNats();
      await (await import('../../test/support/haproxy-server.ts')).findHaproxy();
      await (await import('../../test/support/postgres-server.ts')).findPostgres();
    },
  },
  s3: { what: 'ministack', start: async () => (await import('../../test/support/s3-server.ts')).sharedS3() },
};

// Nothing that whoever runs the tests can act on.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** Those of the asked that run now. */
export async function presentPeers(names: readonly string[]): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const name of new Set(names)) {
    const peer = PEERS[name];
    if (peer === undefined) continue;
    try {
      await peer.start();
      present.add(name);
    } catch (error) {
      process.stdout.write(
        `skipped: ${name}: no ${peer.what} (${(error as Error).message.split('\n')[0]})\n`,
      );
    }
  }
  return present;
}
