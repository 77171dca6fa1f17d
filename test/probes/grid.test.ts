/** Running and scoring a grid. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fullGrid, planRounds } from '../../src/domain/probes/rounds.ts';
import { knowSecret } from '../../src/domain/redact.ts';
import type { ProbeRun } from '../../src/domain/probe.ts';
import { createLexical } from '../../src/probes/embed/lexical.ts';
import { runCells } from '../../src/probes/grid.ts';
import type { GridProgress, RunCellsOptions } from '../../src/probes/grid.ts';
import { bodyOf, httpServer } from './servers.ts';
import { probeSet, senderTo } from './support.ts';

const SECRET = 'a-token-of-the-grid';
knowSecret(SECRET);
const ANSWER = `A ${SECRET}${'.'.repeat(5000)}`;

const IDS = ['a', 'b', 'c', 'd'];
const set = probeSet(IDS);
const embedder = createLexical([...set.sections.values()].map((s) => s.text));

interface World {
  readonly options: Omit<RunCellsOptions, 'cells'>;
  readonly seen: string[];
  readonly most: () => number;
}

/** A service that finds the section named by the question's last word; `broken` questions get a 500. */
async function world(t: TestContext, broken: readonly string[] = []): Promise<World> {
  const seen: string[] = [];
  let inFlight = 0;
  let most = 0;
  const url = await httpServer(t, async (req, res) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    const { question } = JSON.parse(await bodyOf(req)) as { question: string };
    const id = question.split(' ').at(-1) ?? '';
    seen.push(`${String(req.headers['x-color'])}/${question}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inFlight -= 1;
    if (broken.includes(id)) {
      res.writeHead(500).end();
      return;
    }
    const text = set.sections.get(`section-${id}`)?.text ?? '';
    const retrieved = [
      { snippet_id: id, section_id: `section-${id}`, offsets: { start: 0, end: text.length }, text },
    ];
    res.end(JSON.stringify({ answer: ANSWER, citations: [{ section_id: `section-${id}` }], retrieved }));
  });
  const sender = senderTo(url, { pin: (color) => ({ 'x-color': color }) });
  const options = { colors: ['blue', 'green'], probeSet: set, sender, embedder, concurrency: 2 } as const;
  return { options, seen, most: () => most };
}

test('a full grid: every cell on both colors, scored, with its control', async (t) => {
  const { options, seen, most } = await world(t);
  const progress: GridProgress[] = [];
  const runs = await runCells({ ...options, cells: fullGrid(IDS, 1), onProgress: (p) => progress.push(p) });
  assert.equal(runs.length, 4 * 6 * 2);
  assert.equal(new Set(seen).size, 4 * 3 * 2);
  assert.ok(most() > 1 && most() <= 4, `${most()} in flight`);
  for (const run of runs) {
    assert.equal(run.error, null);
    assert.equal(run.coverage, 1);
    assert.deepEqual(run.sectionIds, [`section-${run.probeId}`]);
    assert.deepEqual(run.violations, []);
    assert.equal(run.answer, `A ***${'.'.repeat(1995)}`, 'cut, and without the secret');
    assert.ok(run.deltaS !== null && run.deltaSControl !== null);
  }
  assert.ok(progress.some((p) => p.phase === 'embedding') && progress.at(-1)?.roundsDone === 5);
  const again = await runCells({ ...options, cells: fullGrid(IDS, 1) });
  const measures = (of: readonly ProbeRun[]): unknown =>
    of.map(({ latencyMs: _l, sentAtMs: _s, ...rest }) => rest);
  assert.deepEqual(measures(again), measures(runs));
});

test('a crashed run resumes at the round it was in', async (t) => {
  const { options, seen } = await world(t);
  const cells = planRounds(IDS, 3, 1).flatMap((plan) => plan.cells);
  const kept: ProbeRun[] = [];
  const crash = runCells({
    ...options,
    cells,
    onRound: (runs, round) => {
      if (round === 1) throw new Error('killed');
      kept.push(...runs);
    },
  });
  await assert.rejects(crash, /killed/u);
  assert.equal(kept.length, 8);
  seen.length = 0;
  const rounds: number[] = [];
  const runs = await runCells({
    ...options,
    cells,
    resumeFrom: kept,
    onRound: (_runs, round) => void rounds.push(round),
  });
  assert.deepEqual([rounds, seen.length, runs.length], [[1, 2], 16, 24]);
});

test('a failed request is a run without measures, and its neighbour finds another control', async (t) => {
  // With four questions the control of `a` is the next one, `b`.
  const { options } = await world(t, ['b']);
  const runs = await runCells({ ...options, cells: planRounds(IDS, 1, 1)[0]?.cells ?? [] });
  const failed = runs.find((run) => run.probeId === 'b');
  assert.deepEqual(
    [failed?.error, failed?.deltaS, failed?.coverage, failed?.latencyMs, failed?.sectionIds],
    ['headers:http_5xx:500', null, null, null, []],
  );
  assert.ok(runs.find((run) => run.probeId === 'a')?.deltaSControl !== null);
});

test('an abort stops the grid', async (t) => {
  const { options, seen } = await world(t);
  const control = new AbortController();
  const work = runCells({
    ...options,
    cells: fullGrid(IDS, 1),
    signal: control.signal,
    onProgress: ({ done }) => {
      if (done === 3) control.abort(new Error('cancelled'));
    },
  });
  await assert.rejects(work, /cancelled/u);
  assert.ok(seen.length < 10);
});
