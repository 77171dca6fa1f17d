/**
 * What every `TelemetryPort` must do. Where the environment can `append` request lines, exact numbers are asserted;
 * otherwise only what holds for any traffic.
 */
import assert from 'node:assert/strict';
import { BUILT_IN_RULE } from '../domain/clusters/index.ts';
import type { RequestLine } from '../domain/request-line.ts';
import type { TelemetryQuery } from '../ports/index.ts';
import { suite } from './suite.ts';
import { requestLine } from './request-lines.ts';
import type { TelemetryEnv } from './telemetry-env.ts';
import { plainRules } from './telemetry-plain.ts';
import { sumsRules } from './telemetry-sums.ts';

export function telemetryPortSuite(name: string, makeEnv: () => Promise<TelemetryEnv>): void {
  suite(`TelemetryPort: ${name}`, makeEnv, (rules) => {
    const { given } = rules;
    plainRules(rules);
    sumsRules(rules);
    given(
      'append',
      'counts users only: probes, pings, priming, shadow replay and what the edge answered itself stay out',
      async (env) => {
        const line = lineAt(env.query);
        await env.append([
          line(0),
          line(1, { kind: 'probe', error: 'headers:closed', status: 502 }),
          line(2, { kind: 'warm' }),
          line(3, { kind: 'prime', cache: { ...line(0).cache, hit: true } }),
          line(4, { kind: 'shadow' }),
          line(4, { by: 'edge', status: 503, error: 'client:body_on_read' }),
        ]);
        const window = await env.port.window(env.query);
        assert.equal(window.slices.length, 1);
        assert.equal(window.slices[0]?.requests, 1);
        assert.deepEqual(window.slices[0]?.errors, {});
        assert.equal(
          window.freshestMs,
          env.query.fromMs + 4000,
          'our own lines prove that telemetry is alive',
        );
      },
    );

    given(
      'append',
      'splits by color, region and route and sorts latencies into warm, cold and failed',
      async (env) => {
        const line = lineAt(env.query);
        const latency = (tfinal: number) => ({ tffb: 1, tusable: tfinal / 2, tfinal });
        await env.append([
          line(0, { latency_ms: latency(100) }),
          line(1, { latency_ms: latency(200), cold: true }),
          line(2, { latency_ms: latency(300), status: 503, error: 'headers:http_5xx:503' }),
          line(3, { latency_ms: latency(400), error: 'body:closed' }),
          line(4, { latency_ms: latency(500), status: 500 }),
          line(5, { latency_ms: latency(600), color: 'green' }),
          line(6, { latency_ms: latency(700), region: 'us' }),
          line(7, { latency_ms: latency(800), route: 'note.write', write: 'late', status: 503 }),
        ]);
        const { slices } = await env.port.window(env.query);
        const answers = slices.find((s) => s.color === 'blue' && s.region === 'eu' && s.route === 'answer');
        assert.equal(slices.length, 4);
        assert.equal(answers?.requests, 5);
        assert.deepEqual([answers?.warm, answers?.cold], [1, 1]);
        assert.deepEqual(answers?.errors, {
          'headers:http_5xx:503': 1,
          'body:closed': 1,
          'headers:http_5xx:500': 1,
        });
        const writes = slices.find((s) => s.route === 'note.write');
        assert.deepEqual(writes?.writes, { accepted: 0, frozen: 0, late: 1 });
        assert.deepEqual(writes?.errors, {}, 'a refused late write is no error of the color');
      },
    );

    given('append', 'counts identities and lookups under the other color’s prefix', async (env) => {
      const line = lineAt(env.query);
      const cache = (prefix: string, hit: boolean | null) => ({
        prefix,
        key: '/k',
        hit,
        node: 'eu/cdg1',
        ttl_s: null,
      });
      await env.append([
        line(0, { cache: cache('docs:blue:1', true) }),
        line(1, { cache: cache('docs:blue:1', false) }),
        line(2, { cache: cache('docs:blue:1', false) }),
        line(3, { cache: cache('docs:blue:1', null), INDEX_HASH: null, retrieval: null }),
        line(4, { color: 'green', cache: cache('docs:blue:1', true), INDEX_HASH: 'h2' }),
        line(5, { color: 'green', cache: cache('docs:blue:1', false), INDEX_HASH: 'h2' }),
      ]);
      const window = await env.port.window(env.query);
      const blue = window.slices.find((slice) => slice.color === 'blue');
      assert.deepEqual(blue?.identities, { 'h1|cosine|std|m1|none': 3 });
      assert.equal(window.foreignCacheLookups, 2);
    });

    given(
      'append',
      'a user on both colors of one generation flipped; over two generations it moved',
      async (env) => {
        const line = lineAt(env.query);
        await env.append([
          line(0, { user: 'aa', cfg_gen: 3 }),
          line(1, { user: 'aa', cfg_gen: 4, color: 'green' }),
          line(2, { user: 'bb', cfg_gen: 4, color: 'green' }),
          line(3, { user: 'bb', cfg_gen: 4 }),
          line(4, { user: 'cc', cfg_gen: 4 }),
          line(5, { user: 'cc', cfg_gen: 4, color: 'green', reason: 'pinned' }),
          line(6, { user: 'dd', cfg_gen: 4 }),
          line(7, { user: 'dd', cfg_gen: 4, color: 'green', reason: 'cohort' }),
          line(8, { user: null, reason: 'no-key' }),
        ]);
        assert.equal((await env.port.window(env.query)).flipBacks, 1);
      },
    );

    given('append', 'an address is no key: who has another one may have come from there', async (env) => {
      const line = lineAt(env.query);
      await env.append([
        line(0, { user: 'aa', user_by: 'address', cfg_gen: 3 }),
        line(1, { user: 'aa', user_by: 'address', cfg_gen: 3, color: 'green' }),
      ]);
      assert.equal((await env.port.window(env.query)).flipBacks, 0);
    });

    given(
      'append',
      'a line whose latency is no time is counted nowhere, and lost lines are told',
      async (env) => {
        const line = lineAt(env.query);
        await env.append([
          line(0),
          line(1, { latency_ms: { tffb: 1, tusable: 1, tfinal: -5 } }),
          line(2, { latency_ms: { tffb: 1, tusable: -1, tfinal: 5 } }),
          line(3, { lost_before: 7 }),
        ]);
        const window = await env.port.window(env.query);
        assert.equal(window.slices[0]?.requests, 2);
        assert.equal(window.lost, 7);
      },
    );

    given('append', 'looks at the asked range, regions and service only', async (env) => {
      const line = lineAt(env.query);
      await env.append([
        line(0),
        line(1, { region: 'us' }),
        line(2, { service: 'other' }),
        requestLine({ ...line(0), ts: new Date(env.query.fromMs - 1).toISOString() }),
        requestLine({ ...line(0), ts: new Date(env.query.toMs).toISOString() }),
      ]);
      const { slices } = await env.port.window({ ...env.query, regions: ['eu'] });
      assert.deepEqual(
        slices.map((slice) => [slice.region, slice.requests]),
        [['eu', 1]],
      );
    });

    given('append', 'catalogue, popular keys, sample and hours tell of one color’s users', async (env) => {
      const line = lineAt(env.query);
      const key = (path: string) => ({ ...line(0).cache, key: path });
      await env.append([
        line(0, { cache: key('/a') }),
        line(1, { cache: key('/b') }),
        line(2, { cache: key('/b'), error: 'body:closed' }),
        line(3, { cache: key('/c'), color: 'green' }),
        line(4, { cache: key('/d'), kind: 'probe' }),
      ]);
      assert.deepEqual(await env.port.catalogue('blue', env.query), {
        requests: 3,
        users: 1,
        classes: { 'body:closed': 1 },
      });
      assert.deepEqual(await env.port.popularKeys('blue', 10, env.query), [
        { key: '/b', hits: 2 },
        { key: '/a', hits: 1 },
      ]);
      const sample = await env.port.sample('blue', 2, env.query);
      assert.equal(sample.length, 2);
      assert.ok(sample.every((one) => one.method === 'GET' && ['/a', '/b'].includes(one.key)));
      assert.deepEqual(sample, await env.port.sample('blue', 2, env.query), 'the same when it is retried');
      const ofClass = (errorClass: string) => env.port.sample('blue', 9, { ...env.query, errorClass });
      assert.deepEqual(await ofClass('body:truncated'), []);
      const hours = await env.port.hourly(env.query);
      assert.equal(
        hours.reduce((sum, hour) => sum + hour.requests, 0),
        4,
      );
    });

    given('append', 'a line that is delivered twice counts once, by its id and time', async (env) => {
      const line = lineAt(env.query);
      const named = (second: number, id: string, over: Partial<RequestLine> = {}): RequestLine =>
        line(second, { id, ...over });
      const nobody = named(3, 'n', { user: null });
      const socket = { bytesIn: 0, bytesOut: 0 };
      await env.append([named(0, 'a'), named(0, 'a'), named(0, 'b'), line(0), line(0), nobody]);
      await env.append([
        named(0, 'b'),
        named(1, 'a'),
        nobody,
        named(4, 'w', { socket: { event: 'open', ...socket } }),
        named(4, 'w', { socket: { event: 'close', ...socket }, error: 'body:closed' }),
      ]);
      const { slices } = await env.port.window(env.query);
      assert.equal(slices[0]?.requests, 8, 'lines without id are told apart by nothing');
      assert.equal((await env.port.catalogue('blue', env.query)).requests, 8);
      const hours = await env.port.hourly(env.query);
      assert.equal(
        hours.reduce((sum, hour) => sum + hour.requests, 0),
        8,
      );
      const rule = { blockMs: 60_000, sameFailureMs: 60_000, serverErrors: BUILT_IN_RULE };
      const { blocks } = await env.port.blocks('blue', { ...env.query, ...rule });
      assert.equal(
        blocks.reduce((sum, block) => sum + (block?.trials ?? 0), 0),
        8,
      );
    });

    given('append', 'sees what was appended since the last look, once', async (env) => {
      const line = lineAt(env.query);
      await env.append([line(0), line(1)]);
      assert.equal((await env.port.window(env.query)).slices[0]?.requests, 2);
      assert.equal((await env.port.window(env.query)).slices[0]?.requests, 2);
      await env.append([line(2)]);
      assert.equal((await env.port.window(env.query)).slices[0]?.requests, 3);
    });
  });
}

/** Lines one second apart from the start of the range. */
function lineAt(query: TelemetryQuery): (second: number, over?: Partial<RequestLine>) => RequestLine {
  return (second, over = {}) =>
    requestLine({
      service: query.service,
      ts: new Date(query.fromMs + second * 1000).toISOString(),
      ...over,
    });
}
