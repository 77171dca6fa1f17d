/** Words, windows and ΔS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  calibrateDeltaS,
  calibrationAnchors,
  cosineDistance,
  isDiscriminating,
  meanDeltaS,
  reportDeltaS,
  separationAuc,
} from '../../../src/domain/probes/delta-s.ts';
import { assertLinear } from '../../support/linear.ts';
import { textWindows, wordTokens } from '../../../src/domain/probes/tokens.ts';
import { words } from './support.ts';

test('a token is a word, not punctuation; offsets are those of the text', () => {
  const text = "Don't PRAGMA foreign_keys=1; déjà vu!";
  assert.deepEqual(
    wordTokens(text).map((t) => text.slice(t.start, t.end)),
    ["Don't", 'PRAGMA', 'foreign_keys', '1', 'déjà', 'vu'],
  );
});

test('windows hold at most 60 words, and a short tail joins the window before it', () => {
  const sizes = (n: number): number[] => textWindows(words(n)).map((w) => w.tokens);
  assert.deepEqual(sizes(0), []);
  assert.deepEqual(sizes(60), [60]);
  assert.deepEqual(sizes(74), [74]);
  assert.deepEqual(sizes(75), [60, 15]);
  assert.deepEqual(sizes(150), [60, 60, 30]);
  assert.throws(() => textWindows('a', 0), RangeError);
});

test('no word is lost or counted twice', () => {
  for (const n of [1, 59, 61, 119, 133, 134, 135, 299]) {
    const joined = textWindows(words(n))
      .map((w) => w.text)
      .join(' ');
    assert.equal(joined, words(n));
  }
});

test('ΔS is the token-weighted mean of 1 − cos, raw', () => {
  assert.equal(cosineDistance([1, 0], [1, 0]), 0);
  assert.equal(cosineDistance([1, 0], [0, 3]), 1);
  assert.equal(cosineDistance([1, 0], [-2, 0]), 2);
  assert.equal(
    meanDeltaS(
      [1, 0],
      [
        { vector: [1, 0], tokens: 30 },
        { vector: [0, 1], tokens: 10 },
      ],
    ),
    0.25,
  );
  assert.equal(meanDeltaS([1, 0], []), null);
  assert.equal(reportDeltaS(1.4), 1);
  assert.throws(() => cosineDistance([1], [1, 2]), RangeError);
  assert.throws(() => cosineDistance([0, 0], [1, 2]), RangeError);
});

test('the scale puts .45 half-way to random and .60 at random', () => {
  const scale = calibrationAnchors(0.392, 0.53);
  assert.ok(Math.abs(scale.tPass - 0.461) < 1e-12);
  assert.ok(Math.abs(calibrateDeltaS(scale.tPass, scale) - 0.45) < 1e-12);
  assert.ok(Math.abs(calibrateDeltaS(scale.tBlock, scale) - 0.6) < 1e-12);
  assert.equal(calibrateDeltaS(-5, scale), 0);
  assert.equal(calibrateDeltaS(5, scale), 1);
  assert.throws(() => calibrateDeltaS(0.4, { tPass: 0.5, tBlock: 0.5 }), RangeError);
});

test('AUC counts ties half, and decides with the gap whether to gate at all', () => {
  assert.equal(separationAuc([0.1, 0.2], [0.3, 0.4]), 1);
  assert.equal(separationAuc([0.3], [0.3]), 0.5);
  assert.equal(separationAuc([0.5], [0.1, 0.2]), 0);
  assert.equal(separationAuc([0.1, 0.3], [0.2, 0.4]), 0.75);
  assert.ok(Number.isNaN(separationAuc([], [1])));
  assert.equal(isDiscriminating({ mPos: 0.07, mNeg: 0.094, auc: 0.9 }), false);
  assert.equal(isDiscriminating({ mPos: 0.39, mNeg: 0.53, auc: 0.78 }), true);
  assert.equal(isDiscriminating({ mPos: 0.39, mNeg: 0.53, auc: 0.69 }), false);
});

test('the words of a long text are those of its sentences, and take as much longer as it is longer', () => {
  const sentence = 'Die „erste“ Mahnung: 3,5 % — can’t. 签名密钥由调度器轮换。\n';
  const one = wordTokens(sentence).map(({ start, end }) => sentence.slice(start, end));
  const long = sentence.repeat(500);
  const all = wordTokens(long).map(({ start, end }) => long.slice(start, end));
  assert.deepEqual(all, Array.from({ length: 500 }, () => one).flat());
  let round = 0;
  // Another text each time: the same one is remembered.
  assertLinear(
    100,
    (times) => sentence.repeat(times),
    (text) => void wordTokens(`${(round += 1)} ${text}`),
  );
});
