/** λ over the whole probe grid of the sample under each fault of its index: what it fails, and what it leaves to other gates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerFrom, loadIndex } from '../../examples/docs-rag/service/brain.ts';
import type { FaultName } from '../../examples/docs-rag/service/faults.ts';
import { BLUE, GREEN } from '../../examples/docs-rag/service/retriever.ts';
import { IDENTITY, lookInput, probeWindow } from '../../scripts/sim-gates/input.ts';
import { readJsonl } from '../../scripts/corpus/gold.ts';
import type { Probe } from '../../scripts/corpus/gold.ts';
import type { Color } from '../../src/domain/color.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import type { ProbeRun } from '../../src/domain/probe.ts';
import { fullGrid } from '../../src/domain/probes/rounds.ts';

const questions = new Map(readJsonl<Probe>('probes/probes.jsonl').map((probe) => [probe.id, probe]));
const cells = fullGrid([...questions.keys()], 'faults');
const indexes = { blue: loadIndex(BLUE), green: loadIndex(GREEN) };

/** A color's answers as the probes of shadow would score them. */
function runsOf(color: Color, fault: FaultName): ProbeRun[] {
  return cells.map((cell): ProbeRun => {
    const question = questions.get(cell.probeId)?.paraphrases[cell.paraphrase] ?? '';
    const { refusal, citations } = answerFrom(indexes[color], { question, seed: cell.seed, k: 5, fault });
    return {
      ...cell,
      color,
      round: 0,
      sentAtMs: 0,
      error: null,
      violations: [],
      answerClass: refusal ? 'refusal' : 'answer',
      sectionIds: [...new Set(citations)],
      sectionsFrom: 'cited',
      deltaS: null,
      deltaSControl: null,
      coverage: null,
      identity: IDENTITY,
      cold: false,
      latencyMs: { tffb: 1, tusable: 1, tfinal: 1 },
    };
  });
}

const sound = runsOf('blue', 'none');

/** What gate lambda says at the only look of a hold in which green has this fault. */
function lambdaUnder(fault: FaultName) {
  const probes = [...questions.values()].map(({ id, topic, answerable, targets }) => ({
    id,
    topic,
    answerable,
    targetSections: targets.map((target) => target.section_id),
  }));
  const [record] = judge(
    lookInput({
      index: 1,
      planned: 1,
      windowMs: 60_000,
      gates: ['lambda'],
      slices: [],
      probes: probeWindow([...sound, ...runsOf('green', fault)], probes),
      catalogue: { requests: 0, users: 0, classes: {} },
    }),
  );
  assert.ok(record?.loss);
  return { ...record, loss: record.loss };
}

const FAILS: readonly FaultName[] = [
  'bad-index',
  'near-miss',
  'shard-missing',
  'seed-unstable',
  'stemmer-mismatch',
];

for (const fault of FAILS) {
  void test(`under ${fault} λ fails, by the paired test alone too`, () => {
    const { verdict, summary, loss } = lambdaUnder(fault);
    assert.equal(verdict, 'fail', summary);
    assert.ok(loss.p <= loss.level, summary);
  });
}

for (const fault of ['none', 'fragments'] as const) {
  void test(`under ${fault} the few questions that a re-chunk loses are forgiven`, () => {
    const { verdict, summary, loss } = lambdaUnder(fault);
    assert.equal(verdict, 'pass', summary);
    assert.ok(loss.lost > 0 && loss.p > 0.1, summary);
  });
}
