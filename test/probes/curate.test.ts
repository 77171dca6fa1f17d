/** Curation: what a healthy color does not pass is left out with its reasons, and the rest is a set of its own. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Calibration } from '../../src/domain/look-input.ts';
import type { ProbeRun } from '../../src/domain/probe.ts';
import { curate } from '../../src/probes/curate.ts';
import { causeLines, causesOf, oneSidedText } from '../../src/probes/curate-summary.ts';
import { writeSubset } from '../../src/probes/curate-write.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { jsonl, section, tempFolder, writeSet } from './set-folder.ts';
import { probe, probeSet } from './support.ts';

const CALIBRATION = { tPass: 0.3, tBlock: 0.4 } as Calibration;

function runs(id: string, change: (i: number) => Partial<ProbeRun> = () => ({})): ProbeRun[] {
  return Array.from({ length: 6 }, (_, i) => ({
    probeId: id,
    paraphrase: i % 3,
    seed: i < 3 ? 1 : 2,
    color: 'blue' as const,
    round: i,
    sentAtMs: 0,
    error: null,
    violations: [],
    answerClass: 'answer' as const,
    sectionIds: [`section-${id}`],
    sectionsFrom: 'retrieved' as const,
    deltaS: 0.25,
    deltaSControl: 0.5,
    coverage: 0.9,
    identity: {},
    cold: false,
    latencyMs: null,
    ...change(i),
  }));
}

function codes(id: string, own: readonly ProbeRun[], rest: object = {}): string[] {
  const set = { probes: [probe(id, rest)] };
  return curate(set, own, CALIBRATION)[0]?.reasons.map(({ code }) => code) ?? ['?'];
}

void test('a probe that passes is kept, with what was measured', () => {
  const [one] = curate(probeSet(['a']), runs('a'), CALIBRATION);
  assert.ok(one?.kept);
  assert.equal(one.on.blue?.coverage?.toFixed(2), '0.90');
  assert.equal(one.on.blue.deltaS?.toFixed(3), '0.375', 'on the calibrated scale');
  assert.equal(one.on.blue.lambda, 'convergent');
});

void test('each fault is a reason of its own', () => {
  assert.deepEqual(
    codes(
      'a',
      runs('a', () => ({ coverage: 0.69 })),
    ),
    ['low_coverage'],
  );
  assert.deepEqual(
    codes(
      'a',
      runs('a', () => ({ coverage: null })),
    ),
    ['low_coverage'],
  );
  assert.deepEqual(
    codes(
      'a',
      runs('a', () => ({ deltaS: 0.401 })),
    ),
    ['high_delta_s'],
  );
  assert.deepEqual(
    codes(
      'a',
      runs('a', () => ({ deltaS: 0.399 })),
    ),
    [],
  );
  assert.deepEqual(
    codes(
      'a',
      runs('a', (i) => ({ sectionIds: [`s${i}`] })),
    ),
    ['not_convergent'],
  );
  assert.deepEqual(
    codes(
      'a',
      runs('a', () => ({ sectionIds: ['elsewhere'] })),
    ),
    ['not_convergent'],
  );
  assert.deepEqual(codes('a', []), ['not_answered'], 'nobody was asked');
  const failed = runs('a', (i) => (i === 0 ? { error: 'headers:http_5xx:503' } : {}));
  assert.deepEqual(
    codes('a', failed),
    ['not_answered'],
    'five of six answers make a λ, but one request failed',
  );
});

void test('an unanswerable question has to be refused, and nothing else', () => {
  const rest = { answerable: false, targets: [] };
  const refused = runs('u', () => ({ answerClass: 'refusal', coverage: null, deltaS: 0.9 }));
  assert.deepEqual(codes('u', refused, rest), []);
  assert.deepEqual(codes('u', runs('u'), rest), ['not_convergent']);
});

void test('the limits can be set', () => {
  const own = runs('a', () => ({ coverage: 0.5, deltaS: 0.4 }));
  const [one] = curate(probeSet(['a']), own, null, { coverage: 0.4, deltaS: 0.41 });
  assert.ok(one?.kept);
});

const green = (own: readonly ProbeRun[]): ProbeRun[] => own.map((run) => ({ ...run, color: 'green' }));
const LOST = { coverage: 0.1 };

void test('a question that either color passes is kept; one that neither does is dropped, with both reasons (E5)', () => {
  const set = probeSet(['a', 'b', 'c']);
  const asked = [
    ...runs('a', () => LOST),
    ...green(runs('a')),
    ...runs('b'),
    ...green(runs('b', () => LOST)),
    ...runs('c', () => LOST),
    ...green(runs('c', () => LOST)),
  ];
  const verdicts = curate(set, asked, CALIBRATION);
  assert.deepEqual(
    verdicts.map(({ kept }) => kept),
    [true, true, false],
  );
  assert.deepEqual(
    verdicts[2]?.reasons.map(({ message }) => message),
    ['blue: coverage 0.10 < 0.7', 'green: coverage 0.10 < 0.7'],
  );
  assert.equal(oneSidedText(asked), null);
});

void test('two equally good colors look equally good on what is curated on both, in either direction (E5)', () => {
  const ids = Array.from({ length: 200 }, (_, i) => `q${i}`);
  // Each color passes its own 85 %, as two builds of one index do.
  const passes = { blue: (i: number) => i % 20 >= 3, green: (i: number) => (i * 7) % 20 >= 3 };
  const of = (color: 'blue' | 'green'): ProbeRun[] =>
    ids.flatMap((id, i) => runs(id, () => ({ color, ...(passes[color](i) ? {} : LOST) })));
  const share = (kept: ReadonlySet<string>, color: 'blue' | 'green'): number =>
    ids.filter((id, i) => kept.has(id) && passes[color](i)).length / kept.size;
  const keptBy = (asked: readonly ProbeRun[]): Set<string> =>
    new Set(curate(probeSet(ids), asked, CALIBRATION).flatMap(({ id, kept }) => (kept ? [id] : [])));
  const both = keptBy([...of('blue'), ...of('green')]);
  assert.equal(share(both, 'blue'), share(both, 'green'));
  const alone = keptBy(of('blue'));
  assert.ok(
    share(alone, 'blue') - share(alone, 'green') > 0.1,
    'on one alone it is the judge that is crooked',
  );
  assert.match(oneSidedText(of('blue')) ?? '', /curated on blue alone/);
});

void test('a color that answers nothing has no say, and is not counted as asked (E5)', () => {
  const down = runs('a', () => ({ color: 'green', error: 'connect:refused', coverage: null, deltaS: null }));
  assert.match(oneSidedText([...runs('a'), ...down]) ?? '', /curated on blue alone/);
  const [lost] = curate({ probes: [probe('a')] }, [...runs('a', () => LOST), ...down], CALIBRATION);
  assert.deepEqual(
    lost?.reasons.map(({ code }) => code),
    ['low_coverage'],
  );
});

void test('what is dropped is summed up by cause, with what to do about it (E8)', () => {
  const set = probeSet(['a', 'b', 'c', 'd']);
  const asked = [
    ...runs('a', () => ({ coverage: 0.3 })),
    ...runs('b', () => ({ coverage: 0.4, deltaS: 0.5 })),
    ...runs('c', () => ({ coverage: 0 })),
    ...runs('d'),
  ];
  const causes = causesOf(set, curate(set, asked, CALIBRATION));
  assert.deepEqual(
    causes.map(({ cause, probes }) => [cause, probes]),
    [
      ['part_delivered', 2],
      ['high_delta_s', 1],
      ['not_delivered', 1],
    ],
  );
  const [line] = causeLines(causes);
  assert.match(
    line ?? '',
    /^2 × part_delivered: narrow the spans .* 2 ask for whole sections, the middle one for 20 words$/,
  );
});

async function source(): Promise<string> {
  const sections = ['a', 'b'].map((id) => section(`section-${id}`, `text of ${id} in a few words`));
  const probes = [{ ...probe('a'), ours: { kept: true } }, probe('b', { question: 'b | with a bar?' })];
  return writeSet(path.join(await tempFolder(), 'set'), probes, sections);
}

void test('what is left out is written down, and the rest loads as a set with its own digest', async () => {
  const set = await loadProbeSet(await source());
  const folder = path.join(await tempFolder(), 'deep', 'out');
  const leftOut = [{ id: 'b', reasons: ['λ: answers are split', 'coverage 0.10 < 0.7'] }];
  const made = await writeSubset({ set, keep: new Set(['a']), leftOut, folder, how: 'Curated on blue' });
  assert.deepEqual(
    made.probes.map(({ id }) => id),
    ['a'],
  );
  assert.notEqual(made.digest, set.digest);
  assert.equal(made.corpusHash, set.corpusHash);
  const dropped = await readFile(path.join(folder, 'DROPPED.md'), 'utf8');
  assert.match(dropped, /1 are kept and 1 left out/);
  assert.match(dropped, /\| b \| b \\\| with a bar\? \| λ: answers are split; coverage 0\.10 < 0\.7 \|/);
  assert.match(await readFile(path.join(folder, 'probes.jsonl'), 'utf8'), /"ours":\{"kept":true\}/);
  assert.match(await readFile(path.join(folder, 'manifest.json'), 'utf8'), new RegExp(set.digest));
});

void test('nothing is written over, and no empty set is written', async () => {
  const set = await loadProbeSet(await source());
  const folder = await tempFolder();
  await mkdir(path.join(folder, 'full'));
  await writeFile(path.join(folder, 'full', 'mine.txt'), 'x');
  const write = (to: string, keep: string[]): Promise<unknown> =>
    writeSubset({ set, keep: new Set(keep), leftOut: [], folder: path.join(folder, to), how: '' });
  await assert.rejects(write('full', ['a']), /is not empty/);
  await assert.rejects(write('none', []), /no probe would be left/);
  await assert.rejects(write('full/mine.txt', ['a']), /cannot be written: ENOTDIR/);
  assert.equal(jsonl([]), '');
});
