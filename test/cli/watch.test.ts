/**
 * The live view, from status to lines, against files in golden/. CUTOVER_UPDATE_GOLDEN=1 writes them anew: look at the diff.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { noPaint } from '../../src/cli/output.ts';
import { eventLine } from '../../src/cli/render/event-line.ts';
import { widthOf } from '../../src/cli/render/text.ts';
import { watchLines, type View } from '../../src/cli/render/watch.ts';
import type { SwitchFact } from '../../src/domain/event.ts';
import { allGates, gate, looked, MINUTE, T0, TO_RAMP, viewOf, type Timed } from './watch-view.ts';

const SMALL = { width: 80, height: 24, paint: noPaint };

async function golden(name: string, view: View, minute: number): Promise<void> {
  const lines = watchLines(view, { ...SMALL, nowMs: T0 + minute * MINUTE });
  for (const line of lines) assert.ok(widthOf(line) <= 80, `${widthOf(line)} columns: ${line}`);
  assert.ok(lines.length < 24, `${lines.length} lines`);
  const file = new URL(`golden/${name}.txt`, import.meta.url);
  const text = `${lines.join('\n')}\n`;
  if (process.env['CUTOVER_UPDATE_GOLDEN'] === '1') await writeFile(file, text);
  assert.equal(text, await readFile(file, 'utf8'));
}

test('a ramp hold: weights, countdown, gates with tallies, undo, events', async () => {
  const gates = [
    gate('delta-s', 'pass', 'median 0.31, every topic under 0.45'),
    gate('latency', 'inconclusive', '312 of 1204 requests that a verdict needs'),
    gate('error-rate', 'pass', '0.1 % against 0.1 %'),
  ];
  const view = await viewOf(
    [
      ...TO_RAMP,
      [9, looked('ramp 25 %', 1, 'inconclusive', gates)],
      [14, looked('ramp 25 %', 2, 'inconclusive', gates)],
    ],
    {
      live: {
        verdict: 'pass',
        look: { index: 3, planned: 4, final: false },
        evidence: 'f',
        concerns: [],
        requests: null,
        gates: gates.map((one) => ({ ...one, verdict: 'pass' as const })),
      },
      trouble: [{ activity: 'watchGates', attempt: 7, failure: 'telemetry: ECONNREFUSED\n\u001b[2Jcleared' }],
    },
  );
  await golden('ramp', view, 20);
});

test('an approval: the one thing waited for, since when, until when, then what; a pause', async () => {
  const wait = {
    kind: 'approval',
    what: 'approval of cutover (1 of ana or bo)',
    stage: 'cutover',
    sinceMs: T0 + 24 * MINUTE,
    deadlineMs: T0 + 84 * MINUTE,
    then: 'roll back',
  } as const;
  const events: Timed[] = [
    ...TO_RAMP,
    [24, { type: 'hold-ended', step: 'ramp 25 %', verdict: 'pass' }],
    [24, { type: 'stage-passed', stage: 'ramp', note: '50 % of users on green' }],
    [24, { type: 'waiting', wait }],
    [
      25,
      { type: 'commanded', command: { name: 'pause', by: 'bo', commandId: '1' }, answer: 'paused in ramp' },
    ],
  ];
  await golden('approval', await viewOf(events), 30);
});

test('all fourteen gates in 24 lines: green ones fold, others stay', async () => {
  const gates = allGates({ latency: 'fail', cache: 'inconclusive', egress: 'error' });
  await golden('many-gates', await viewOf([...TO_RAMP, [9, looked('ramp 25 %', 1, 'fail', gates)]]), 10);
});

test('a shadow hold counts its probes, a skipped gate says why, and what does not stand is above the gates (E10)', async () => {
  const gates = [
    gate('latency', 'pass', 'p95 warm 1.02 ×'),
    { ...gate('identity', 'skipped', 'Overridden by ana: known flake'), reason: 'overridden' },
  ];
  const concerns = [{ kind: 'from-unfit', color: 'blue', what: 'blue is not fit to return to' }] as const;
  const view = await viewOf(
    [...TO_RAMP, [9, { ...looked('ramp 25 %', 1, 'inconclusive', gates), concerns } as SwitchFact]],
    { probing: { done: 212, total: 732 } },
  );
  const text = watchLines(view, { ...SMALL, nowMs: T0 + 10 * MINUTE }).join('\n');
  assert.match(text, / probes 212 of 732/);
  assert.match(text, /– identity: Overridden by ana: known flake/);
  assert.match(text, /! blue is not fit to return to/);
});

test('a refusal shows every blocking finding with what to do', async () => {
  const finding = (code: string, severity: 'blocking' | 'warning') =>
    ({ code, severity, message: `what ${code} means`, fix: `mend ${code}`, accepted: null }) as const;
  const findings = [finding('index-differs', 'blocking'), finding('clock-skew', 'warning')];
  const outcome = { kind: 'refused', findings } as const;
  const view = await viewOf([
    [0, { type: 'findings', findings }],
    [0, { type: 'ended', outcome }],
  ] as readonly Timed[]);
  const text = watchLines(view, { ...SMALL, nowMs: T0 }).join('\n');
  for (const { code, message, fix } of findings) {
    assert.ok(text.includes(`${code}: ${message}`), text);
    assert.ok(text.includes(`do: ${fix}`), text);
  }
});

test('a switch that was ended from outside: no countdown goes on, and what to do is said, with and without a worker', async () => {
  for (const execution of ['TERMINATED', 'FAILED', 'TIMED_OUT']) {
    const view = await viewOf(TO_RAMP, { execution });
    const blind = { ...view, status: { ...view.status, state: null } };
    for (const one of [view, blind]) {
      const text = watchLines(one, { ...SMALL, nowMs: T0 + 10 * MINUTE })
        .join(' ')
        .replaceAll(/\s+/g, ' ');
      assert.match(text, /cutover recover docs-rag says where users are/, execution);
      assert.doesNotMatch(text, / left of |undo registered: traffic/);
    }
  }
});

test('a hold whose time is over shows how many probes of its last look are asked, and never says it is closing', async () => {
  const bar = async (over: Parameters<typeof viewOf>[1]): Promise<string> => {
    const view = await viewOf([...TO_RAMP], over);
    const lines = watchLines(view, { ...SMALL, nowMs: T0 + 600 * MINUTE });
    return lines.find((line) => line.startsWith('hold ')) ?? '';
  };
  assert.match(
    await bar({ probing: { done: 366, total: 732 } }),
    /: asking and scoring █{10}░{10} probes 366 of 732$/,
  );
  assert.match(await bar({}), /: judging █{20} look 0 of 4$/);
});

test('desired and actual weight differ: both are shown', async () => {
  const written = {
    type: 'edge-written',
    step: 'ramp-50',
    desiredPercent: 50,
    actualPercent: 25,
    generation: 8,
  } as const;
  const lines = watchLines(await viewOf([...TO_RAMP, [5, written]]), { ...SMALL, nowMs: T0 });
  assert.match(lines.join('\n'), /desired 50 %\s+actual 25 %/);
});

test('a rollback, and one that is stuck', async () => {
  const started = {
    type: 'rollback-started',
    trigger: 'gate',
    reason: 'gate latency failed in ramp',
    gate: 'latency',
  } as const;
  const stuck = { type: 'rollback-stuck', undo: 'traffic', sinceMs: T0 } as const;
  await golden('stuck', await viewOf([...TO_RAMP, [9, started], [10, stuck]]), 11);
  const ended: Timed = [
    12,
    {
      type: 'ended',
      outcome: {
        kind: 'rolled-back',
        reason: 'gate latency failed in ramp: p95 warm of green is 1.61 × of blue',
        gate: 'latency',
        restoredInMs: 412,
        left: [],
        remedy: 'Look at warmth before code: compare cold and warm tails.',
        report: '/srv/evidence/report.md',
      },
    },
  ];
  const restored: Timed = [11, { type: 'rollback-restored', generation: 9, restoredInMs: 412 }];
  await golden('rolled-back', await viewOf([...TO_RAMP, [9, started], restored, ended]), 13);
});

test('no worker: what Temporal knows, and what to do', async () => {
  await golden('no-worker', await viewOf([], { state: null }), 1);
});

test('any text of a service stays on its line, without control characters', async () => {
  const hostile = `x\u001b[31m\u001b[2J\u0007\r\n${'wide '.repeat(100)}`;
  const view = await viewOf([
    ...TO_RAMP,
    [5, { type: 'note', text: hostile }],
    [6, looked('ramp 25 %', 1, 'fail', [gate('latency', 'fail', hostile)])],
  ]);
  for (const width of [60, 80, 200]) {
    for (const line of watchLines(view, { ...SMALL, width, nowMs: T0 })) {
      assert.ok(widthOf(line) <= width, `${widthOf(line)} > ${width}: ${line}`);
      assert.equal(hasControl(line), false, JSON.stringify(line));
    }
  }
  for (const event of view.events) assert.equal(hasControl(eventLine(event)), false);
});

test('any height: never more lines than the screen has', async () => {
  const view = await viewOf([...TO_RAMP, [9, looked('ramp 25 %', 1, 'fail', allGates({ latency: 'fail' }))]]);
  for (let height = 2; height <= 60; height += 1) {
    assert.ok(watchLines(view, { ...SMALL, height, nowMs: T0 }).length < height);
  }
});

function hasControl(text: string): boolean {
  return Array.from(text).some((char) => (char.codePointAt(0) ?? 0) < 32);
}
