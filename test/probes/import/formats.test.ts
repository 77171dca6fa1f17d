/** A small file of each format, in the shape in which its own tool writes it: what is kept, and what is said to be lost. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { importProbes, type ImportFormat, type ImportResult } from '../../../src/probes/import/index.ts';
import { loadProbeSet } from '../../../src/probes/probe-set.ts';
import { tempFolder } from '../set-folder.ts';

const FILES = path.join(import.meta.dirname, 'files');

async function run(format: ImportFormat, name: string): Promise<ImportResult> {
  return importProbes({
    format,
    path: path.join(FILES, name),
    sections: path.join(FILES, 'sections.jsonl'),
    folder: path.join(await tempFolder(), 'out'),
    name: 'x',
  });
}

/** The fields that a note names. */
const lost = ({ notes }: ImportResult): string[] =>
  notes.flatMap((note) => /`([^`]+)` is not taken over/.exec(note)?.[1] ?? []).toSorted();

const targets = ({ complete, drafts }: ImportResult): string[][] =>
  [...complete, ...drafts].map((one) => one.targets.map(({ section_id: id }) => id));

void describe('each format', () => {
  void it('ragas, as pandas writes its test sets', async () => {
    const result = await run('ragas', 'ragas.csv');
    assert.deepEqual(targets(result), [['keys#1'], ['keys#1', 'exports#1']]);
    assert.deepEqual(lost(result), ['persona_name', 'query_length', 'query_style', 'reference']);
  });

  void it('deepeval, CSV', async () => {
    const result = await run('deepeval', 'deepeval.csv');
    assert.deepEqual(
      result.complete.map(({ id, topic }) => [id, topic]),
      [
        ['keys', 'security'],
        ['deepeval-2', 'imported'],
      ].slice(0, result.complete.length),
    );
    assert.equal(result.complete.length, 2);
    assert.deepEqual(targets(result), [['keys#1'], ['limits#1', 'exports#1']]);
    assert.deepEqual(lost(result), ['comments', 'expected_output', 'retrieval_context', 'source_file']);
  });

  void it('deepeval, JSON, with a conversation', async () => {
    const result = await run('deepeval', 'deepeval.json');
    assert.equal(result.complete.length, 1);
    assert.match(result.drafts[0]?.gaps[0]?.message ?? '', /conversation of several turns/);
    assert.deepEqual(lost(result), [
      'expected_outcome',
      'expected_output',
      'retrieval_context',
      'scenario',
      'source_file',
    ]);
  });

  void it('langsmith', async () => {
    const result = await run('langsmith', 'langsmith.jsonl');
    const [one] = result.complete;
    assert.deepEqual([one?.id, one?.topic, one?.tags], ['6f1c', 'security', ['split:test']]);
    assert.deepEqual(one?.targets, [{ section_id: 'keys#1' }]);
    assert.deepEqual(
      result.drafts.map(({ question }) => question),
      ['How many projects?', ''],
    );
    assert.match(result.drafts[1]?.gaps[0]?.message ?? '', /no question among the inputs a, b, c/);
    assert.deepEqual(lost(result), [
      'created_at',
      'dataset_id',
      'inputs.a',
      'inputs.b',
      'inputs.c',
      'inputs.locale',
      'metadata.owner',
      'outputs.answer',
      'outputs.messages',
    ]);
  });

  void it('a table of one’s own, with semicolons, a mark before it and a row that is too long', async () => {
    const result = await run('table', 'table.csv');
    const [keys, dog] = result.complete;
    assert.deepEqual([keys?.must_include, keys?.must_not_include], [['Monday', 'six'], ['Tuesday']]);
    assert.deepEqual([keys?.targets, keys?.paraphrases.length], [[{ section_id: 'keys#1' }], 3]);
    assert.deepEqual([dog?.answerable, dog?.question], [false, 'May I bring a dog; or a cat?']);
    assert.deepEqual([result.rows, result.leftOut.map(({ where }) => where)], [3, ['line 5']]);
    assert.match(result.leftOut[0]?.why ?? '', /12 cells and the header 11/);
    assert.deepEqual(lost(result), ['owner']);
    await loadProbeSet(result.folder);
  });

  void it('promptfoo, a table of tests', async () => {
    const result = await run('promptfoo', 'pf-tests.csv');
    const [one] = result.complete;
    assert.deepEqual(one?.must_include, ['monday']);
    assert.deepEqual(one?.expect, { notContains: ['Tuesday', 'Friday'], matches: [String.raw`\bsix\b`] });
    const [two] = result.drafts;
    assert.deepEqual(two?.expect, { matches: [String.raw`^Forty\.$`], jsonSchema: {} });
    assert.deepEqual(
      two?.gaps.map(({ message }) => message),
      ['not taken over: assertions llm-rubric; write must_include, or remove this entry'],
    );
    assert.deepEqual(lost(result), ['__description', 'locale']);
  });

  void it('squad 2.0: the sentence of the answer as span, and what is torn is named', async () => {
    const result = await run('squad', 'squad.json');
    const [a, b] = result.drafts;
    assert.deepEqual(a?.targets[0]?.spans, [[18, 182]]);
    assert.deepEqual([a?.anchor, b?.answerable, b?.decoys], ['every Monday', false, ['Keys#1']]);
    assert.deepEqual(result.leftOut, [
      { where: 'row 1, paragraph 1, question 3', why: 'it is not an object' },
    ]);
    assert.match(result.notes.join('\n'), /Further answers are not taken over/);
    assert.deepEqual(lost(result), ['plausible_answers']);
  });

  void it('squad as Hugging Face’s tables hold it: places count characters, an empty list is no answer', async () => {
    const result = await run('squad', 'squad-hf.csv');
    const [a, b] = result.drafts;
    assert.deepEqual([result.sections, a?.anchor, b?.answerable], [1, 'every Monday', false]);
    const [[start, end] = [0, 0]] = a?.targets[0]?.spans ?? [];
    assert.ok(start > 0 && end - start > 100, `${start}-${end}`);
  });
});
