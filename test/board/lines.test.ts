/** Text of strangers in a markdown page: nothing of it links, loads, calls somebody or draws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cell } from '../../src/board/lines.ts';

void describe('a cell of a markdown page', () => {
  for (const [what, given, shown] of [
    ['links', 'see [the fix](http://evil.example)', String.raw`see [the fix]\(http://evil.example)`],
    ['images', '![](http://evil.example/seen.png)', String.raw`![]\(http://evil.example/seen.png)`],
    ['backslashed links', String.raw`[x\](y) [x](z)`, String.raw`[x\]\(y) [x]\(z)`],
    ['definitions of links', '[gate]: http://evil.example', String.raw`[gate]\: http://evil.example`],
    ['mentions', '@octocat, (@org/team)', '@\u200Boctocat, (@\u200Borg/team)'],
    ['mentions by entity', '&#64;octocat &commat;octocat', '&amp;#64;octocat &amp;commat;octocat'],
    ['elements and columns', '<img src=x>|a', '&lt;img src=x>/a'],
    ['control characters', 'a\u001B[31mred\u001B[0m\u0007\u009B\u202Eb', 'aredb'],
    ['lines', 'a\r\n# b\tc\u2028d', 'a # b c d'],
  ] as const) {
    it(`holds no ${what}`, () => assert.equal(cell(given), shown));
  }

  it('leaves what is none of these as it is', () => {
    const said = 'paired -0.02 [-0.04, 0.001] of 97 & ana@example.com: «naïve» 5 * 3_000';
    assert.equal(cell(said), said);
  });
});
