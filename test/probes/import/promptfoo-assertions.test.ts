/** Assertions of promptfoo that cannot be run here are named with the reason, and never taken over. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertionsOf } from '../../../src/probes/import/promptfoo-assertions.ts';

void describe('assertions that cannot be run', () => {
  void it('a schema that cannot be compiled', () => {
    const { asked, foreign } = assertionsOf([{ type: 'is-json', value: { type: 'no-such-type' } }], {});
    assert.deepEqual(asked, {});
    assert.match(foreign[0] ?? '', /^is-json \(its schema: /);
  });

  void it('a pattern that RE2 does not know', () => {
    const { asked, foreign } = assertionsOf([{ type: 'regex', value: '(?=a)b' }], {});
    assert.deepEqual(asked, {});
    assert.match(foreign[0] ?? '', /^regex \(/);
  });

  void it('one that can be run is taken over', () => {
    const schema = { type: 'object', required: ['id'] };
    assert.deepEqual(assertionsOf([{ type: 'is-json', value: schema }], {}).asked, {
      expect: { jsonSchema: schema },
    });
  });
});
