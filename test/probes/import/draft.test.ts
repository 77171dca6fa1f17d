/** What is called complete loads: whatever the loader refuses is a gap of its draft. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sortDrafts, type Draft } from '../../../src/probes/import/draft.ts';
import { section } from '../set-folder.ts';

const SECTIONS = [section('one', 'Keys rotate every Monday.')];

function draft(more: Partial<Draft>): Draft {
  return {
    id: 'a',
    topic: 'keys',
    question: 'When?',
    paraphrases: ['When do they?', 'Which day?', 'How often?'],
    answerable: true,
    targets: [{ section_id: 'one' }],
    author: 'me',
    origin: 'imported',
    gaps: [],
    ...more,
  };
}

const gapOf = (more: Partial<Draft>): string => {
  const { complete, drafts } = sortDrafts([draft({ id: 'good' }), draft(more)], SECTIONS);
  assert.deepEqual(
    complete.map(({ id }) => id),
    ['good'],
  );
  assert.deepEqual(
    drafts[0]?.gaps.map(({ code }) => code),
    ['does_not_fit'],
  );
  return drafts[0]?.gaps[0]?.message ?? '';
};

void describe('a draft that the loader would refuse has a gap that says why', () => {
  void it('a schema that cannot be compiled', () => {
    assert.match(gapOf({ expect: { jsonSchema: { type: 'no-such-type' } } }), /expect\.jsonSchema: /);
    assert.match(gapOf({ expect: { jsonSchema: 'text' } }), /a schema is an object/);
  });

  void it('a pattern that cannot be run', () => {
    assert.match(gapOf({ expect: { matches: ['(?=a)b'] } }), /expect\.matches/);
  });

  void it('a span past the end of its section, or of no length', () => {
    assert.match(
      gapOf({ targets: [{ section_id: 'one', spans: [[0, 99]] }] }),
      /span 0-99 is outside of one/,
    );
    assert.match(gapOf({ targets: [{ section_id: 'one', spans: [[5, 5]] }] }), /span 5-5/);
  });

  void it('a decoy that is not there', () => {
    assert.match(gapOf({ decoys: ['gone'] }), /no section gone \(a decoy\)/);
  });
});
