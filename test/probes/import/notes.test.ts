/** Whatever a field holds inside and nobody reads is named, in every format alike; blanks are not. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { IMPORTERS } from '../../../src/probes/import/index.ts';
import { createNotes } from '../../../src/probes/import/notes.ts';
import { jsonl, tempFolder } from '../set-folder.ts';

async function notesOf(format: keyof typeof IMPORTERS, row: object): Promise<string> {
  const file = path.join(await tempFolder(), 'set.jsonl');
  await writeFile(file, jsonl([row]));
  return (await IMPORTERS[format].read(file, null)).notes.join('\n');
}

void describe('fields inside of a field', () => {
  void it('are named where nobody reads them, and blank ones are not', () => {
    const notes = createNotes(['metadata']);
    notes.inside('metadata', { topic: 'x', owner: 'ops', empty: '', none: null }, ['topic'], 'row 1');
    notes.inside('metadata', '{"team": "a"}', [], 'row 2');
    for (const blank of [null, '', '{}', [], {}]) notes.inside('metadata', blank, [], 'row 3');
    notes.inside('metadata', 'prose', [], 'row 4');
    notes.inside('metadata', [{ a: 1 }, { b: 2 }], [], 'row 5');
    assert.deepEqual(notes.lines(), [
      '`metadata.owner` is not taken over: it is not known here (row 1).',
      '`metadata.team` is not taken over: it is not known here (row 2).',
      '`metadata` is not taken over: it holds no fields (row 4).',
      '`metadata[1…]` is not taken over: of a list only the first is read (row 5).',
      '`metadata.a` is not taken over: it is not known here (row 5).',
    ]);
  });

  const more = { topic: 'x', owner: 'ops', blank: '' };
  const rows = {
    ragas: { row: { user_input: 'Why?', metadata: more }, name: 'metadata' },
    deepeval: {
      row: { input: 'Why?', context: ['x'], additionalMetadata: more },
      name: 'additionalMetadata',
    },
    langsmith: { row: { inputs: { question: 'Why?' }, metadata: more }, name: 'metadata' },
    promptfoo: { row: { vars: { question: 'Why?' }, metadata: more }, name: 'metadata' },
  } as const;
  for (const [format, { row, name }] of Object.entries(rows)) {
    void it(`are named by ${format}`, async () => {
      const notes = await notesOf(format as keyof typeof rows, row);
      assert.match(notes, new RegExp(`\`${name}\\.owner\` is not taken over`));
      assert.doesNotMatch(notes, /topic|blank/);
    });
  }

  void it('langsmith does not read an answerable beside its metadata, and says so', async () => {
    const row = { inputs: { question: 'Why?' }, answerable: false };
    assert.match(await notesOf('langsmith', row), /`answerable` is not taken over/);
    const file = path.join(await tempFolder(), 'set.jsonl');
    await writeFile(file, jsonl([row, { ...row, metadata: { answerable: false } }]));
    const { rows: read } = await IMPORTERS.langsmith.read(file, null);
    assert.deepEqual(
      read.flatMap((one) => ('drafts' in one ? one.drafts.map(({ answerable }) => answerable) : [])),
      [true, false],
    );
  });
});
