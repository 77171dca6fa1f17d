/** What a probe says of its answer, asked of answers. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { Probe } from '../../src/domain/probe.ts';
import { isAsserted } from '../../src/domain/probes/asserted.ts';
import { assertionsOf } from '../../src/probes/assertions.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { section, tempFolder, writeSet } from './set-folder.ts';
import { probe } from './support.ts';

const missed = (rest: Partial<Probe>, answer: string): readonly string[] =>
  assertionsOf(probe('a', rest), 'a')(answer);

void describe('assertions of an answer', () => {
  void it('must_include and must_not_include take letters, widths and spaces for the same', () => {
    assert.deepEqual(missed({ must_include: ['every  Monday'] }, 'Keys change EVERY\nMONDAY.'), []);
    assert.deepEqual(missed({ must_include: ['６時'] }, '月曜日の6時'), []);
    assert.deepEqual(missed({ must_include: ['ÜBER'] }, 'über'), []);
    assert.deepEqual(missed({ must_include: ['Friday'] }, 'Monday'), ['must_include "Friday"']);
    assert.deepEqual(missed({ must_not_include: ['as an ai'] }, 'As an AI, I …'), [
      'must_not_include "as an ai"',
    ]);
  });

  void it('contains and notContains take them as they are written', () => {
    assert.deepEqual(missed({ expect: { contains: ['2023'] } }, 'in 2023'), []);
    assert.deepEqual(missed({ expect: { contains: ['Monday'] } }, 'monday'), ['contains "Monday"']);
    assert.deepEqual(missed({ expect: { notContains: ['Monday'] } }, 'monday'), []);
  });

  void it('patterns are RE2', () => {
    assert.deepEqual(missed({ expect: { matches: [String.raw`\b\d{4}\b`] } }, 'in 2023'), []);
    assert.deepEqual(missed({ expect: { matches: ['^no$'] } }, 'none'), ['matches "^no$"']);
    assert.deepEqual(missed({ expect: { notMatches: ['(?i)sorry'] } }, 'Sorry!'), ['notMatches "(?i)sorry"']);
    const late = Date.now();
    assert.deepEqual(missed({ expect: { matches: ['(a+)+$'] } }, `${'a'.repeat(5_000)}b`).length, 1);
    assert.ok(Date.now() - late < 5_000);
  });

  void it('jsonSchema asks for JSON, and for its form', () => {
    const jsonSchema = { type: 'object', required: ['day'] };
    assert.deepEqual(missed({ expect: { jsonSchema } }, '{"day":"Monday"}'), []);
    assert.deepEqual(missed({ expect: { jsonSchema } }, 'Monday'), ['jsonSchema: not JSON']);
    assert.deepEqual(missed({ expect: { jsonSchema } }, '{}'), ['jsonSchema: schema:required:/day']);
  });

  void it('long ones are shown short, and five at most', () => {
    const words = Array.from({ length: 9 }, (_, i) => `${i}${'x'.repeat(100)}`);
    const all = missed({ must_include: words }, 'y');
    assert.equal(all.length, 5);
    assert.ok(all.every((one) => one.length < 80));
  });

  void it('of none there are none', () => {
    assert.equal(isAsserted(probe('a', { must_include: [], expect: {} })), false);
    assert.equal(isAsserted(probe('a', { expect: { jsonSchema: {} } })), true);
  });

  void it('that cannot be run are refused with the set, at their place (D9)', async () => {
    const sections = [section('section-a', 'text of a')];
    const load = async (rest: object): Promise<unknown> =>
      loadProbeSet(
        await writeSet(path.join(await tempFolder(), 's'), [{ ...probe('a'), ...rest }], sections),
      );
    await assert.rejects(
      load({ expect: { matches: ['(a'] } }),
      /probes\.jsonl:1: a: expect\.matches: not a pattern/,
    );
    await assert.rejects(load({ expect: { jsonSchema: { type: 'thing' } } }), /:1: a: expect\.jsonSchema/);
    await load({ must_include: ['x'], expect: { matches: ['a'] } });
  });
});
