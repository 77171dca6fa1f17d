/** Loading, linting and calibrating probe sets, the shipped one included. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { calibrate } from '../../src/probes/calibrate.ts';
import { createEmbedder } from '../../src/probes/embed/index.ts';
import { lintAgainst, lintParaphrases, lintProbeSet } from '../../src/probes/lint.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { probe, probeSet } from './support.ts';

const DEMO = fileURLToPath(new URL('../../examples/docs-rag/probes', import.meta.url));
const SECTION = {
  section_id: 's',
  doc_id: 'd',
  title: 't',
  source_url: '',
  text: 'some text',
  rev: '1',
  topic: 'x',
};
const PROBE = probe('p', { targets: [{ section_id: 's', spans: [[0, 4]] }] });

async function folder(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'cutover-probes-'));
  t.after(() => rm(root, { recursive: true }));
  const dir = join(root, 'set');
  await mkdir(dir);
  const all = {
    'manifest.json': '{"name":"n","version":"1"}',
    'sections.jsonl': JSON.stringify(SECTION),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) await writeFile(join(dir, name), text);
  return dir;
}

const jsonl = (...rows: readonly unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

test('a set is read, and its digest covers every file', async (t) => {
  const first = await loadProbeSet(await folder(t, { 'probes.jsonl': `${jsonl(PROBE)}\n\n` }));
  assert.equal(first.probes.length, 1);
  assert.equal(first.sections.get('s')?.text, 'some text');
  const same = await loadProbeSet(await folder(t, { 'probes.jsonl': `${jsonl(PROBE)}\n\n` }));
  assert.equal(same.digest, first.digest);
  const sections = jsonl({ ...SECTION, title: 'changed' });
  const other = await loadProbeSet(
    await folder(t, { 'probes.jsonl': `${jsonl(PROBE)}\n\n`, 'sections.jsonl': sections }),
  );
  assert.notEqual(other.digest, first.digest);
  assert.equal(other.corpusHash, first.corpusHash);
});

test('sections may lie elsewhere in the repository', async (t) => {
  const dir = await folder(t, {
    'manifest.json': '{"name":"n","version":"1","sections":"../corpus.jsonl"}',
    'probes.jsonl': jsonl(PROBE),
  });
  await writeFile(join(dir, '../corpus.jsonl'), jsonl(SECTION));
  assert.equal((await loadProbeSet(dir)).sections.size, 1);
});

for (const [name, files, message] of [
  ['broken JSON', { 'probes.jsonl': `${jsonl(PROBE)}\n{"id":` }, /probes\.jsonl:2: not JSON/u],
  ['a missing field', { 'probes.jsonl': jsonl({ ...PROBE, topic: undefined }) }, /probes\.jsonl:1: topic: /u],
  [
    'two paraphrases',
    { 'probes.jsonl': jsonl({ ...PROBE, paraphrases: ['a', 'b'] }) },
    /exactly 3 paraphrases/u,
  ],
  ['an id twice', { 'probes.jsonl': jsonl(PROBE, PROBE) }, /probes\.jsonl:2: probe p is there twice/u],
  [
    'an unknown target',
    { 'probes.jsonl': jsonl({ ...PROBE, targets: [{ section_id: 'z' }] }) },
    /no section z/u,
  ],
  [
    'a span out of range',
    { 'probes.jsonl': jsonl({ ...PROBE, targets: [{ section_id: 's', spans: [[0, 99]] }] }) },
    /outside of s/u,
  ],
  ['no target', { 'probes.jsonl': jsonl({ ...PROBE, targets: [] }) }, /names no target/u],
  ['no probes', { 'probes.jsonl': '' }, /no probes/u],
  ['a missing file', {}, /cannot be read/u],
  [
    'an edited file',
    {
      'probes.jsonl': jsonl(PROBE),
      'manifest.json': `{"name":"n","version":"1","sha256":{"probes.jsonl":"${'0'.repeat(64)}"}}`,
    },
    /the manifest says/u,
  ],
  [
    'another corpus',
    { 'probes.jsonl': jsonl(PROBE), 'manifest.json': '{"name":"n","version":"1","corpusHash":"x"}' },
    /corpusHash is x/u,
  ],
  [
    'an absolute path',
    { 'probes.jsonl': jsonl(PROBE), 'manifest.json': '{"name":"n","version":"1","probes":"/etc/passwd"}' },
    /relative path/u,
  ],
] as const) {
  test(`refused: ${name}`, async (t) => {
    await assert.rejects(loadProbeSet(await folder(t, files)), { name: 'UserError', message });
  });
}

test('lints find what makes gates blind', () => {
  const set = probeSet(['a', 'b', 'c', 'd', 'e']);
  const shared = set.probes.map((p) => ({ ...p, targets: [{ section_id: 'section-a' }] }));
  const twins = probe('t', {
    paraphrases: ['Same thing', 'same, thing!', 'other'],
    question: 'aword1 aword2',
    targets: [{ section_id: 'section-a' }],
  });
  const codes = lintProbeSet({ ...set, probes: [...shared, twins] }, { k: 1, chunkWords: 10 }).map(
    (f) => f.code,
  );
  for (const code of [
    'set_size',
    'paraphrases_not_distinct',
    'question_in_section',
    'target_too_long',
    'target_shared',
    'topic_balance',
  ]) {
    assert.ok(codes.includes(code as never), code);
  }
});

test('probes that the healthy color fails are named', () => {
  const set = probeSet(['a']);
  assert.deepEqual(
    lintAgainst(set, []).map((f) => [f.code, f.message]),
    [['fails_on_from', 'λ unknown']],
  );
});

test('the demo set loads, is clean, and its shipped vectors make calibration instant', async (t) => {
  const set = await loadProbeSet(DEMO);
  assert.deepEqual(
    lintProbeSet(set).filter((f) => f.severity === 'error'),
    [],
  );
  const embedder = createEmbedder({ use: 'use-lite' }, set);
  t.after(() => embedder.close());
  const result = await calibrate(set, embedder);
  assert.equal(embedder.misses, 0, 'run scripts/embed-cache.ts after a change of corpus or probes');
  assert.equal(result.ok, true);
  assert.ok(result.calibration.auc > 0.8 && result.calibration.mNeg - result.calibration.mPos > 0.1);
  assert.deepEqual(await calibrate(set, embedder), result);
  // Ours are far apart on purpose (keywords, a story, other words): warnings, not errors.
  const found = await lintParaphrases(set, embedder);
  assert.ok(found.every((f) => f.severity === 'warning' && f.probeId !== null));
});

test('an embedder that cannot tell right from random is refused', async () => {
  const set = await loadProbeSet(DEMO);
  const vague = {
    id: 'vague',
    dim: 2,
    maxTokens: 100,
    windowWords: 60,
    embed: async (texts: readonly string[]) =>
      texts.map((text) => new Float32Array([1, (text.length % 7) / 100])),
    close: async () => {},
  };
  const result = await calibrate(set, vague);
  assert.equal(result.ok, false);
  assert.equal(result.ok ? '' : result.reason, 'embedder_not_discriminating');
  assert.throws(() => createEmbedder({ use: 'word2vec' }, set), { name: 'UserError' });
});
