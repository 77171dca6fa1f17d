/** Imports: what a foreign set says is taken over, what it does not say is a gap with what to write. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, test } from 'node:test';
import { withImports } from '../../../scripts/import-table.ts';
import { importProbes, type ImportFormat, type ImportResult } from '../../../src/probes/import/index.ts';
import { loadProbeSet } from '../../../src/probes/probe-set.ts';
import { jsonl, section, tempFolder } from '../set-folder.ts';

const WAL =
  'The WAL file is truncated by a checkpoint that runs to its end. Readers that hold an old snapshot keep it from doing so, and the file grows without a bound.';
const VACUUM =
  'VACUUM rebuilds the database file and packs it into as few pages as possible. It needs up to twice the size of the original file as free disk space.';
const SECTIONS = [section('wal#1', `Checkpoints. ${WAL}`), section('vacuum#1', VACUUM)];
const PARAPHRASES = ['wal file grows', 'Why does my -wal file become larger and larger?'];

async function run(
  format: ImportFormat,
  files: Readonly<Record<string, string>>,
  main: string,
  more: { sections?: boolean } = {},
): Promise<ImportResult> {
  const folder = await tempFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  await writeFile(path.join(folder, 'sections.jsonl'), jsonl(SECTIONS));
  return importProbes({
    format,
    path: path.join(folder, main),
    folder: path.join(folder, 'out'),
    name: 'mine',
    ...(more.sections === true ? { sections: path.join(folder, 'sections.jsonl') } : {}),
  });
}

const gapsOf = ({ drafts }: ImportResult, id: string): string[] =>
  drafts.find((draft) => draft.id === id)?.gaps.map(({ code }) => code) ?? ['no draft'];

void describe('import', () => {
  void it('ragas: aligns reference contexts with sections, to the character', async () => {
    const rows = [
      {
        id: 'whole',
        user_input: 'Why does the WAL grow?',
        reference_contexts: [WAL],
        reference: 'Readers.',
        metadata: { paraphrases: PARAPHRASES, topic: 'wal' },
      },
      {
        id: 'gone',
        user_input: 'What is a page?',
        reference_contexts: ['A page is a unit of the file that the pager reads and writes at once.'],
      },
      { id: 'bare', user_input: 'What does VACUUM need?', reference_contexts: [VACUUM.toUpperCase()] },
      {
        id: 'turns',
        user_input: [
          { content: 'hello', type: 'human' },
          { content: 'hi', type: 'ai' },
          { content: 'and now?', type: 'human' },
        ],
      },
    ];
    const result = await run('ragas', { 'set.jsonl': jsonl(rows) }, 'set.jsonl', { sections: true });
    assert.deepEqual(
      result.complete.map(({ id }) => id),
      ['whole'],
    );
    const [one] = result.complete;
    const [span] = one?.targets[0]?.spans ?? [];
    assert.equal(one?.targets[0]?.section_id, 'wal#1');
    assert.equal(
      SECTIONS[0]?.text.slice(span?.[0], span?.[1]),
      WAL.slice(0, -1),
      'the text itself, found in our copy',
    );
    assert.equal(one?.topic, 'wal');
    assert.ok(!JSON.stringify(one).includes('Readers.'), 'a reference answer is no must');
    assert.deepEqual(gapsOf(result, 'gone'), ['context_not_found', 'paraphrases_missing', 'target_missing']);
    assert.deepEqual(gapsOf(result, 'bare'), ['paraphrases_missing']);
    assert.ok(gapsOf(result, 'turns').includes('not_text'));
    const set = await loadProbeSet(result.folder);
    assert.equal(set.probes.length, 1);
  });

  void it('what stands in two sections is given to neither', async () => {
    const text = 'The same words stand here and there, and nobody can say which of the two is meant by it.';
    const twice = [section('one', text), section('two', text)];
    const folder = await tempFolder();
    await writeFile(path.join(folder, 's.jsonl'), jsonl(twice));
    await writeFile(path.join(folder, 'g.json'), JSON.stringify([{ input: 'Which?', context: [text] }]));
    const result = await importProbes({
      format: 'deepeval',
      path: path.join(folder, 'g.json'),
      sections: path.join(folder, 's.jsonl'),
      folder: path.join(folder, 'out'),
      name: 'x',
    });
    assert.ok(gapsOf(result, 'deepeval-1').includes('context_ambiguous'));
    assert.match(result.drafts[0]?.gaps[0]?.message ?? '', /stands in one and two/);
    assert.deepEqual(result.drafts[0]?.targets, []);
  });

  void it('deepeval: goldens in a file, and sections of the contexts where there is no corpus', async () => {
    const goldens = [
      {
        input: 'Why does the WAL grow?',
        expected_output: 'x',
        context: [WAL],
        retrieval_context: ['noise'],
        additional_metadata: { paraphrases: PARAPHRASES },
      },
      { input: 'What does VACUUM need?', context: [VACUUM] },
    ];
    const result = await run('deepeval', { 'g.json': JSON.stringify({ goldens }) }, 'g.json');
    assert.equal(result.sections, 2);
    assert.equal(result.complete.length, 1);
    assert.match(result.complete[0]?.targets[0]?.section_id ?? '', /^context-[0-9a-f]{12}$/);
    assert.equal(result.complete[0]?.targets[0]?.spans, undefined, 'the whole section');
    assert.match(result.notes.join(' '), /map your service’s section ids/);
  });

  void it('promptfoo: questions, the assertions that mean the same, and a gap for all others', async () => {
    const yaml = `
prompts: ['{{question}}']
tests:
  - vars: { question: Why does the WAL grow? }
    metadata: { id: wal, section_id: wal#1, paraphrases: [${PARAPHRASES.map((one) => JSON.stringify(one)).join(', ')}] }
    assert: [{ type: icontains, value: checkpoint }, { type: not-contains, value: VACUUM }]
  - vars: { question: What is a page?, lang: en }
    assert: [{ type: llm-rubric, value: be nice }]
  - vars: { a: x, b: y }
`;
    const result = await run('promptfoo', { 'p.yaml': yaml }, 'p.yaml', { sections: true });
    const [one] = result.complete;
    assert.equal(one?.id, 'wal');
    assert.deepEqual([one?.must_include, one?.expect], [['checkpoint'], { notContains: ['VACUUM'] }]);
    assert.deepEqual(gapsOf(result, 'promptfoo-2'), ['not_text', 'paraphrases_missing', 'target_missing']);
    assert.match(result.drafts[1]?.gaps[0]?.message ?? '', /no question among the variables a, b/);
  });

  void it('beir: documents become sections; equally relevant ones are a choice, not targets', async () => {
    const files = {
      'corpus.jsonl': jsonl([
        { _id: 'd1', title: 'WAL', text: WAL },
        { _id: 'd2', title: '', text: VACUUM },
        { _id: 'd3', title: '', text: 'other' },
      ]),
      'queries.jsonl': jsonl([
        { _id: 'q1', text: 'wal growth', metadata: { paraphrases: PARAPHRASES } },
        { _id: 'q2', text: 'two answers', metadata: { paraphrases: PARAPHRASES } },
        { _id: 'q3', text: 'not judged' },
        { _id: 'q4', text: 'relevant document is elsewhere' },
      ]),
      'qrels/test.tsv':
        'query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq1\td3\t0\nq2\td1\t1\nq2\td2\t1\nq4\tgone\t1\n',
      'qrels/train.tsv': 'query-id\tcorpus-id\tscore\nq3\td3\t1\n',
    };
    const result = await run('beir', files, '.');
    assert.deepEqual(
      result.complete.map(({ id, targets }) => [id, targets]),
      [['q1', [{ section_id: 'd1' }]]],
    );
    assert.deepEqual(gapsOf(result, 'q2'), ['choose_targets']);
    assert.deepEqual(gapsOf(result, 'q4'), ['choose_targets', 'paraphrases_missing', 'target_missing']);
    assert.equal(result.drafts.length, 2);
    assert.deepEqual(result.leftOut, [
      { where: 'queries.jsonl, line 3', why: 'qrels/test.tsv does not judge it' },
    ]);
    assert.equal(result.sections, 3);
  });

  void it('squad: paragraphs become sections, answers anchors, impossible questions unanswerable', async () => {
    const qas = [
      {
        id: 'a',
        question: 'What keeps it?',
        answers: [{ text: 'old snapshot', answer_start: 77 }],
        paraphrases: PARAPHRASES,
      },
      { id: 'b', question: 'Who wrote it?', answers: [], is_impossible: true, paraphrases: PARAPHRASES },
      { id: 'a', question: 'And again?', answers: [{ text: 'not there' }], paraphrases: PARAPHRASES },
    ];
    const data = [{ title: 'WAL', paragraphs: [{ context: WAL, qas }] }];
    const result = await run('squad', { 's.json': JSON.stringify({ version: 'v2.0', data }) }, 's.json');
    assert.deepEqual(
      result.complete.map(({ id }) => id),
      ['a', 'b', 'a~2'],
      'a repeated id is told apart',
    );
    const [a, b, again] = result.complete;
    assert.deepEqual([a?.anchor, again?.anchor], ['old snapshot', undefined]);
    assert.deepEqual([b?.answerable, b?.targets, b?.decoys], [false, [], ['WAL#1']]);
  });

  void it('drafts that were filled in become probes; what is still open stays a draft', async () => {
    const rows = [
      { id: 'one', user_input: 'Why?', reference_contexts: ['nowhere to be found in any of our sections'] },
      { id: 'two', user_input: 'How?' },
    ];
    const first = await run('ragas', { 'set.jsonl': jsonl(rows) }, 'set.jsonl', { sections: true });
    assert.equal(first.complete.length, 0);
    await assert.rejects(loadProbeSet(first.folder), /no probes/, 'drafts are never sent');
    const gaps = await readFile(path.join(first.folder, 'GAPS.md'), 'utf8');
    assert.match(gaps, /0 probes are complete, 2 are drafts/);
    assert.match(gaps, /write 2 more/);
    const [one, two] = first.drafts;
    const filled = { ...one, paraphrases: ['a?', 'b?', 'c?'], targets: [{ section_id: 'wal#1' }], gaps: [] };
    await writeFile(path.join(first.folder, 'drafts.jsonl'), jsonl([filled, two ?? {}]));
    const again = (out: string): Promise<ImportResult> =>
      importProbes({ format: 'drafts', path: first.folder, folder: path.join(first.folder, out), name: 'x' });
    const second = await again('next');
    assert.deepEqual(
      second.complete.map(({ id }) => id),
      ['one'],
    );
    assert.deepEqual(
      second.drafts.map(({ id }) => id),
      ['two'],
    );
    assert.equal((await loadProbeSet(second.folder)).probes[0]?.targets[0]?.section_id, 'wal#1');
    await assert.rejects(again('next'), /is not empty/);
    // A gap of the source that nobody settled keeps a draft a draft.
    await writeFile(path.join(first.folder, 'drafts.jsonl'), jsonl([{ ...filled, gaps: one?.gaps }]));
    assert.deepEqual(gapsOf(await again('third'), 'one'), ['context_not_found']);
  });

  void it('sources that cannot be read are the caller’s mistake, with the place', async () => {
    const bad = (format: ImportFormat, name: string, content: string, why: RegExp): Promise<void> =>
      assert.rejects(run(format, { [name]: content }, name), { name: 'UserError', message: why });
    await bad('ragas', 'a.jsonl', '{"user_input":"x"}\n{oops\n', /a\.jsonl:2: not JSON/);
    await bad('ragas', 'a.json', '{"rows":[]}', /no list of rows/);
    await bad('ragas', 'a.csv', 'x', /no question that ragas knows/);
    await bad('ragas', 'a.csv', 'user_input\n"x', /a\.csv:2: a quoted text does not end/);
    await bad('promptfoo', 'a.yaml', 'tests: [1]', /row 1: not an object/);
    await bad('promptfoo', 'a.yaml', 'tests: [', /cannot be parsed/);
    await bad('squad', 'a.json', '[]', /holds no question/);
    await bad('beir', '.keep', '', /qrels holds no \*\.tsv/);
    await bad('drafts', 'drafts.jsonl', '', /is no file/);
    const folder = await tempFolder();
    await assert.rejects(
      importProbes({ format: 'ragas', path: path.join(folder, 'nowhere'), folder, name: 'x' }),
      /is no file that can be read/,
    );
  });
});

void test('the table of imports in the docs says what the imports say', async () => {
  const page = await readFile('docs/probes.md', 'utf8');
  const words = (text: string): string => text.replaceAll(/[\s-]+/g, '');
  assert.equal(
    words(withImports(page)),
    words(page),
    'run: node --import tsx scripts/import-table.ts && npx oxfmt',
  );
});
