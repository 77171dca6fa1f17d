/** A calibration comes back as it was stored, and for nothing else than it was measured with. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Calibration } from '../../src/domain/look-input.ts';
import { calibrationPath, loadCalibration, saveCalibration } from '../../src/probes/calibration-file.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { tempFolder } from './set-folder.ts';

const EMBEDDER = { id: 'maker/model@1/f16', windowWords: 60 };

async function stored(change: Partial<Calibration> = {}) {
  const folder = await tempFolder();
  const set = { folder, digest: 'd'.repeat(64), corpusHash: 'c'.repeat(64) };
  const calibration: Calibration = {
    embedderId: EMBEDDER.id,
    corpusHash: set.corpusHash,
    goldHash: set.digest,
    k: 5,
    windowWords: 60,
    mPos: 0.25,
    mNeg: 0.5,
    auc: 0.9,
    tPass: 0.375,
    tBlock: 0.5,
    ...change,
  };
  return { set, calibration, path: await saveCalibration(set, calibration) };
}

void test('is stored under the embedder’s name and comes back the same', async () => {
  const { set, calibration, path: file } = await stored();
  assert.equal(path.relative(set.folder, file), 'calibration/maker_model@1_f16.json');
  assert.deepEqual(await loadCalibration(set, EMBEDDER), calibration);
  assert.deepEqual(
    await readdir(path.dirname(file)),
    ['maker_model@1_f16.json'],
    'nothing is left beside it',
  );
});

void test('nothing stored is null, not an error', async () => {
  const { set } = await stored();
  assert.equal(await loadCalibration(set, { ...EMBEDDER, id: 'other' }), null);
});

void test('another set, corpus, window or embedder of the same file name is refused by name', async () => {
  const { set } = await stored();
  const refused = (of: typeof set, embedder: typeof EMBEDDER, why: RegExp): Promise<void> =>
    assert.rejects(loadCalibration(of, embedder), { name: 'UserError', message: why });
  await refused({ ...set, digest: 'e'.repeat(64) }, EMBEDDER, /goldHash is dddd/);
  await refused({ ...set, corpusHash: 'x' }, EMBEDDER, /corpusHash is cccc/);
  await refused(set, { ...EMBEDDER, windowWords: 100 }, /windowWords is 60, expected 100/);
  await refused(set, { ...EMBEDDER, id: 'maker_model@1/f16' }, /embedderId is maker/);
});

void test('a file that was edited to be kinder is refused', async () => {
  const kinder = await stored({ tPass: 0.45 });
  await assert.rejects(loadCalibration(kinder.set, EMBEDDER), /tPass is 0.45, expected 0.375/);
  const blind = await stored({ mNeg: 0.3, tPass: 0.275, tBlock: 0.3 });
  await assert.rejects(loadCalibration(blind.set, EMBEDDER), /does not tell/);
});

void test('a damaged file is refused, not taken for a missing one', async () => {
  const { set, path: file } = await stored();
  const text = await readFile(file, 'utf8');
  for (const damaged of [text.slice(0, 40), '{}', text.replace('"auc": 0.9', '"auc": "NaN"')]) {
    await writeFile(file, damaged);
    await assert.rejects(loadCalibration(set, EMBEDDER), { name: 'UserError' });
  }
});

void test('the sample set carries a calibration of the embedded default', async () => {
  const set = await loadProbeSet('examples/docs-rag/probes');
  const embedder = { id: 'use-lite@0.2.0/512/f16', windowWords: 60 };
  const found = await loadCalibration(set, embedder);
  assert.ok(found !== null, calibrationPath(set, embedder.id));
  assert.ok(found.mNeg - found.mPos >= 0.08 && found.auc >= 0.7);
});
