/** Where a delivered text stands in a section, in scripts with and without spaces, however its letters are written. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { locate } from '../../../src/domain/probes/align.ts';

const held = (section: string, snippet: string): string[] =>
  locate(section, snippet).map(({ start, end }) => section.slice(start, end));

describe('a snippet', () => {
  for (const [what, section, snippet, found] of [
    ['of whole words', 'The table lists tab keys.', 'TAB keys', 'tab keys'],
    ['of a part of a word only', 'The table lists keys.', 'tab', undefined],
    ['that first stands inside of another word', 'table or tab?', 'tab', 'tab'],
    [
      'of Chinese out of the middle',
      '签名密钥由调度器在每周一早上六点轮换。',
      '调度器在每周一',
      '调度器在每周一',
    ],
    ['of Chinese, wrapped', '签名密钥由调度器轮换。', '密钥由\n调度器', '密钥由调度器'],
    [
      'of Japanese out of the middle',
      '署名鍵は毎週月曜日の午前六時に更新される。',
      '月曜日の午前',
      '月曜日の午前',
    ],
    ['of Thai out of the middle', 'กุญแจลงนามจะถูกหมุนเวียนทุกวันจันทร์', 'หมุนเวียนทุกวัน', 'หมุนเวียนทุกวัน'],
    ['of Korean, a part of a word', '서명키는 매주 교체된다', '명키', undefined],
    ['decomposed', 'Schlüssel über alles', 'u\u0308ber alles', 'über alles'],
    ['of a decomposed text', 'Schlu\u0308ssel u\u0308ber alles', 'ÜBER alles', 'u\u0308ber alles'],
    [
      'of a text with soft hyphens',
      'Signatur\u00ADschlüs\u00ADsel wechseln',
      'Signaturschlüssel',
      'Signatur\u00ADschlüs\u00ADsel',
    ],
    ['in capitals', 'die Straße ist lang', 'DIE STRASSE IST', 'die Straße ist'],
    ['of Arabic with vowel points', 'يتم تدوير المفاتيح', 'تَدْوِير المفاتيح', 'تدوير المفاتيح'],
    ['of decomposed Korean', '서명키는 매주', '서명키는'.normalize('NFD'), '서명키는'],
    ['without letters', 'a, b', '…', undefined],
  ] as const) {
    it(`${what} is ${found === undefined ? 'not found' : 'found'}`, () =>
      assert.deepEqual(held(section, snippet), found === undefined ? [] : [found]));
  }
});
