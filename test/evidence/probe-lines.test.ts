/** Probes as request lines: what a line says is what the gates of the look were given. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ProbeWindow } from '../../src/domain/look-input.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import { medianInterval } from '../../src/domain/stats/index.ts';
import { calibrateDeltaS } from '../../src/domain/probes/delta-s.ts';
import { probeLines, type ProbeLine } from '../../src/evidence/probe-lines.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { look, probes, type ProbeParts } from '../domain/gates/kit.ts';

const PLAN = {
  service: 'docs',
  entry: [{ region: 'eu', url: 'http://127.0.0.1:8787' }],
  colors: { blue: { url: '', release: 'r1' }, green: { url: '', release: 'r2' } },
  probes: { request: { method: 'POST', path: '/v1/answer', via: 'edge' } },
} as unknown as Plan;

/** As a line is read back from a file. */
function readBack(windows: readonly ProbeWindow[]): ProbeLine[] {
  return probeLines(windows, PLAN).map((line) => JSON.parse(JSON.stringify(line)) as ProbeLine);
}

const retrievalOf = (line: ProbeLine) => line.retrieval ?? assert.fail('no retrieval');

/** Mean of each question, as the gates have it. */
function meansOf(lines: readonly ProbeLine[], color: string, value: (line: ProbeLine) => number): number[] {
  const byQuestion = new Map<string, number[]>();
  for (const line of lines.filter((one) => one.color === color)) {
    const id = line.id?.split('/')[1] ?? '';
    byQuestion.set(id, [...(byQuestion.get(id) ?? []), value(line)]);
  }
  return Array.from(byQuestion.values(), meanOf);
}

const meanOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;

void describe('lines of probes', () => {
  const lost: ProbeParts['to'] = (run, question) =>
    question < 7 ? { coverage: 0.25, deltaS: 0.9, sectionIds: [`other-${run.round}`] } : {};
  const window = probes({ n: 60, rounds: 6, to: lost });

  void it('are one an answer, with the ΔS, coverage and λ that the gates of the look were given', () => {
    const lines = readBack([window]);
    assert.equal(lines.length, window.runs.length);
    const input = { ...look('coverage'), probes: window };
    const [coverage, deltaS, lambda] = (['coverage', 'delta-s', 'lambda'] as const).map(
      (gate) => judge({ ...input, gates: [{ gate, role: 'prove' }] })[0] ?? assert.fail(gate),
    );
    for (const [color, arm] of [
      [input.from, 'from'],
      [input.to, 'to'],
    ] as const) {
      const covered = meanOf(meansOf(lines, color, (line) => retrievalOf(line).coverage ?? Number.NaN));
      assert.ok(Math.abs(covered - (coverage?.arms[arm].value ?? 0)) < 1e-9, `coverage of ${color}`);
      const distance = medianInterval(
        meansOf(lines, color, (line) => retrievalOf(line).ΔS_q_r ?? Number.NaN),
      ).estimate;
      assert.ok(Math.abs(distance - (deltaS?.arms[arm].value ?? 0)) < 1e-9, `ΔS of ${color}`);
      const symbols = lines.filter((one) => one.color === color).map((one) => retrievalOf(one).λ_state);
      const aligned = symbols.filter((symbol) => symbol === '→').length / symbols.length;
      assert.ok(Math.abs(aligned - (lambda?.arms[arm].value ?? 0)) < 1e-9, `λ of ${color}`);
    }
  });

  void it('have ΔS on the scale of the gate where it has one', () => {
    const calibration = {
      embedderId: 'e',
      corpusHash: 'c',
      goldHash: 'g',
      k: 5,
      windowWords: 120,
      mPos: 0.2,
      mNeg: 0.8,
      auc: 0.99,
      tPass: 0.45,
      tBlock: 0.6,
    };
    const [line] = readBack([{ ...window, calibration }]);
    assert.ok(line !== undefined);
    const raw = window.runs[0]?.deltaS ?? assert.fail('not measured');
    assert.equal(retrievalOf(line).ΔS_q_r, calibrateDeltaS(raw, calibration));
  });

  void it('say nothing of λ before a question was asked six times, and then the latest', () => {
    const early = { ...window, runs: window.runs.filter(({ round }) => round < 3) };
    const first = readBack([early]);
    assert.ok(first.length > 0);
    assert.ok(first.every((line) => retrievalOf(line).λ_state === null));
    assert.deepEqual(readBack([early, window]), readBack([window]), 'each probe once');
  });

  void it('of a question that was asked for retrieved text only have its address, and no λ', () => {
    const id = window.probes[0]?.id ?? assert.fail('no probe');
    const asked = window.probes.map((one) =>
      one.id === id ? { ...one, retrievalOnly: true as const } : one,
    );
    const retrieval = { request: { method: 'GET', path: '/v1/retrieve?k=5', via: 'direct' } };
    const plan = { ...PLAN, probes: { ...PLAN.probes, retrieval } } as unknown as Plan;
    const lines = probeLines([{ ...window, probes: asked }], plan);
    assert.equal(lines.length, window.runs.length);
    for (const line of lines) {
      const isRetrieval = line.id?.split('/')[1] === id;
      assert.deepEqual(
        [line.route, line.method, line.region, retrievalOf(line).λ_state === null],
        isRetrieval ? ['/v1/retrieve', 'GET', '', true] : ['/v1/answer', 'POST', 'eu', false],
      );
    }
  });

  void it('leave out probes that were not answered', () => {
    const silent = { ...window, runs: window.runs.map((run, i) => (i > 0 ? run : UNANSWERED(run))) };
    assert.equal(readBack([silent]).length, window.runs.length - 1);
  });

  void it('can lie in the telemetry of a switch, which takes them for no users', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cutover-probe-lines-'));
    const lines = probeLines([window], PLAN);
    await writeFile(join(dir, 'probes.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
    const times = lines.map(({ ts }) => Date.parse(ts));
    const [fromMs, toMs] = [Math.min(...times), Math.max(...times) + 1];
    const counts = await port.window({ service: 'docs', fromMs, toMs, regions: [] });
    assert.equal(port.malformedLines, 0);
    assert.deepEqual(counts.slices, []);
    assert.equal(counts.freshestMs, toMs - 1);
    await port.close?.();
    await rm(dir, { recursive: true });
  });
});

const UNANSWERED = (run: ProbeWindow['runs'][number]): ProbeWindow['runs'][number] => ({
  ...run,
  error: 'headers:timeout',
  latencyMs: null,
  deltaS: null,
  coverage: null,
});
