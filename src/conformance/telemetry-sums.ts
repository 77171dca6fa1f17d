/**
 * What `sums` and `blocks` of every `TelemetryPort` must do. Where lines can be appended, each number is compared with what the domain
 * counts over the same lines; otherwise only what holds for any traffic.
 */
import assert from 'node:assert/strict';
import {
  BUILT_IN_RULE,
  blocksOf,
  countedLine,
  countLines,
  limitsOf,
  type CountedLine,
  type Events,
  type PartHistograms,
  type PartSums,
  type ServerErrors,
  type SumsTerms,
  type TrafficSums,
  type Trials,
} from '../domain/clusters/index.ts';
import type { RequestLine } from '../domain/request-line.ts';
import type { BlocksQuery, TelemetryQuery } from '../ports/index.ts';
import { requestLine } from './request-lines.ts';
import type { Rules } from './suite.ts';
import type { TelemetryEnv } from './telemetry-env.ts';

const TICK_MS = 15_000;
const TICKS = 20;
const RATIO = 1.25;
/** A status that lines tell without a class counts, cut bodies do not. */
const OWN_RULE: ServerErrors = { also: [429], not: ['body'] };

export function sumsRules({ rule, given }: Rules<TelemetryEnv>): void {
  rule('sums add up: bins, ticks, histograms, parts', async (env) => {
    const { seen, sums } = await ask(env, termsOf(env.query));
    for (const part of sums.parts) {
      const first = seen.find((one) => isSame(one.part, part.part)) ?? assert.fail('a part nobody saw');
      for (const side of ['to', 'from'] as const) {
        const { trials, events } = part.errors.arms[side] ?? assert.fail(`no ${side}`);
        addsUp(trials, events);
        assert.ok(total(trials.byBin) <= (first.requests[side] ?? 0), 'only repeats are left out');
        for (const latency of [part.final, part.usable]) {
          const arm = latency?.arms[side];
          if (arm === undefined || arm === null) continue;
          const timed = arm.histograms.flatMap(({ counts }) => counts);
          assert.equal(total(timed), total(arm.trials.byBin), 'histograms hold the warm successes');
          for (const one of [arm.own, ...Object.values(arm.slow)]) addsUp(arm.trials, one);
        }
      }
    }
    const [whole, ...parts] = seen;
    assert.ok(whole !== undefined && whole.part === null, 'the whole comes first');
    for (const dimension of ['region', 'route'] as const) {
      const ofOne = parts.filter(({ part }) => part?.dimension === dimension);
      assert.equal(total(ofOne.map(({ requests }) => requests.to)), whole.requests.to, dimension);
    }
  });

  rule('the same question has the same answer, and a longer range begins as a shorter one', async (env) => {
    const terms = termsOf(env.query);
    const { sums } = await ask(env, terms);
    assert.deepEqual((await ask(env, terms)).sums, sums);
    const half = { ...terms, grid: { ...terms.grid, ticks: TICKS / 2 } };
    const shorter = await ask(env, half);
    for (const side of ['to', 'from'] as const) {
      const ticksOf = (one: TrafficSums) => one.parts[0]?.errors.arms[side]?.trials.byTick;
      assert.deepEqual(ticksOf(shorter.sums), ticksOf(sums)?.slice(0, TICKS / 2));
    }
  });

  rule('without `from` only `to` is counted, and only the whole', async (env) => {
    const { seen, sums } = await ask(env, { ...termsOf(env.query), from: null });
    assert.deepEqual(
      seen.map(({ part, requests, final, usable }) => [part, requests.from, final.from, usable.from]),
      [[null, null, null, null]],
    );
    const [whole, ...others] = sums.parts;
    assert.deepEqual(others, []);
    assert.deepEqual([whole?.errors.arms.from, whole?.cache, sums.novelty.users.from], [null, null, null]);
  });

  rule('a range without lines has sums of nothing and no block', async (env) => {
    const query = { ...env.query, fromMs: 0, toMs: TICKS * TICK_MS };
    const { sums } = await ask({ ...env, query }, termsOf(query));
    const { trials, events } = sums.parts[0]?.errors.arms.to ?? assert.fail('no whole');
    assert.deepEqual([total(trials.byBin), total(events.byBin), trials.users], [0, 0, 0]);
    assert.equal(trials.byTick.length, TICKS);
    assert.deepEqual(sums.novelty, { classes: [], users: { to: 0, from: 0 } });
    const { blocks } = await env.port.blocks('blue', blocksQuery(query));
    assert.deepEqual(blocks, Array(blocks.length).fill(null));
  });

  rule('blocks are the whole ones of the range, and null or filled', async (env) => {
    const query = blocksQuery(env.query);
    // The last one would be short.
    const { blocks, ...rest } = await env.port.blocks('blue', { ...query, toMs: query.toMs - 1 });
    assert.deepEqual(rest, { color: 'blue', startMs: query.fromMs, blockMs: query.blockMs });
    assert.equal(blocks.length, Math.floor((query.toMs - 1 - query.fromMs) / query.blockMs));
    for (const block of blocks.filter((one) => one !== null)) {
      assert.ok(block.events <= block.trials);
      assert.ok(total(block.usable.counts) <= total(block.final.counts));
    }
  });

  given('append', 'sums are those of the appended lines, to the last number', async (env) => {
    const lines = someLines(env.query);
    await env.append(lines);
    const counted = lines.flatMap((line) => countedLine(line) ?? []);
    const terms = termsOf(env.query);
    const asOther = { ...terms, to: 'blue', from: 'green' } as const;
    for (const asked of [terms, { ...terms, from: null }, asOther, { ...terms, serverErrors: OWN_RULE }]) {
      assert.deepEqual((await ask(env, asked)).sums, ofDomain(counted, asked));
    }
    const onlyEu = { ...env, query: { ...env.query, regions: ['eu'] } };
    const ofEu = counted.filter(({ region }) => region === 'eu');
    assert.deepEqual((await ask(onlyEu, terms)).sums, ofDomain(ofEu, terms));
  });

  given(
    'append',
    'a failure tried again at once is one, a client’s mistake is none, a probe is no user',
    async (env) => {
      const at = (second: number, over: Partial<RequestLine> = {}): RequestLine =>
        lineOf(env.query, second, { color: 'green', user: '0080000000000000', ...over });
      const failed = { status: 503, error: 'headers:http_5xx:503' };
      await env.append([
        at(1, failed),
        at(2, failed),
        at(3, { status: 404, error: 'headers:http_4xx:404' }),
        at(4),
        at(16, failed),
        at(17, { kind: 'probe' }),
        at(18, { ...failed, color: 'blue' }),
      ]);
      const { sums } = await ask(env, termsOf(env.query));
      const { to, from } = sums.parts[0]?.errors.arms ?? assert.fail('no whole');
      assert.deepEqual(to.trials.byTick.slice(0, 3), [3, 1, 0]);
      assert.deepEqual(to.events.byTick.slice(0, 3), [1, 1, 0]);
      assert.deepEqual([to.trials.byBin[1], to.events.byBin[1], to.events.users], [4, 2, 1]);
      assert.equal(total(from?.events.byBin ?? []), 1, 'one user on two colors is two');
    },
  );

  given('append', 'blocks are those of the appended lines, to the last number', async (env) => {
    const lines = someLines(env.query);
    await env.append(lines);
    const counted = lines.flatMap((line) => countedLine(line) ?? []);
    const query = blocksQuery(env.query);
    for (const asked of [query, { ...query, serverErrors: OWN_RULE }]) {
      assert.deepEqual(await env.port.blocks('green', asked), blocksOf(counted, 'green', asked));
    }
  });
}

function termsOf({ fromMs }: TelemetryQuery): SumsTerms {
  return {
    startMs: fromMs,
    holdMs: 2 * TICKS * TICK_MS,
    grid: { tickMs: TICK_MS, blockTicks: 3, ticks: TICKS },
    to: 'green',
    from: 'blue',
    recent: { startMs: fromMs + (TICKS / 2) * TICK_MS, parts: 6 },
    sameFailureMs: 60_000,
    serverErrors: BUILT_IN_RULE,
    known: [],
    apartBlocks: 2,
  };
}

function blocksQuery(query: TelemetryQuery): BlocksQuery {
  return {
    ...query,
    toMs: query.fromMs + TICKS * TICK_MS,
    blockMs: 3 * TICK_MS,
    sameFailureMs: 60_000,
    serverErrors: BUILT_IN_RULE,
  };
}

async function ask(
  { port, query: { service, regions } }: Pick<TelemetryEnv, 'port' | 'query'>,
  terms: SumsTerms,
): Promise<{ readonly seen: readonly PartHistograms[]; readonly sums: TrafficSums }> {
  let seen: readonly PartHistograms[] | null = null;
  const sums = await port.sums({ service, regions, terms }, (first) => {
    assert.equal(seen, null, 'limits are asked for once');
    seen = first;
    return limitsOf(first, terms, RATIO, null);
  });
  return { seen: seen ?? assert.fail('limits are never asked for'), sums };
}

function ofDomain(lines: readonly CountedLine[], terms: SumsTerms): TrafficSums {
  return countLines(lines, terms, (seen) => limitsOf(seen, terms, RATIO, null));
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function isSame(one: PartSums['part'], other: PartSums['part']): boolean {
  return one?.dimension === other?.dimension && one?.name === other?.name;
}

function addsUp(trials: Trials, events: Events): void {
  for (const counts of [trials, events]) {
    assert.equal(counts.byBin.length, 512);
    assert.equal(counts.byTick.length, TICKS);
    assert.equal(total(counts.byBin), total(counts.byTick));
    assert.ok(counts.users <= total(counts.byBin));
    assert.ok(total(counts.byInstance) <= total(counts.byBin));
  }
  assert.ok(
    trials.byBin.every((n, bin) => (events.byBin[bin] ?? 0) <= n),
    'events are among the trials',
  );
  assert.ok(trials.squares.tick >= total(trials.byBin), 'Σn² is at least Σn');
}

/** Some of everything that is counted apart, in no order: two regions and routes, retries, cold, cached, unnamed. */
function someLines(query: TelemetryQuery): RequestLine[] {
  return Array.from({ length: 360 }, (_, i) => {
    const user = (i * 7) % 40;
    const isFailed = i % 9 === 0 || i % 9 === 1;
    const hit = i % 3 === 0;
    return lineOf(query, (i * 37) % 320, {
      color: user % 3 === 0 ? 'blue' : 'green',
      user:
        user === 5
          ? null
          : user === 7
            ? '192.0.2.7'
            : `${(user * 97).toString(16).padStart(4, '0')}00000000000a`,
      region: user % 2 === 0 ? 'eu' : 'us',
      route: i % 4 === 0 ? 'search' : 'answer',
      instance: i % 5 === 0 ? null : `i${i % 3}`,
      cold: i % 31 === 0,
      kind: i % 29 === 3 ? 'probe' : 'user',
      ...(i % 37 === 5 ? { by: 'edge' as const } : {}),
      ...(i % 23 === 7 ? { status: 429 } : {}),
      ...(isFailed ? { status: 502, error: i % 2 === 0 ? 'body:truncated' : 'headers:http_5xx:502' } : {}),
      latency_ms: { tffb: 1, tusable: 20 + (i % 13), tfinal: 100 + ((i * 53) % 170) },
      cache: {
        prefix: 'p',
        key: `/k${i % 11}`,
        hit: i % 6 === 5 ? null : hit,
        node: i % 17 === 0 ? null : `n${user % 2}`,
        ttl_s: hit ? null : 60,
      },
    });
  });
}

function lineOf(
  { service, fromMs }: TelemetryQuery,
  second: number,
  over: Partial<RequestLine>,
): RequestLine {
  return requestLine({ service, ts: new Date(fromMs + second * 1000).toISOString(), ...over });
}
