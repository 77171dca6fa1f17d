import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProbeWindow } from '../../../src/domain/look-input.ts';
import type { ProbeRun } from '../../../src/domain/probe.ts';
import { overallVerdict, summarize } from '../../../src/domain/gate-record.ts';
import { judged, look, midway, probes, type Case } from './kit.ts';

/** The first `asserted` of 60 questions say what their answers must hold; these many of them miss it on each color. */
function asserted(
  asserted: number,
  missed: { from?: number; to?: number; runs?: (run: ProbeRun) => boolean },
): ProbeWindow {
  const unmet = (count: number) => (run: ProbeRun, question: number) => {
    const isMissed = question < count && (missed.runs ?? (() => true))(run);
    return question < asserted ? { unmet: isMissed ? ['must_include "Monday"'] : [] } : {};
  };
  const window = probes({ from: unmet(missed.from ?? 0), to: unmet(missed.to ?? 0) });
  const facts = window.probes.map((one, at) => (at < asserted ? { ...one, asserted: true as const } : one));
  return { ...window, probes: facts };
}

const of = (window: ProbeWindow) => look('assertions', { probes: window });

const CASES: readonly Case[] = [
  { name: 'two equal colors', input: () => of(asserted(60, {})), expect: 'pass ok' },
  {
    name: 'a dozen questions newly broken',
    input: () => of(asserted(60, { to: 12 })),
    expect: 'fail newly_broken',
  },
  {
    name: 'all of a dozen questions newly broken: few questions can fail a build',
    input: () => of(asserted(12, { to: 12 })),
    expect: 'fail newly_broken',
  },
  {
    name: 'three newly broken',
    input: () => of(asserted(60, { to: 3 })),
    expect: 'inconclusive some_newly_broken',
  },
  {
    name: 'all of three newly broken: too few to fail, and named none the less',
    input: () => of(asserted(3, { to: 3 })),
    expect: 'inconclusive some_newly_broken',
  },
  { name: 'one newly broken', input: () => of(asserted(60, { to: 1 })), expect: 'pass ok' },
  { name: 'as many broken on both', input: () => of(asserted(60, { from: 12, to: 12 })), expect: 'pass ok' },
  { name: 'fewer broken than before', input: () => of(asserted(60, { from: 12 })), expect: 'pass ok' },
  {
    name: 'a minority of the answers to every question',
    input: () => of(asserted(60, { to: 60, runs: ({ seed, paraphrase }) => seed === 1 && paraphrase === 0 })),
    expect: 'pass ok',
  },
  {
    name: 'a `from` that misses nearly all',
    input: () => of(asserted(60, { from: 56 })),
    expect: 'error baseline_unhealthy',
  },
  { name: 'no question with assertions', input: () => of(asserted(0, {})), expect: 'skipped absent' },
  {
    name: 'questions with assertions that are asked for retrieved text only',
    input: () => {
      const window = asserted(10, {});
      return of({
        ...window,
        probes: window.probes.map((one) => ({ ...one, retrievalOnly: true as const })),
      });
    },
    expect: 'skipped absent',
  },
  {
    name: 'questions that should be refused, and are answered',
    input: () => {
      const window = asserted(60, { to: 12 });
      return of({ ...window, probes: window.probes.map((one) => ({ ...one, answerable: false })) });
    },
    expect: 'fail newly_broken',
  },
  { name: 'few questions, all well', input: () => of(asserted(10, {})), expect: 'inconclusive underpowered' },
  { name: 'no probes', input: () => look('assertions', { probes: null }), expect: 'inconclusive no_data' },
  { name: 'before the end', input: () => midway(of(asserted(60, {}))), expect: 'inconclusive underpowered' },
];

void describe('assertions', () => {
  for (const { name, input, expect } of CASES) {
    void test(name, () => {
      const { verdict, reasonCodes } = judged(input());
      assert.equal(`${verdict} ${reasonCodes[0] ?? ''}`, expect);
    });
  }

  void test('the record names the questions and what most of their answers miss', () => {
    const { offenders } = judged(of(asserted(60, { to: 12 })));
    assert.equal(offenders[0]?.why, 'misses must_include "Monday"');
    assert.ok(offenders.length > 0 && offenders.every(({ from, to }) => from === 0 && to === 1));
  });

  void test('a few questions that are well do not stand in the way of a guard', () => {
    const guard = [{ gate: 'assertions', role: 'guard' }] as const;
    const record = judged(look('assertions', { probes: asserted(10, {}), gates: guard }));
    const other = { ...judged(of(asserted(60, {}))), gate: 'schema' as const };
    assert.equal(overallVerdict([record, other].map(summarize)), 'pass');
  });
});
