/** What every `TelemetryPort` must do that counts requests and knows no users: `totals` in place of `sums`. */
import assert from 'node:assert/strict';
import {
  BUILT_IN_RULE,
  blockRanges,
  histogramSize,
  type SumsTerms,
  type TrafficTotals,
} from '../domain/clusters/index.ts';
import { suite } from './suite.ts';
import type { TelemetryEnv } from './telemetry-env.ts';
import { plainRules } from './telemetry-plain.ts';

const MINUTE_MS = 60_000;
/** A quarter of an hour in blocks of four minutes: the oldest is short. */
const GRID = { tickMs: MINUTE_MS, blockTicks: 4, ticks: 15 };
const SHORT_TICKS = GRID.ticks % GRID.blockTicks;

/** Counts of a source that extrapolates may differ so much between one stretch and its parts, as a share and requests. */
const APART = { share: 0.05, requests: 3 };

export function totalsPortSuite(name: string, makeEnv: () => Promise<TelemetryEnv>): void {
  suite(`TelemetryPort of totals: ${name}`, makeEnv, (rules) => {
    const { rule } = rules;
    plainRules(rules);

    rule('totals tell each block of both colors, the short oldest one included', async (env) => {
      const { arms, terms, source } = await ask(env, termsOf(env));
      assert.deepEqual(terms, termsOf(env));
      assert.ok(source.length > 0, 'it says its name');
      for (const arm of [arms.to, arms.from ?? assert.fail('no from')]) {
        const blocks = blockRanges(terms).length;
        assert.deepEqual(
          [arm.requests.length, arm.failures.length, arm.final.length],
          [blocks, blocks, blocks],
        );
        assert.ok(total(arm.requests) > 0, 'there is traffic');
        for (const [i, requests] of arm.requests.entries()) {
          assert.ok(Number.isInteger(requests) && Number.isInteger(arm.failures[i]), 'whole requests');
          assert.ok((arm.failures[i] ?? 0) <= requests, 'failures are among the requests');
          const { counts } = arm.final[i] ?? assert.fail('no histogram');
          assert.ok(counts.every((count) => Number.isInteger(count) && count >= 0));
        }
        const timed = total(arm.final.map(histogramSize));
        assert.ok(
          timed <= total(arm.requests) * (1 + APART.share) + APART.requests,
          'no more times than requests',
        );
      }
    });

    rule('the same question has the same answer', async (env) => {
      assert.deepEqual(await ask(env, termsOf(env)), await ask(env, termsOf(env)));
    });

    rule('without `from` only `to` is counted', async (env) => {
      const { arms } = await ask(env, { ...termsOf(env), from: null });
      assert.equal(arms.from, null);
      assert.deepEqual(arms.to, (await ask(env, termsOf(env))).arms.to);
    });

    rule('blocks of a past are cut as those of a look, and the window adds up to them', async (env) => {
      const { port, query } = env;
      const terms = termsOf(env);
      const { arms } = await ask(env, terms);
      const whole = {
        ...query,
        fromMs: terms.startMs + SHORT_TICKS * GRID.tickMs,
        toMs: terms.startMs + GRID.ticks * GRID.tickMs,
      };
      const blockMs = GRID.blockTicks * GRID.tickMs;
      const past = await port.blocks('green', {
        ...whole,
        blockMs,
        sameFailureMs: MINUTE_MS,
        serverErrors: BUILT_IN_RULE,
      });
      assert.deepEqual(
        past.blocks.map((block) => [block?.trials ?? 0, block?.events ?? 0]),
        arms.to.requests.slice(1).map((n, i) => [n, arms.to.failures[i + 1]]),
      );
      const { slices, freshestMs } = await port.window(whole);
      const seen = slices.filter(({ color }) => color === 'green').map(({ requests }) => requests);
      const [all, parts] = [total(seen), total(arms.to.requests.slice(1))];
      assert.ok(
        Math.abs(all - parts) <= APART.share * parts + APART.requests,
        `${all} and ${parts} requests`,
      );
      assert.ok(freshestMs !== null, 'telemetry with traffic is alive');
    });

    rule('what only lines tell is empty, and nothing of it is guessed', async ({ port, query }) => {
      assert.deepEqual(await port.catalogue('blue', query), { requests: 0, users: 0, classes: {} });
      assert.deepEqual(await port.popularKeys('blue', 5, query), []);
      assert.deepEqual(await port.sample('blue', 5, query), []);
      const { flipBacks, foreignCacheLookups, slices } = await port.window(query);
      assert.deepEqual([flipBacks, foreignCacheLookups], [0, 0]);
      assert.ok(slices.every(({ identities }) => Object.keys(identities).length === 0));
    });
  });
}

function termsOf({ query }: TelemetryEnv): SumsTerms {
  return {
    startMs: query.fromMs,
    holdMs: 2 * GRID.ticks * GRID.tickMs,
    grid: GRID,
    to: 'green',
    from: 'blue',
    recent: { startMs: query.fromMs, parts: 3 },
    sameFailureMs: MINUTE_MS,
    serverErrors: BUILT_IN_RULE,
    known: [],
    apartBlocks: 2,
  };
}

function ask({ port, query: { service, regions } }: TelemetryEnv, terms: SumsTerms): Promise<TrafficTotals> {
  return port.totals?.({ service, regions, terms }) ?? assert.fail('the port has no `totals`');
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
