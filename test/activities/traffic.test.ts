/** What a look asks of telemetry: when it ends, and what of a source that knows no users. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { WatchInput } from '../../src/activities/api.ts';
import { readTraffic } from '../../src/activities/traffic.ts';
import type { World } from '../../src/activities/world.ts';
import { countTotals, type SumsTerms } from '../../src/domain/clusters/index.ts';
import type { TrafficWindow } from '../../src/domain/look-input.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { scriptedPlan } from '../support/plans.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 15, 12);

interface Seen {
  readonly windows: { readonly fromMs: number; readonly toMs: number }[];
  readonly terms: SumsTerms[];
}

function portOf(seen: Seen, more: Partial<TelemetryPort>): TelemetryPort {
  const nothing = { freshestMs: null, slices: [], flipBacks: 0, foreignCacheLookups: 0 };
  return {
    window: async ({ fromMs, toMs }) => {
      seen.windows.push({ fromMs, toMs });
      return { fromMs, toMs, ...nothing };
    },
    sums: async ({ terms }) => {
      seen.terms.push(terms);
      return { terms, parts: [], novelty: { classes: [], users: { to: 0, from: 0 } } };
    },
    blocks: () => assert.fail('no look asks for blocks'),
    catalogue: () => assert.fail('nor for a catalogue'),
    popularKeys: () => assert.fail('nor for keys'),
    sample: () => assert.fail('nor for a sample'),
    hourly: () => assert.fail('nor for hours'),
    ...more,
  };
}

/** Looks five minutes apart. */
async function look(index: number, more: (seen: Seen) => Partial<TelemetryPort>, startMs = START) {
  const seen: Seen = { windows: [], terms: [] };
  const plan = await scriptedPlan('docs');
  const world = { port: async () => portOf(seen, more(seen)) } as unknown as World;
  const input = {
    targets: { service: 'docs', from: 'blue', to: 'green' },
    everyMs: 5 * MINUTE,
    looks: 12,
    windowMs: null,
    weightPercent: 50,
    regions: [],
    settings: plan.gates,
  } as unknown as WatchInput;
  const at = {
    index,
    windowStartMs: startMs,
    endedAtMs: START + index * 5 * MINUTE + 7000,
    baseline: null,
    catalogue: null,
  };
  const traffic = await new MockActivityEnvironment().run<[], TrafficWindow, () => Promise<TrafficWindow>>(
    () => readTraffic(world, input, at),
  );
  return { seen, traffic };
}

const counted = (seen: Seen): Partial<TelemetryPort> => ({
  sums: () => assert.fail('it has no sums'),
  totals: async ({ terms }) => {
    seen.terms.push(terms);
    return countTotals([], terms, 'prometheus');
  },
});

const ticks = ({ terms }: Seen): number[] => terms.map(({ grid }) => grid.ticks).toSorted((a, b) => a - b);

void describe('what a look asks of telemetry', () => {
  void it('ends at the whole tick before now, and with a source that is late so much earlier', async () => {
    const { seen } = await look(4, () => ({}));
    assert.deepEqual([ticks(seen), seen.windows[0]?.toMs], [[20], START + 20 * MINUTE + 7000]);
    const late = await look(4, () => ({ lagMs: 3 * MINUTE }));
    assert.deepEqual([ticks(late.seen), late.seen.windows[0]?.toMs], [[17], START + 17 * MINUTE + 7000]);
  });

  void it('never ends before it began, however late the source is', async () => {
    const { seen, traffic } = await look(1, () => ({ lagMs: 10 * MINUTE }));
    assert.deepEqual([seen.windows, seen.terms], [[{ fromMs: START, toMs: START }], []]);
    assert.equal(traffic.sums, null);
  });

  void it('asks a source without users for this look and the one before it', async () => {
    const { seen, traffic } = await look(4, counted);
    assert.deepEqual(ticks(seen), [15, 20]);
    assert.equal(traffic.sums, null);
    assert.deepEqual(
      [traffic.totals?.now.terms.grid.ticks, traffic.totals?.before?.terms.grid.ticks],
      [20, 15],
    );
  });

  void it('at the first look there is none before it, and before the first tick nothing', async () => {
    const { traffic } = await look(1, counted);
    assert.deepEqual([traffic.totals?.now.terms.grid.ticks, traffic.totals?.before], [5, null]);
    const early = await look(1, counted, START + 5 * MINUTE);
    assert.equal(early.traffic.totals, undefined);
  });
});
