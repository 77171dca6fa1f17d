/** `cutover why`: what it shows of a real switch's evidence on screens of two widths, and what it says where there is nothing. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { WatchInput, WatchResult } from '../../src/activities/api.ts';
import { overallVerdict, summarize } from '../../src/domain/gate-record.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import { folderEvidence } from '../../src/providers/folder/index.ts';
import { loadProbeSet } from '../../src/probes/index.ts';
import { widthOf } from '../../src/cli/render/text.ts';
import { hour, look, probes, spread, traffic } from '../domain/gates/kit.ts';
import { section, tempFolder, writeSet } from '../probes/set-folder.ts';
import { json, openBench, type Ran } from './support.ts';

/** What a color may answer to take over the screen that shows it. */
const HOSTILE = '\u001b[2Jclear\u009b31m\u202e\r\nsecond line';
const SAID = (color: string): string => `${color} says${HOSTILE} ${'that it is done by hand. '.repeat(20)}`;
const LOST = { coverage: 0, sectionIds: [HOSTILE, `guide#${'x'.repeat(70)}`] };

const set = await writeSet(
  await tempFolder(),
  Array.from({ length: 60 }, (_, i) => ({
    id: `q${String(i).padStart(3, '0')}`,
    topic: `t${i % 6}`,
    question: `How is step ${i} done?`,
    paraphrases: [0, 1, 2].map((p) => `How do I do step ${i}, said in way ${p}?`),
    answerable: true,
    targets: [{ section_id: 'gold' }],
    decoys: [],
    author: 'ana',
    origin: 'hand',
  })),
  [section('gold', 'The answer.')],
);

/** Canary loses the sections of twelve questions, and is slow in one region. */
const bench = openBench(async ({ step, stage }: WatchInput, dir): Promise<WatchResult> => {
  const isCanary = stage === 'canary';
  const input = {
    ...look('coverage', {
      probes: probes({
        to: (_, question) => (isCanary && question < 12 ? LOST : {}),
        window: { setDigest: (await loadProbeSet(set)).digest },
      }),
    }),
    stage,
    step,
    gates: [
      { gate: 'coverage', role: 'prove' },
      { gate: 'latency', role: 'prove' },
    ] as const,
  };
  const us = { region: 'us', warmMs: spread(4900, isCanary ? 2 : 1) };
  const { traffic: window } = hour(
    'latency',
    [traffic('blue'), traffic('green'), traffic('blue', { region: 'us' }), traffic('green', us)],
    {},
  );
  const { probes: asked } = input;
  const store = folderEvidence({ use: 'folder', path: path.join(dir, 'evidence') });
  const said = (asked?.runs ?? []).map((run) => ({ ...run, answer: SAID(run.color) }));
  const looked = {
    ...input,
    traffic: window,
    probes: asked === null ? null : { ...asked, rounds: [await store.put(said)] },
  };
  const inputRef = await store.put(looked);
  const records = judge(looked).map((record) => ({ ...record, evidenceRef: inputRef }));
  const gates = records.map(summarize);
  const evidence = await store.put({ input: inputRef, records });
  const verdict = overallVerdict(gates);
  return { verdict, look: looked.look, gates, concerns: [], requests: null, evidence };
});

const SERVICE = 'docs-why';

async function why(...words: string[]): Promise<Ran> {
  return bench.run(['why', ...words]);
}

test('a gate that failed, explained from the evidence of its last look', async (t) => {
  await bench.ready;
  const more = `evidence: { use: folder, path: ${bench.dir}/evidence }\n`;
  const file = await bench.plan(SERVICE, more, set);
  const ran = await bench.run(['start', file, '--task-queue', bench.taskQueue, '--wait']);
  assert.equal(ran.code, 5, ran.stdout + ran.stderr);

  await t.test('the questions, with both answers side by side, within 80 and 120 columns', async () => {
    for (const columns of [80, 120]) {
      const { code, stdout, stderr } = await bench.run(['why', SERVICE, 'coverage'], { columns });
      assert.equal(code, 0, stderr);
      const lines = stdout.split('\n');
      for (const line of lines) assert.ok(widthOf(line) <= columns, `${widthOf(line)}: ${line}`);
      assert.match(lines[0] ?? '', /^✖ coverage \(prove\): fail at canary 1 %, look 12 of 12, \d\d:\d\dZ$/);
      assert.match(lines[1] ?? '', /^ {2}coverage_newly_critical: Coverage mean/);
      assert.match(stdout, /12 questions decided it/);
      assert.match(stdout, /q000 \(t0\): newly critical; blue 1, green 0/);
      assert.match(stdout, /asked: How do I do step 0, said in way \d\?/);
      assert.match(stdout, /expected: q000-gold/);
      assert.match(stdout, /answer, coverage 1, raw ΔS 0\.4 +│ answer, coverage 0/);
      assert.match(
        stdout,
        /“blue says\[2J[^│]+│ “green says\[2J.*\n(.*│.*\n){3} +[^│]+…/,
        'cut after five lines',
      );
      assert.match(stdout, /cited: q000-gold +│ cited: \[2Jclear31m second line/);
      assert.match(stdout, /and q006, q007, q008, q009, q010, q011 \(--json shows them\)/);
      assert.match(stdout, /do: Coverage dropped/);
      // oxlint-disable-next-line no-control-regex -- that there are none is what is tested
      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, 'no answer moves the cursor');
    }
  });

  await t.test('users by region, and the whole record with --json', async () => {
    const { stdout } = await why(SERVICE, 'latency');
    assert.match(stdout, /^✖ latency .*\n {2}p95_ratio_over_limit, in_one_region: In region us/);
    assert.match(stdout, /us +all +\d+ \[\d+, \d+\] of 4900 +\d+ \[\d+, \d+\] of 4900\n +all +all/);
    const document = json(await why(SERVICE, 'coverage', '--json')) as {
      record: { gate: string; offenders: unknown[] };
      questions: { question: string; runs: unknown[]; pair: { to: { answer: string } } }[];
    };
    assert.deepEqual([document.record.gate, document.questions.length], ['coverage', 12]);
    assert.match(document.questions[7]?.question ?? '', /^How do I do step 7/);
    assert.equal(document.questions[7]?.runs.length, 12);
    assert.equal(document.questions[7]?.pair.to.answer, SAID('green'), 'whole');
  });

  await t.test('of another step or look', async () => {
    const shadow = await why(SERVICE, 'coverage', '--step', 'SHADOW');
    assert.match(shadow.stdout, /^✔ coverage \(prove\): pass at shadow.*\n {2}ok: Coverage/);
    assert.match(shadow.stdout, /do: Nothing: it passed/);
    assert.equal((await why(SERVICE, 'coverage', '--step', 'canary1%', '--look', '12')).code, 0);
    const none = await why(SERVICE, 'coverage', '--look', '3');
    assert.equal(none.code, 2);
    assert.match(
      none.stderr,
      /^cutover: no look of canary 1 %, look 3 .*\n {2}on record: shadow \(look 12\), canary 1 %/,
    );
  });

  await t.test('no gate, not judged, no such switch, evidence gone: one line and what to do', async () => {
    const cases = [
      [['why'], 2, /^cutover: the gate is missing\n/],
      [
        ['why', SERVICE, 'coverag'],
        2,
        /^cutover: there is no gate "coverag"\n {2}did you mean `cutover why docs-why coverage`\?\n$/,
      ],
      [['why', SERVICE, 'zebra'], 2, /^cutover: there is no gate "zebra"\n {2}gates: identity, /],
      [
        ['why', SERVICE, 'egress'],
        3,
        /^cutover: egress has not been judged in this switch of docs-why, which is in canary\n$/,
      ],
      [['why', 'nobody', 'coverage'], 3, /^cutover: no switch of nobody was found/],
    ] as const;
    for (const [words, code, says] of cases) {
      const ran = await bench.run(words);
      assert.equal(ran.code, code, ran.stderr);
      assert.match(ran.stderr, says);
    }
    await rm(path.join(bench.dir, 'evidence'), { recursive: true });
    const gone = await why(SERVICE, 'coverage');
    assert.equal(gone.code, 2);
    assert.match(
      gone.stderr,
      /^cutover: the evidence of that look cannot be read: .*\n {2}run it where .*--dir or --plan\n$/,
    );
  });
});
