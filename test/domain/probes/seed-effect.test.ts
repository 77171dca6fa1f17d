/** Seeds that change nothing are told apart from seeds that do, and both from noise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeRun } from '../../../src/domain/probe.ts';
import { seedEffect } from '../../../src/domain/probes/seed-effect.ts';
import { probes } from '../gates/kit.ts';

const noisy = (run: ProbeRun, question: number): string =>
  `${Math.imul((question * 64 + run.round * 8 + run.paraphrase * 2 + run.seed + 1) ^ 0x9e37, 0x01000193) >>> 31}`;

void test('a service that ignores the seed agrees with itself', () => {
  assert.equal(seedEffect(probes().runs), false);
});

void test('one grid of answers that differ does not say why they do', () => {
  const to = (run: ProbeRun) => ({ sectionIds: [`s${run.seed}`] });
  assert.equal(seedEffect(probes({ to }).runs), null);
});

void test('two grids do: seeds differ, repeats agree', () => {
  const to = (run: ProbeRun) => ({ sectionIds: [`s${run.seed}`] });
  assert.equal(seedEffect(probes({ to, rounds: 12 }).runs), true);
});

void test('answers that differ whatever the seed are noise', () => {
  const change = (run: ProbeRun, question: number) => ({ sectionIds: [noisy(run, question)] });
  assert.equal(seedEffect(probes({ from: change, to: change, rounds: 12 }).runs), false);
});

void test('a handful of runs says nothing', () => {
  assert.equal(seedEffect(probes({ n: 4 }).runs), null);
});
