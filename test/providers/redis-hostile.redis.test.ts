/** A key of Redis that somebody else wrote, in every way: told to a person, never written over, and never a crash. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { openStore } from './redis-env.ts';

const KEY = 'cutover:docs';
const FIRST = firstConfig('docs');

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

const json = (change: object): string => JSON.stringify({ ...FIRST, ...change });
/** A number as it is written, which JSON.stringify would write otherwise. */
const numbered = (generation: string): string => json({ generation: 'N' }).replace('"N"', generation);

/** What stands under the key: the commands that put it there, and what a read says. */
const FOREIGN: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no JSON', ['SET', KEY, '{"schema":1,'], /is not JSON/],
  ['nothing', ['SET', KEY, ''], /is not JSON/],
  ['bytes', ['SET', KEY, '\u0000\u00ff\ufffd'], /is not JSON/],
  ['null', ['SET', KEY, 'null'], /must be an object/],
  ['a list', ['SET', KEY, '[1]'], /must be an object/],
  ['a number', ['SET', KEY, '7'], /must be an object/],
  ['deep lists', ['SET', KEY, '['.repeat(20_000) + ']'.repeat(20_000)], /must be an object/],
  ['a hash', ['HSET', KEY, 'generation', '1'], /holds a hash/],
  ['a list of Redis', ['RPUSH', KEY, 'a'], /holds a list/],
  ['a stream', ['XADD', KEY, '*', 'a', 'b'], /holds a stream/],
  ['100 MB', ['SETRANGE', KEY, '100000000', 'x'], /holds 100000001 bytes/],
  ['another schema', ['SET', KEY, json({ schema: 2 })], /schema must be 1/],
  ['a float', ['SET', KEY, numbered('1.5')], /generation must be a whole number/],
  ['text as generation', ['SET', KEY, numbered('"1"')], /generation must be a whole number/],
  ['2^53', ['SET', KEY, numbered('9007199254740992')], /generation must be a whole number/],
  ['1e400', ['SET', KEY, numbered('1e400')], /generation must be a whole number/],
  ['0', ['SET', KEY, numbered('0')], /generation must be a whole number/],
  ['-1', ['SET', KEY, numbered('-1')], /generation must be a whole number/],
  ['NaN', ['SET', KEY, numbered('NaN')], /is not JSON/],
  ['Infinity', ['SET', KEY, numbered('Infinity')], /is not JSON/],
  ['hexadecimal', ['SET', KEY, numbered('0x1')], /is not JSON/],
  ['true', ['SET', KEY, numbered('true')], /generation must be a whole number/],
  ['null as generation', ['SET', KEY, numbered('null')], /generation must be a whole number/],
];

function isHuman(says: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ProviderError, String(error));
    assert.equal(error.kind, 'human', error.message);
    assert.match(error.message, /key cutover:docs: what stands there is not ours.*another `prefix`/);
    assert.match(error.message, says);
    assert.ok(error.message.length < 400, `${error.message.length}`);
    return true;
  };
}

void describe('a key that holds what is not ours', () => {
  for (const [what, command, says] of FOREIGN) {
    void it(what, async () => {
      await server.run('FLUSHALL');
      await server.run(...command);
      const stood = await server.run('DUMP', KEY);
      const port = openStore(server);
      await assert.rejects(port.read(), isHuman(says));
      await assert.rejects(async () => port.check?.(), isHuman(says));
      // What it may be followed by, wherever a number was taken for another.
      for (const generation of [1, 2, Number.MAX_SAFE_INTEGER]) {
        const next = { ...FIRST, generation };
        await assert.rejects(port.compareAndSet(next, { idempotencyKey: 'run/1' }), isHuman(/not ours/));
      }
      assert.deepEqual(await server.run('DUMP', KEY), stood, 'nothing was written');
      assert.ok((await port.clock().catch((error: unknown) => error)) !== null);
    });
  }

  void it('the config of another service is shown, and never written over', async () => {
    await server.run('SET', KEY, json({ service: 'shop' }));
    const port = openStore(server);
    assert.equal((await port.read())?.service, 'shop');
    for (const generation of [1, 2])
      await assert.rejects(
        port.compareAndSet({ ...FIRST, generation }, { idempotencyKey: 'run/1' }),
        isHuman(/is not the config of docs/),
      );
    assert.equal(await server.run('GET', KEY), json({ service: 'shop' }));
  });
});

void describe('what is ours', () => {
  const write = (next: EdgeConfig): Promise<EdgeConfig> =>
    openStore(server).compareAndSet(next, { idempotencyKey: next.writer });

  void it('is stored as it was sent, to the last byte, whatever is in it', async () => {
    await server.run('FLUSHALL');
    const odd = firstConfig('docs', {
      writer: 'run/"é"\\ 日本 🙂 %s %d $1',
      salt: ' {}[]":,\u2028',
      cohorts: [],
      weightPercent: 0.001,
      switchStartedMs: 8_640_000_000_000_000,
    });
    assert.deepEqual(await write(odd), odd);
    assert.equal(await server.run('GET', KEY), JSON.stringify(odd));
    assert.deepEqual(await write(odd), odd, 'known as ours');
    await assert.rejects(write({ ...odd, writer: `${odd.writer} ` }), /lost/);
    const many = nextEdgeConfig(
      odd,
      { cohorts: Array.from({ length: 1000 }, (_, i) => `cohort-${i}`) },
      'run/2',
    );
    assert.deepEqual(await write(many), many);
  });

  void it('keeps counting to the last number that is one', async () => {
    await server.run('FLUSHALL');
    const last = Number.MAX_SAFE_INTEGER;
    await server.run('SET', KEY, json({ generation: last - 1 }));
    await assert.rejects(write({ ...FIRST, generation: last - 1, writer: 'other' }), /lost/);
    assert.equal((await write({ ...FIRST, generation: last })).generation, last);
    await assert.rejects(write({ ...FIRST, generation: last + 1 }), /not written: generation must be/);
  });

  void it('loses an expiry that somebody put on it as it is written', async () => {
    await server.run('FLUSHALL');
    const first = await write(FIRST);
    await server.run('EXPIRE', KEY, '1000');
    await write(nextEdgeConfig(first, {}, 'run/2'));
    assert.equal(await server.run('TTL', KEY), -1);
  });

  void it('is not sent when it is none, too large, or has a lease that is no time', async () => {
    await server.run('FLUSHALL');
    const port = openStore(server);
    const send = (change: Partial<EdgeConfig>, freezeForMs?: number): Promise<EdgeConfig> =>
      port.compareAndSet(
        { ...FIRST, ...change },
        { idempotencyKey: 'run/1', ...(freezeForMs === undefined ? {} : { freezeForMs }) },
      );
    const cohorts = Array.from({ length: 1000 }, (_, i) => `${i}-${'c'.repeat(80)}`);
    for (const call of [
      () => send({ weightPercent: Number.NaN }),
      () => send({ writer: 'a\nb' }),
      () => send({ cohorts }),
      () => send({}, Number.NaN),
      () => send({}, -1),
      () => send({}, 0),
      () => send({}, Infinity),
      () => send({}, 86_400_001),
    ])
      await assert.rejects(call, { name: 'ProviderError', kind: 'fatal', message: /not written/ });
    assert.equal(await port.read(), null);
    const frozen = await send({}, 0.5);
    const leftMs = (frozen.freezeUntilMs ?? 0) - (await port.clock());
    assert.ok(leftMs <= 1 && leftMs > -60_000, `${leftMs}`);
  });

  void it('a prefix of its own and a database of its own are worlds of their own', async () => {
    await server.run('FLUSHALL');
    const ports = [{}, { prefix: '' }, { prefix: 'a:b/' }, { url: `redis://127.0.0.1:${server.port}/3` }].map(
      (options) => openStore(server, options),
    );
    for (const port of ports) assert.equal(await port.read(), null);
    for (const port of ports) await port.compareAndSet(FIRST, { idempotencyKey: 'run/1' });
    assert.deepEqual(((await server.run('KEYS', '*')) as string[]).toSorted(), ['a:b/docs', KEY, 'docs']);
  });
});
