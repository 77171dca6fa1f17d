/** The edge kit of applications: reading the router's word, refusing writes, keys, and the reader for background work. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { COLORS, type Color } from '../../src/domain/color.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import {
  assertWritable,
  cacheKey,
  contextOf,
  EdgeConfigReader,
  loadFromEdge,
  producerTopic,
  readContext,
  WriteRefusedError,
  type EdgeContext,
} from '../../src/edge/index.ts';
import { firstConfig } from '../../src/conformance/store.ts';

const headers = {
  'x-color': 'blue',
  'x-cfg-gen': '7',
  'x-release': 'r1',
  'x-cutover-kind': 'user',
  'x-cutover-writes': 'open',
  'x-cutover-producer': 'green',
};

function refusalOf(context: EdgeContext, intent = {}, nowMs = 1000): [number, string] | null {
  try {
    assertWritable(context, intent, nowMs);
    return null;
  } catch (error) {
    assert.ok(error instanceof WriteRefusedError);
    return [error.refusal.status, error.refusal.headers['x-cutover-write'] ?? ''];
  }
}

describe('app kit', () => {
  it('reads fetch headers and Node headers alike', () => {
    const fromNode = readContext(headers);
    assert.deepEqual(readContext(new Headers(headers)), fromNode);
    assert.deepEqual([fromNode.color, fromNode.generation, fromNode.producer], ['blue', 7, 'green']);
  });

  it('refuses writes by the fence', () => {
    const frozen = { ...headers, 'x-cutover-freeze-until': '2000' };
    assert.equal(refusalOf(readContext(headers)), null);
    assert.deepEqual(refusalOf(readContext(frozen)), [503, 'frozen']);
    assert.equal(refusalOf(readContext(frozen), {}, 2000), null);
    const enqueueOnly = readContext({ ...frozen, 'x-cutover-freeze-scope': 'enqueue' });
    assert.equal(refusalOf(enqueueOnly), null);
    assert.deepEqual(refusalOf(enqueueOnly, { enqueue: true }), [503, 'frozen']);
    assert.deepEqual(refusalOf(readContext({ ...headers, 'x-cutover-writes': 'read-only' })), [409, 'late']);
    assert.deepEqual(refusalOf(readContext({ ...headers, 'x-cutover-kind': 'shadow' })), [409, 'shadow']);
  });

  it('a request past the edge reads but does not write or enqueue', () => {
    const context = readContext({});
    assert.deepEqual(refusalOf(context), [503, 'frozen']);
    assert.throws(() => producerTopic(context, { blue: 'b', green: 'g' }), WriteRefusedError);
  });

  it('producers feed the producer color’s topic, whoever serves', () => {
    assert.equal(
      producerTopic(readContext(headers), { blue: 'jobs.blue', green: 'jobs.green' }),
      'jobs.green',
    );
  });

  it('color and epoch join the cache key', () => {
    assert.equal(cacheKey('green', 3, 'q'), 'green:3:q');
  });

  it('a context made from a config says what the router’s headers would', () => {
    const config = firstConfig('docs', { freezeUntilMs: 5000 });
    assert.deepEqual(refusalOf(contextOf(config, 'blue')), [503, 'frozen']);
    assert.equal(refusalOf(contextOf(config, 'green')), null);
    assert.equal(refusalOf(contextOf(config, 'blue'), {}, 5000), null);
    assert.deepEqual(refusalOf(contextOf(null, 'blue')), [503, 'frozen']);
  });

  it('the reader keeps the newest generation, and turns to doubt when it cannot read', async () => {
    let now = 0;
    let answer: EdgeConfig | null | Error = firstConfig('docs', { generation: 3 });
    const reader = new EdgeConfigReader({
      load: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
      maxStaleMs: 1000,
      now: () => now,
    });
    assert.equal(reader.config?.generation, undefined);
    await reader.start();
    assert.equal(reader.config?.generation, 3);
    answer = firstConfig('docs', { generation: 2 });
    await reader.refresh();
    assert.equal(reader.config?.generation, 3);
    answer = new Error('down');
    now = 1000;
    await reader.refresh();
    assert.equal(refusalOf(reader.context('blue')), null);
    now = 1001;
    assert.deepEqual(refusalOf(reader.context('blue')), [503, 'frozen']);
    assert.equal(reader.lastError, 'down');
    reader.stop();
  });

  it('scheduled jobs run on one color through freeze, flip and rollback, counted by tick', async () => {
    let now = 0;
    const served: Record<Color, EdgeConfig | null | Error> = { blue: null, green: null };
    const readers = COLORS.map((color) => {
      const load = async (): Promise<EdgeConfig | null> => {
        const one = served[color];
        if (one instanceof Error) throw one;
        return one;
      };
      return [color, new EdgeConfigReader({ load, maxStaleMs: 1000, now: () => now })] as const;
    });
    /** Every 100 ms a job is due; each color has read the config just before. */
    const tick = async (): Promise<readonly Color[]> => {
      now += 100;
      for (const [, reader] of readers) await reader.refresh();
      return readers.flatMap(([color, reader]) => (reader.runsSchedules(color, 'blue') ? [color] : []));
    };
    const serve = (config: EdgeConfig | null | Error, to: readonly Color[] = COLORS): void => {
      for (const color of to) served[color] = config;
    };
    assert.deepEqual(await tick(), ['blue'], 'no config was ever written');
    serve(firstConfig('docs', { generation: 1, producer: 'blue' }));
    assert.deepEqual(await tick(), ['blue']);
    serve(firstConfig('docs', { generation: 2, producer: 'blue', freezeUntilMs: now + 5000 }));
    assert.deepEqual(await tick(), [], 'the freeze');
    const flipped = firstConfig('docs', { generation: 3, producer: 'green', freezeUntilMs: null });
    serve(flipped, ['green']);
    assert.deepEqual(await tick(), ['green'], 'green has seen the flip, blue the freeze');
    serve(flipped);
    assert.deepEqual(await tick(), ['green']);
    serve(new Error('the edge is away'));
    for (let ticks = 0; ticks < 10; ticks += 1) assert.deepEqual(await tick(), ['green']);
    assert.deepEqual(await tick(), [], 'doubt');
    serve(firstConfig('docs', { generation: 4, producer: 'blue', freezeUntilMs: null }));
    assert.deepEqual(await tick(), ['blue'], 'the rollback');
  });

  it('a router that cannot confirm what it serves is not believed', async () => {
    const config = firstConfig('docs', { generation: 3 });
    let doubt = false;
    const server = createServer((_, response) => response.end(JSON.stringify({ config, doubt })));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const load = loadFromEdge({ url: `http://127.0.0.1:${port}`, token: 't' });
    assert.equal((await load(AbortSignal.timeout(5000)))?.generation, 3);
    doubt = true;
    await assert.rejects(load(AbortSignal.timeout(5000)), /cannot confirm what it serves/);
    server.close();
  });
});
