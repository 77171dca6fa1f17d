import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overallVerdict, summarize } from '../../../src/domain/gate-record.ts';
import { broken, judged, look, midway, probes, type Case } from './kit.ts';

const refusals = (parts: Parameters<typeof probes>[0]) => look('refusals', { probes: probes(parts) });
const REFUSED = { answerClass: 'refusal' } as const;
const EMPTY = { answerClass: 'empty' } as const;

const CASES: readonly Case[] = [
  { name: 'two equal colors', input: () => refusals({}), expect: 'pass ok' },
  {
    name: 'a dozen questions newly refused',
    input: () => refusals({ to: broken(12, REFUSED) }),
    expect: 'fail newly_refused',
  },
  {
    name: 'a dozen questions answered with nothing',
    input: () => refusals({ to: broken(12, EMPTY) }),
    expect: 'fail newly_refused',
  },
  {
    name: 'three newly refused',
    input: () => refusals({ to: broken(3, REFUSED) }),
    expect: 'inconclusive some_newly_refused',
  },
  { name: 'one newly refused', input: () => refusals({ to: broken(1, REFUSED) }), expect: 'pass ok' },
  {
    name: 'as many refused by both',
    input: () => refusals({ from: broken(12, REFUSED), to: broken(12, REFUSED) }),
    expect: 'pass ok',
  },
  {
    name: 'fewer refused than before',
    input: () => refusals({ from: broken(12, REFUSED) }),
    expect: 'pass ok',
  },
  {
    name: 'a minority of the runs of every question',
    input: () => refusals({ to: (run) => (run.seed === 1 && run.paraphrase === 0 ? REFUSED : {}) }),
    expect: 'pass ok',
  },
  {
    name: 'questions that should be refused',
    input: () => {
      const window = probes({ to: broken(12, REFUSED) });
      const facts = window.probes.map((one, at) => ({ ...one, answerable: at >= 12 }));
      return look('refusals', { probes: { ...window, probes: facts } });
    },
    expect: 'pass ok',
  },
  {
    name: 'a `from` that refuses',
    input: () => refusals({ from: broken(40, REFUSED) }),
    expect: 'error baseline_unhealthy',
  },
  { name: 'no probes', input: () => look('refusals', { probes: null }), expect: 'inconclusive no_data' },
  { name: 'a silent color', input: () => refusals({ colors: ['blue'] }), expect: 'inconclusive one_sided' },
  {
    name: 'before the end',
    input: () => midway(refusals({})),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'a small set',
    input: () => refusals({ n: 20 }),
    expect: 'inconclusive underpowered,probe_set_small',
  },
];

void describe('refusals', () => {
  for (const { name, input, expect } of CASES) {
    void test(name, () => {
      const { verdict, reasonCodes } = judged(input());
      assert.equal(`${verdict} ${reasonCodes.slice(0, expect.split(',').length).join(',')}`, expect);
    });
  }

  void test('decides nothing where only its role is asked', () => {
    const input = refusals({ to: broken(12, REFUSED) });
    const record = judged({ ...input, gates: [{ gate: 'refusals', role: 'advisory' }] });
    assert.equal(record.verdict, 'fail');
    assert.ok(record.advisory);
    const identity = {
      ...summarize(record),
      gate: 'identity',
      role: 'prove',
      advisory: false,
      verdict: 'pass',
    } as const;
    assert.equal(overallVerdict([summarize(record), identity]), 'pass');
  });
});
