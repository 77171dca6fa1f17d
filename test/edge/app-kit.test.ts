/** The edge kit of applications: reading the router's word, refusing writes, keys, and the reader for background work. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import {
  assertWritable,
  cacheKey,
  contextOf,
  EdgeConfigReader,
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
});
