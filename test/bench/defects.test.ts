/** How the defect matrix counts: only the right gate in the right stage is a catch, and every other ending is named. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAULTS } from '../../examples/docs-rag/demo/endings.ts';
import type { SwitchEvent, SwitchFact } from '../../src/domain/event.ts';
import type { GateSummary } from '../../src/domain/gate-record.ts';
import { CASES, gateOf, type DefectCase } from '../../bench/defects/cases.ts';
import {
  endingOf,
  highestPercent,
  secondsOf,
  verdictIn,
  type DefectRun,
} from '../../bench/defects/result.ts';
import { isClean, page, table, tally } from '../../bench/defects/table.ts';

function events(...facts: readonly SwitchFact[]): SwitchEvent[] {
  return facts.map((fact, i) => ({ atMs: 1000 * i, ...fact }));
}

function looked(step: string, index: number, failing: readonly string[]): SwitchFact {
  const gates = ['identity', ...failing].map(
    (gate): GateSummary =>
      ({
        gate,
        verdict: failing.includes(gate) ? 'fail' : 'pass',
        role: 'prove',
        advisory: false,
        reason: `${gate}_reason`,
        summary: `${gate} said so`,
      }) as GateSummary,
  );
  const verdict = failing.length > 0 ? 'fail' : 'inconclusive';
  return { type: 'looked', step, look: { index, planned: 2, final: false }, verdict, gates, evidence: 'e' };
}

const begun = (step: string): SwitchFact => ({ type: 'hold-started', step, forMs: 1, looks: 2 });
const over = (trigger: 'gate' | 'operator'): SwitchFact => ({
  type: 'rollback-started',
  trigger,
  reason: '',
  gate: null,
});
const CANARY: readonly SwitchFact[] = [
  { type: 'started', by: 'test', planDigest: 'd' },
  { type: 'stage-entered', stage: 'canary' },
  { type: 'edge-written', step: 'canary', desiredPercent: 5, actualPercent: 5, generation: 2 },
  begun('canary'),
];

function caseOf(name: string): DefectCase {
  const found = CASES.find((one) => one.name === name);
  assert.ok(found !== undefined);
  return found;
}

function run(change: Partial<DefectRun> = {}): DefectRun {
  return {
    case: 'slow-tail',
    run: 1,
    at: '2026-03-01T10:00:00.000Z',
    outcome: 'rolled-back',
    gate: 'latency',
    reason: 'gate latency failed',
    verdict: {
      stage: 'canary',
      step: 'canary',
      look: 2,
      planned: 6,
      extension: 0,
      seconds: 12,
      failed: [{ gate: 'latency', reason: 'p95_ratio_over_limit', summary: 'slow' }],
    },
    stage: 'canary',
    asked: [],
    users: { percent: 5, answers: 9 },
    ledger: { ok: true, wrong: [] },
    switchSeconds: 14,
    seconds: 18,
    ...change,
  };
}

test('the cases are faults that the demo knows, and each of them that a rollback must end has a stage', () => {
  assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length);
  for (const defect of CASES) {
    assert.ok(FAULTS.includes(defect.fault), defect.name);
    assert.equal(gateOf(defect) === null, defect.stage === null, defect.name);
  }
});

void describe('the verdict that ended a switch', () => {
  test('is the failed look before the rollback, with every gate that failed in it', () => {
    const all = events(
      ...CANARY,
      looked('canary', 1, ['latency', 'cache']),
      over('gate'),
      looked('later', 1, ['dedupe']),
    );
    const verdict = verdictIn(all);
    assert.deepEqual([verdict?.stage, verdict?.look, verdict?.extension], ['canary', 1, 0]);
    assert.equal(verdict?.seconds, 4);
    assert.deepEqual(
      verdict.failed.map(({ gate }) => gate),
      ['latency', 'cache'],
    );
    assert.equal(highestPercent(all), 5);
    assert.equal(secondsOf(all), 6);
  });

  test('counts extensions', () => {
    const all = events(
      ...CANARY,
      looked('canary', 2, []),
      begun('canary'),
      looked('canary', 1, ['latency']),
      over('gate'),
    );
    assert.equal(verdictIn(all)?.extension, 1);
  });

  test('is none where a person or nobody ended it', () => {
    assert.equal(verdictIn(events(...CANARY, looked('canary', 1, ['latency']), over('operator'))), null);
    assert.equal(verdictIn(events(...CANARY)), null);
  });
});

void describe('an ending', () => {
  const slow = caseOf('slow-tail');
  const verdict = run().verdict;
  assert.ok(verdict !== null);

  for (const [what, change, words] of [
    ['another gate', { gate: 'error-rate' }, 'error-rate in canary'],
    ['the right gate too late', { verdict: { ...verdict, stage: 'ramp' } }, 'latency in ramp'],
    ['a question before the verdict', { asked: ['inconclusive'] }, 'latency in canary'],
    [
      'a question instead of a verdict',
      { gate: null, verdict: null, asked: ['inconclusive'] },
      'asked in canary',
    ],
    ['a switch that went on', { outcome: 'completed', gate: null, verdict: null }, 'completed'],
    ['a run that broke off', { outcome: 'broken off', gate: null, verdict: null }, 'broken off in canary'],
  ] satisfies [string, Partial<DefectRun>, string][]) {
    test(`by ${what} is no catch and is named`, () => {
      assert.deepEqual(endingOf(slow, run(change)), { asExpected: false, words });
    });
  }

  test('by the right gate in the right stage is a catch', () => {
    assert.equal(endingOf(slow, run()).asExpected, true);
  });

  test('of a healthy switch is its completion, unasked', () => {
    const completed = { case: 'healthy', outcome: 'completed', gate: null, verdict: null } as const;
    assert.equal(endingOf(caseOf('healthy'), run(completed)).asExpected, true);
    assert.equal(endingOf(caseOf('healthy'), run({ ...completed, asked: ['?'] })).asExpected, false);
    assert.equal(endingOf(caseOf('healthy'), run({ case: 'healthy' })).asExpected, false);
  });
});

test('the table counts each case and names what else happened', () => {
  const runs = [
    run(),
    run({ run: 2, gate: 'cache' }),
    run({ run: 3, ledger: { ok: false, wrong: ['answered: 1'] } }),
  ];
  const tallies = tally(runs);
  assert.deepEqual(tallies.map(isClean), [false]);
  assert.deepEqual(tally([run()]).map(isClean), [true]);
  assert.deepEqual(tally([runs[2] ?? run()]).map(isClean), [false]);
  const last = table(tallies).split('\n').at(-1);
  assert.equal(
    last,
    '| slow tail (`slow-tail`) | latency in canary | 2/3 | 1 × cache in canary | 12.0 (12.0–12.0) | 5 % of them, 9–9 answers | 2/3 |',
  );
  const text = page(tallies, { command: 'npm run defects', commit: 'abc1234' });
  assert.match(text, /npm start -- --fault slow-tail/);
  assert.match(text, /abc1234 on 2026-03-01/);
});
