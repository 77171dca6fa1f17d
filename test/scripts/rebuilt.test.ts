/** The simulation of rebuilt indexes counts as the gate does, errs as often as it must, and docs/simulation.md holds what it prints. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { IDENTITY, lookInput, probeWindow } from '../../scripts/sim-gates/input.ts';
import { randomOf } from '../../scripts/sim-gates/random.ts';
import {
  citedBy,
  drawLost,
  drawMisses,
  flipsOf,
  FORGIVEN,
  REBUILT,
  rebuiltRates,
  rebuiltTable,
  withRebuilt,
  type RebuiltFamily,
} from '../../scripts/sim-gates/rebuilt.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import { GRID_CELLS, PARAPHRASES } from '../../src/domain/probes/rounds.ts';

function familyOf(name: string): RebuiltFamily {
  const family = REBUILT.find((one) => one.name === name);
  assert.ok(family, name);
  return family;
}

void test('a set is counted as the gate counts its runs', () => {
  const n = 60;
  const ids = Array.from({ length: n }, (_, i) => `q${i}`);
  for (const [k, family] of REBUILT.entries()) {
    const random = randomOf(`counted/${k}`);
    const lost = drawLost(random, family, n);
    const missed = { from: drawMisses(random, n), to: drawMisses(random, n) };
    const runs = (['from', 'to'] as const).flatMap((side) =>
      ids.flatMap((probeId, i) =>
        Array.from({ length: GRID_CELLS }, (_, cell) => ({
          probeId,
          paraphrase: cell % PARAPHRASES,
          seed: Math.floor(cell / PARAPHRASES),
          color: side === 'from' ? ('blue' as const) : ('green' as const),
          round: cell,
          sentAtMs: 0,
          error: null,
          violations: [],
          answerClass: 'answer' as const,
          sectionIds: [
            citedBy(probeId, lost[side][i] === true || ((missed[side][i] ?? 0) & (1 << cell)) !== 0),
          ],
          sectionsFrom: 'cited' as const,
          deltaS: null,
          deltaSControl: null,
          coverage: null,
          identity: IDENTITY,
          cold: false,
          latencyMs: { tffb: 1, tusable: 1, tfinal: 1 },
        })),
      ),
    );
    const probes = ids.map((id) => ({
      id,
      topic: 't',
      answerable: true,
      targetSections: [citedBy(id, false)],
    }));
    const [record] = judge(
      lookInput({
        index: 12,
        planned: 12,
        windowMs: 3_600_000,
        gates: ['lambda'],
        slices: [],
        probes: probeWindow(runs, probes),
        catalogue: { requests: 0, users: 0, classes: {} },
      }),
    );
    const { worse, better, pairs } = flipsOf(lost, missed);
    assert.deepEqual(
      [record?.loss?.lost, record?.loss?.gained, record?.loss?.pairs],
      [worse, better, pairs],
      family.name,
    );
  }
});

void test('identical colors fail in at most 1 % of sets, and what was broken is seen as often as it was worked out to be', () => {
  const reps = 400;
  const rate = (name: string, n: number, forgiven: (typeof FORGIVEN)[number]): number =>
    rebuiltRates(familyOf(name), n, 'test', reps).forgiving[FORGIVEN.indexOf(forgiven)] ?? NaN;
  for (const { name, rebuild } of REBUILT.filter((one) => one.broken === 0)) {
    const forgiven = FORGIVEN.find((one) => one === rebuild);
    assert.ok(forgiven !== undefined && rate(name, 117, forgiven) <= 0.01, name);
  }
  const known = [
    ['20 % broken', 50, 0, 0.773],
    ['20 % broken', 50, 0.02, 0.019],
    ['10 % broken', 117, 0, 0.863],
    ['10 % broken', 117, 0.02, 0.073],
    ['20 % broken, own 2 %', 117, 0.05, 0.685],
    ['30 % broken', 50, 0.05, 0.85],
  ] as const;
  for (const [name, n, forgiven, expected] of known) {
    const got = rate(name, n, forgiven);
    // Both were counted: 2,000 sets there, as many as `reps` here.
    const error = Math.sqrt(expected * (1 - expected) * (1 / 2000 + 1 / reps));
    assert.ok(Math.abs(got - expected) <= 2 * error + 1e-9, `${name}, n = ${n}, ${forgiven}: ${got}`);
  }
});

void test('docs/simulation.md holds what the command prints, in the place that it writes', () => {
  const docs = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8');
  const family = familyOf('20 % broken');
  const { table, missed } = rebuiltTable('cutover-1', 2000, [family]);
  assert.deepEqual(missed, []);
  const row = table.split('\n').at(-1) ?? '';
  assert.ok(docs.split('\n').includes(row), `run: npm run sim:gates -- --only lambda --write\n${row}`);
  for (const { name } of REBUILT) assert.ok(docs.includes(`| ${name} |`), name);
  const written = withRebuilt(docs, 'TABLE');
  assert.ok(written.includes('TABLE') && !written.includes(row));
  assert.equal(withRebuilt(written, 'TABLE'), written);
  assert.throws(() => withRebuilt('no marks', table), /lost its marks/);
});
