/** What a hold that is over would have failed, against holds that really were so bad. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../../src/domain/gates/judge.ts';
import { seenAfter } from '../../../src/domain/gates/sight-after.ts';
import type { LookInput } from '../../../src/domain/look-input.ts';
import { look, spread, traffic, USUAL, withSlices } from './kit.ts';

const REQUESTS = 5000;

function verdict(input: LookInput): string | undefined {
  return judge({ ...input, probes: null })[0]?.verdict;
}

function withErrors(rate: number): LookInput {
  const failures = Math.round(rate * REQUESTS);
  const green = traffic('green', {
    warmMs: spread(REQUESTS - failures),
    errors: { [USUAL]: failures },
  });
  return withSlices('error-rate', [traffic('blue'), green]);
}

void test('error rates over the one that is told fail such a hold, and half of it does not', () => {
  const seen = seenAfter(look('error-rate'));
  assert.ok(seen?.errors !== null && seen !== null);
  assert.ok(seen.errors > 0.001 && seen.errors < 0.05, String(seen.errors));
  assert.equal(verdict(withErrors(1.3 * seen.errors)), 'fail');
  assert.notEqual(verdict(withErrors(seen.errors / 2)), 'fail');
  assert.equal(seen.requests.to, REQUESTS);
});

void test('a ratio over the one that is told fails such a hold, and one under it does not', () => {
  const seen = seenAfter(look('latency'));
  assert.ok(seen?.ratio !== null && seen !== null);
  assert.ok(seen.ratio > 1.25 && seen.ratio < 2, String(seen.ratio));
  const at = (ratio: number): LookInput =>
    withSlices('latency', [traffic('blue'), traffic('green', { warmMs: spread(4900, ratio) })]);
  assert.equal(verdict(at(1.1 * seen.ratio)), 'fail');
  assert.notEqual(verdict(at(1 + (seen.ratio - 1) / 2)), 'fail');
});

void test('the largest ratio that is looked for can be judged, however slow the color is already', () => {
  const green = traffic('green', { warmMs: spread(4900, 1.2) });
  const seen = seenAfter(withSlices('latency', [traffic('blue'), green]));
  assert.ok(seen?.ratio !== null && seen !== null);
  assert.ok(seen.ratio >= 1.2 && seen.ratio < 2, String(seen.ratio));
});

void test('with regions the whole has half of the level, and each of its judgements is quick', () => {
  const specs = Array.from({ length: 8 }, (_, i) => `r${i}`).flatMap((region) => [
    traffic('blue', { region, requests: 800, warmMs: spread(790) }),
    traffic('green', { region, requests: 800, warmMs: spread(790) }),
  ]);
  const input = withSlices('error-rate', specs);
  assert.ok((input.traffic?.sums?.parts.length ?? 0) > 8);
  const startMs = performance.now();
  const seen = seenAfter(input);
  const tookMs = performance.now() - startMs;
  assert.ok(seen?.errors !== null && seen !== null);
  assert.ok(tookMs < 5000, `${tookMs} ms`);
});

void test('nothing is told of a hold without sums, or of one that failed', () => {
  const input = look('error-rate');
  assert.equal(seenAfter({ ...input, traffic: null }), null);
  assert.equal(seenAfter(withErrors(0.2)), null);
});
