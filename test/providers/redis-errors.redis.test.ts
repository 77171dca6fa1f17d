/** What provider `redis` says of a Redis that refuses, is not there, or is something else; and of a key that holds what is not ours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig } from '../../src/domain/edge-config.ts';
import { UserError, type ProviderErrorKind } from '../../src/domain/errors.ts';
import { startRedis, startReplica, until, type RedisServer } from '../support/redis-server.ts';
import { refuses, SECRET, write } from '../support/store-calls.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { tcpServer } from '../probes/servers.ts';
import { openStore } from './redis-env.ts';

interface Refusal {
  readonly of: string;
  readonly settings?: readonly string[];
  readonly password?: string;
  readonly prepare?: (server: RedisServer) => Promise<unknown>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly kind: ProviderErrorKind;
  readonly says: RegExp;
  /** Reads are well. */
  readonly writesOnly?: true;
}

const REFUSALS: readonly Refusal[] = [
  {
    of: 'NOAUTH',
    password: SECRET,
    kind: 'fatal',
    says: /check REDIS_USERNAME and REDIS_PASSWORD/,
  },
  {
    of: 'WRONGPASS',
    password: 'another',
    options: { env: { REDIS_PASSWORD: SECRET } },
    kind: 'fatal',
    says: /check REDIS_USERNAME and REDIS_PASSWORD.*WRONGPASS/,
  },
  {
    of: 'AUTH',
    options: { env: { REDIS_PASSWORD: SECRET } },
    kind: 'fatal',
    says: /knows no passwords/,
  },
  {
    of: 'NOPERM',
    prepare: (server) =>
      server.run('ACL', 'SETUSER', 'reader', 'on', `>${SECRET}`, '~*', '+@read', '+eval', '+time'),
    options: { env: { REDIS_USERNAME: 'reader', REDIS_PASSWORD: SECRET } },
    kind: 'fatal',
    says: /grant `\+eval/,
  },
  {
    of: 'NOPERM of the key',
    prepare: (server) => server.run('ACL', 'SETUSER', 'other', 'on', `>${SECRET}`, '~mine:*', '+@all'),
    options: { env: { REDIS_USERNAME: 'other', REDIS_PASSWORD: SECRET } },
    kind: 'fatal',
    says: /grant `\+eval/,
  },
  {
    of: 'OOM',
    prepare: (server) => server.run('CONFIG', 'SET', 'maxmemory', '1'),
    kind: 'retry',
    says: /its memory is full: raise `maxmemory`/,
    writesOnly: true,
  },
  {
    of: 'NOREPLICAS',
    settings: ['--min-replicas-to-write', '1'],
    kind: 'retry',
    says: /fewer replicas than its `min-replicas-to-write`/,
  },
  {
    of: 'MASTERDOWN',
    settings: ['--replicaof', '127.0.0.1 9', '--replica-serve-stale-data', 'no'],
    kind: 'retry',
    says: /lost its primary/,
  },
  {
    of: 'CLUSTERDOWN',
    settings: ['--cluster-enabled', 'yes'],
    kind: 'retry',
    says: /Cluster is not supported/,
  },
  { of: 'DB index', options: { database: 99 }, kind: 'fatal', says: /no database of that number/ },
  {
    of: 'EVAL',
    settings: ['--rename-command', 'EVAL', ''],
    kind: 'fatal',
    says: /one of its commands is switched off: allow `\+eval/,
  },
  {
    of: 'BUSY',
    settings: ['--busy-reply-threshold', '10'],
    prepare: async (server) => {
      void server.run('EVAL', 'while true do end', '0').catch(() => undefined);
      await until(async () => /BUSY/.test(String(await server.run('GET', 'x').catch(String))));
    },
    kind: 'retry',
    says: /busy with somebody’s script/,
  },
];

void describe('redis that refuses', () => {
  for (const { of, settings, password, prepare, options = {}, kind, says, writesOnly } of REFUSALS) {
    void it(`${of} is ${kind}, in words that say what to do`, async () => {
      const server = await startRedis(settings, password);
      try {
        await prepare?.(server);
        const { database = '', ...others } = options;
        const url = `redis://127.0.0.1:${server.port}/${String(database)}`;
        const port = openStore(server, { url, ...others });
        const calls: (() => Promise<unknown> | undefined)[] = [
          () => write(port, firstConfig('docs')),
          () => port.check?.(),
        ];
        if (writesOnly === true) assert.equal(await port.read(), null);
        else
          calls.push(
            () => port.read(),
            () => port.clock(),
          );
        for (const call of calls) await refuses(call, kind, says, of);
      } finally {
        await server.stop();
      }
    });
  }

  void it('a replica is not asked, not even for a read, and is once it was promoted', async () => {
    const primary = await startRedis();
    const replica = await startReplica(primary);
    try {
      // The replica has it before it is promoted.
      const [port, other] = [openStore(primary, { replicas: 1, timeoutMs: 20_000 }), openStore(replica)];
      const first = await write(port, firstConfig('docs'));
      const next = nextEdgeConfig(first, {}, 'run/2');
      const calls = [
        () => other.read(),
        () => other.clock(),
        () => other.check?.(),
        () => write(other, next),
      ];
      for (const call of calls) await refuses(call, 'retry', /must lead to the primary.*READONLY/);
      await replica.run('REPLICAOF', 'NO', 'ONE');
      assert.equal((await write(other, next)).generation, 2);
    } finally {
      await replica.stop();
      await primary.stop();
    }
  });

  void it('what may throw the config away, or has too few replicas, is found before a switch', async () => {
    const server = await startRedis(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    try {
      await refuses(() => openStore(server).check?.(), 'human', /allkeys-lru may throw the edge config/);
      await server.run('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
      await openStore(server).check?.();
      const port = openStore(server, { replicas: 2, timeoutMs: 1000 });
      await refuses(() => port.check?.(), 'retry', /has 0 replica.* `replicas` wants 2/);
      // A busy machine may miss what WAIT answers: that the write is stored is said all the same.
      const stored = /is stored, but .*(0 of 2 replica|no answer within 1000 ms)/;
      await refuses(() => write(port, firstConfig('docs')), 'retry', stored);
      await refuses(() => write(port, firstConfig('docs')), 'retry', stored);
      assert.equal((await port.read())?.generation, 1);
      await server.run('ACL', 'SETUSER', 'default', '-info');
      await openStore(server).check?.();
    } finally {
      await server.stop();
    }
  });
});

void it('a write whose replicas nobody told of is said to be stored, with why it is not known', async (t) => {
  const server = await startRedis();
  const proxy = await tcpProxy(server.port);
  t.after(async () => {
    await proxy.close();
    await server.stop();
  });
  proxy.spoil('WAIT', 'lost');
  const says = /key .*: generation 1 is stored, but redis:\/\/127\.0\.0\.1:\d+: /;
  const port = openStore(proxy, { replicas: 1 });
  await refuses(() => write(port, firstConfig('docs')), 'retry', says);
  assert.equal((await openStore(server).read())?.generation, 1);
});

void describe('redis that is not there', () => {
  for (const [what, answer, kind, says] of [
    ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'fatal', /is no Redis/],
    ['another script', '*1\r\n$2\r\nhi\r\n', 'fatal', /is no Redis/],
    ['a number', ':7\r\n', 'fatal', /is no Redis/],
    ['nothing', '$-1\r\n', 'fatal', /is no Redis/],
    ['MOVED', '-MOVED 866 10.0.0.1:6379\r\n', 'fatal', /Cluster is not supported/],
    ['LOADING', '-LOADING Redis is loading the dataset in memory\r\n', 'retry', /still reads its data/],
    [
      'MISCONF',
      '-ERR Error running script: @user_script:9: MISCONF Redis is configured\r\n',
      'retry',
      /its disk/,
    ],
    [
      'READONLY in a script',
      '-ERR Error running script: @user_script: 9: -READONLY You can\r\n',
      'retry',
      /replica/,
    ],
    ['NOSCRIPT', '-NOSCRIPT No matching script\r\n', 'retry', /lost a script/],
    ['an echo', `-ERR what is ${SECRET} ${'x'.repeat(9999)}\r\n`, 'fatal', /what is \*\*\* x{30,150}…/],
    ['half an answer', '*4\r\n$4\r\nre', 'retry', /no answer within 300 ms/],
  ] as const) {
    void it(`${what} is ${kind}`, async (t) => {
      // First comes AUTH, then the script.
      const url = await tcpServer(t, (socket) => {
        socket.write('+OK\r\n');
        socket.once('data', () => socket.write(answer));
      });
      // Short only where no answer is what is looked at.
      const timeoutMs = says.source.includes('300 ms') ? 300 : 10_000;
      const port = openStore(
        { port: Number(new URL(url).port) },
        { timeoutMs, env: { REDIS_PASSWORD: SECRET } },
      );
      await refuses(() => port.read(), kind, says, what);
      await refuses(() => write(port, firstConfig('docs')), kind, says, what);
    });
  }

  void it('says where it asked and why nothing came, within its time', async (t) => {
    const nowhere = { url: undefined, env: { REDIS_URL: `redis://me:${SECRET}@127.0.0.1:9/0` } };
    await refuses(
      () => openStore({ port: 9 }, nowhere).read(),
      'retry',
      /^redis:\/\/127.0.0.1:9: nothing listens/,
    );
    const six = { url: 'redis://[::1]:9' };
    await refuses(() => openStore({ port: 9 }, six).read(), 'retry', /^redis:\/\/\[::1\]:9: /);
    const noHost = { url: 'redis://no-such-host.invalid' };
    await refuses(
      () => openStore({ port: 9 }, noHost).read(),
      'retry',
      /no-such-host.invalid:6379: (there is no such host|the name)/,
    );
    const silent = await tcpServer(t, () => undefined);
    const port = openStore({ port: Number(new URL(silent).port) }, { timeoutMs: 200 });
    const startedMs = performance.now();
    await refuses(() => port.read(), 'retry', /no answer within 200 ms/);
    assert.ok(performance.now() - startedMs < 2000);
    const tls = openStore({ port: 9 }, { url: silent.replace('http', 'rediss'), timeoutMs: 200 });
    await refuses(() => tls.read(), 'retry', /no answer within 200 ms/);
    const closed = port.read();
    await port.close?.();
    await refuses(() => closed, 'retry', /it was closed under way/);
    const aborted = new AbortController();
    const call = port.read(aborted.signal);
    aborted.abort(new Error('cancelled by the test'));
    await assert.rejects(call, /cancelled by the test/);
  });

  void it('speaks TLS to what speaks none: fatal where that can be told', async (t) => {
    const plain = await tcpServer(t, (socket) => socket.write('-ERR unknown command\r\n'));
    const port = openStore({ port: 9 }, { url: plain.replace('http', 'rediss') });
    await refuses(() => port.read(), 'fatal', /^rediss:.*: it speaks no TLS that fits/);
  });

  void it('an address that is none is the user’s mistake, and is not repeated', () => {
    for (const [name, env, options] of [
      ['REDIS_URL', { REDIS_URL: `http://me:${SECRET}@host` }, { url: undefined }],
      ['REDIS_URL', { REDIS_URL: SECRET }, { url: undefined }],
      ['OTHER_URL', { REDIS_URL: 'redis://host' }, { url: undefined, urlEnv: 'OTHER_URL' }],
      ['url', {}, { url: `redis://me:${SECRET}@host` }],
      ['prefix', {}, { prefix: 'a b' }],
      ['replicas', {}, { replicas: -1 }],
      ['replica', {}, { replica: 1 }],
    ] as const) {
      assert.throws(
        () => openStore({ port: 9 }, { env, ...options }),
        (error) =>
          error instanceof UserError && error.message.includes(name) && !error.message.includes(SECRET),
        name,
      );
    }
  });
});
