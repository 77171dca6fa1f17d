/** What every `TelemetryPort` must do with any traffic, whatever it knows of users. */
import assert from 'node:assert/strict';
import type { Rules } from './suite.ts';
import type { TelemetryEnv } from './telemetry-env.ts';

export function plainRules({ rule }: Pick<Rules<TelemetryEnv>, 'rule'>): void {
  rule('a window says which range it is of, and slices add up', async ({ port, query }) => {
    const window = await port.window(query);
    assert.equal(window.fromMs, query.fromMs);
    assert.equal(window.toMs, query.toMs);
    if (window.freshestMs !== null) {
      assert.ok(window.freshestMs >= query.fromMs && window.freshestMs < query.toMs);
    }
    for (const slice of window.slices) {
      const failed = Object.values(slice.errors).reduce((sum, n) => sum + n, 0);
      assert.ok(slice.warm + slice.cold + failed <= slice.requests);
    }
  });

  rule('a range without lines is an empty window with no freshest instant', async ({ port, query }) => {
    const { lost = 0, ...window } = await port.window({ ...query, fromMs: 0, toMs: 1000 });
    assert.equal(lost, 0);
    assert.deepEqual(window, {
      fromMs: 0,
      toMs: 1000,
      freshestMs: null,
      slices: [],
      flipBacks: 0,
      foreignCacheLookups: 0,
    });
  });

  rule('popular keys come most popular first and at most as many as asked', async ({ port, query }) => {
    const keys = await port.popularKeys('blue', 2, query);
    assert.ok(keys.length <= 2);
    assert.deepEqual(
      keys,
      [...keys].sort((a, b) => b.hits - a.hits),
    );
  });

  rule('hours start on the hour and come in order', async ({ port, query }) => {
    const hours = await port.hourly(query);
    assert.ok(hours.every((hour) => hour.hourMs % 3_600_000 === 0 && hour.requests > 0));
    assert.deepEqual(
      hours,
      [...hours].sort((a, b) => a.hourMs - b.hourMs),
    );
  });
}
