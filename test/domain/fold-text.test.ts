/** What readers of a language take for the same letters. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { foldText, foldWords } from '../../src/domain/fold-text.ts';

for (const [language, one, other] of [
  ['German', 'STRASSE', 'Straße'],
  ['German, with soft hyphens', 'Schlüs\u00ADsel', 'schlüssel'],
  ['Turkish', 'IŞIK', 'ışık'],
  ['Turkish, dotted', 'İZİN', 'izin'],
  ['Greek', 'ΟΔΌΣ', 'οδός'],
  ['French, decomposed', 'de\u0301lai', 'DÉLAI'],
  ['Japanese, of half width', 'ﾃﾞｰﾀ', 'データ'],
  ['Korean, decomposed', '\u1112\u1161\u11ab', '한'],
  ['Arabic, with vowel points and stretched', 'مُفْتَاحـــ', 'مفتاح'],
  ['Arabic digits', '٢٠٢٦', '2026'],
  ['Persian digits', '۲۰۲۶', '2026'],
  ['Devanagari digits', '२०२६', '2026'],
  ['Thai digits', '๒๐๒๖', '2026'],
] as const) {
  it(`${language}: ${one} is ${other}`, () => {
    assert.equal(foldText(one), foldText(other));
    assert.notEqual(foldText(one), '');
  });
}

it('letters with other meanings stay apart', () => {
  for (const [one, other] of [
    ['schon', 'schön'],
    ['ano', 'año'],
    ['laska', 'łaska'],
    ['は', 'ば'],
  ] as const)
    assert.notEqual(foldText(one), foldText(other));
});

it('words are what is left without signs, vowel signs of Hindi included', () => {
  assert.equal(foldWords('  «Über», uns… 3,5 '), 'über uns 3 5');
  assert.equal(foldWords('कुंजियाँ!'), 'कुंजियाँ');
});
