/** Sets as teams have them, each with the right value: what is imported is complete, or named. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { importProbes, type ImportFormat, type ImportResult } from '../../../src/probes/import/index.ts';
import { loadProbeSet } from '../../../src/probes/probe-set.ts';
import { tempFolder } from '../set-folder.ts';

const FILES = path.join(import.meta.dirname, 'files');

async function run(
  format: ImportFormat,
  name: string,
  sections: string | null = 'sections.jsonl',
): Promise<ImportResult> {
  const result = await importProbes({
    format,
    path: path.join(FILES, name),
    folder: path.join(await tempFolder(), 'out'),
    name: 'x',
    ...(sections === null ? {} : { sections: path.join(FILES, sections) }),
  });
  const rows = await rowsIn(path.join(FILES, name));
  assert.equal(result.rows, rows, 'every row of the file is counted');
  const questions = result.complete.length + result.drafts.length;
  assert.ok(rows <= questions + result.leftOut.length, 'no row is dropped in silence');
  if (result.complete.length > 0) await loadProbeSet(result.folder);
  return result;
}

/** Rows of a set, counted here by code that shares nothing with the importers. */
async function rowsIn(file: string): Promise<number> {
  const linesOf = async (name: string): Promise<string[]> =>
    (await readFile(name, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  if (file.endsWith('.jsonl')) return (await linesOf(file)).length;
  if (/\.(json|yaml)$/.test(file)) {
    // Each JSON is YAML, but for a mark before it.
    const held = parseYaml((await readFile(file, 'utf8')).replace('\uFEFF', '')) as unknown;
    return (Array.isArray(held) ? held : (held as { tests: unknown[] }).tests).length;
  }
  const queries = await linesOf(path.join(file, 'queries.jsonl'));
  const known = new Set(queries.map((line) => (JSON.parse(line) as { _id: string })._id));
  const judged = (await linesOf(path.join(file, 'qrels', 'test.tsv'))).slice(1);
  const strangers = new Set(judged.map((line) => line.split('\t')[0] ?? '').filter((id) => !known.has(id)));
  return queries.length + strangers.size;
}

const targetsOf = ({ complete }: ImportResult): string[][] =>
  complete.map(({ targets }) => targets.map(({ section_id: id }) => id));

const gapsOf = ({ drafts }: ImportResult): string[] =>
  drafts.flatMap(({ id, gaps }) => gaps.map(({ message }) => `${id}: ${message}`));

void describe('ragas sets', () => {
  void it('with lists that were saved as text have the sections of each context (D9)', async () => {
    const result = await run('ragas', 'strlist.jsonl');
    assert.deepEqual(targetsOf(result), [['keys#1'], ['limits#1', 'exports#1']]);
    const alone = await run('ragas', 'strlist.jsonl', null);
    assert.equal(alone.sections, 3);
  });

  void it('over several documents have no marks of hops in their texts (D9)', async () => {
    const result = await run('ragas', 'hops.jsonl', null);
    assert.equal(result.sections, 2, 'the same text behind another mark is the same section');
    const text = await readFile(path.join(result.folder, 'sections.jsonl'), 'utf8');
    assert.doesNotMatch(text, /-hop>/);
    assert.deepEqual((await run('ragas', 'hops.jsonl')).complete.length, 2);
  });

  void it('of before 0.2 have their contexts, and say what else they hold (D9)', async () => {
    const result = await run('ragas', 'ragas01.json');
    assert.deepEqual(result.drafts[0]?.targets, [{ section_id: 'keys#1' }]);
    const notes = result.notes.join('\n');
    for (const name of ['ground_truth', 'metadata.source', 'episode_done'])
      assert.match(notes, new RegExp(`\`${name}\``));
  });

  void it('with a mark before their first character are read (D9)', async () => {
    for (const name of ['bom.json', 'bom.jsonl']) {
      assert.deepEqual(targetsOf(await run('ragas', name, 'sections-bom.jsonl')), [['keys#1']], name);
    }
  });
});

void describe('promptfoo sets', () => {
  void it('have the assertions of all tests, numbers, variables and lists of them, or name what they lack (D9)', async () => {
    const result = await run('promptfoo', 'pf.yaml');
    assert.deepEqual([result.rows, result.leftOut], [3, []]);
    const [one] = result.complete;
    assert.deepEqual(one?.must_include, ['Monday'], 'a variable');
    assert.deepEqual(one?.expect, { contains: ['2023', 'Monday', 'six'], notContains: ['As an AI'] });
    const second = result.drafts.filter(({ id }) => id.startsWith('promptfoo-2.'));
    assert.deepEqual(
      second.map(({ question }) => question),
      ['How many projects?', 'What is the project limit?'],
      'a test with a list of questions asks each',
    );
    for (const { expect } of second)
      assert.deepEqual(expect, { contains: ['forty'], notContains: ['As an AI'] });
    assert.match(gapsOf(result).join('\n'), /promptfoo-3: the variables stand in file:\/\/vars\/q3\.yaml/);
    assert.match(result.notes.join('\n'), /`latency` is not taken over: the gate `latency` measures it/);
  });

  void it('keep a number as the text that it is (D9)', async () => {
    const [one] = (await run('promptfoo', 'pf-all.yaml')).complete;
    assert.deepEqual(one?.expect, { contains: ['2023'] });
  });

  void it('name assertions that mean something else here, and keep the rest (D9)', async () => {
    const result = await run('promptfoo', 'pf-set.yaml');
    assert.deepEqual(result.complete, []);
    assert.deepEqual(result.drafts[0]?.expect, { notContains: ['Tuesday', '3'] });
    const [gap] = gapsOf(result);
    assert.match(
      gap ?? '',
      /assert-set \(a part of it is enough\), contains \(its value stands in another file\)/,
    );
    assert.match(result.notes.join('\n'), /`contains` is not taken over: its weight is 0/);
  });

  void it('whose tests stand in a file that is not there are refused with its name (D9)', async () => {
    await assert.rejects(run('promptfoo', 'pf-str.yaml'), {
      name: 'UserError',
      message: /file:\/\/tests\.csv/,
    });
  });
});

void describe('BEIR folders', () => {
  void it('with a document that stands there twice are read, and say so (D9)', async () => {
    const result = await run('beir', 'beir-dupcorpus', null);
    assert.deepEqual([result.sections, targetsOf(result)], [3, [['1'], ['2']]]);
    assert.match(result.notes.join('\n'), /stands there twice, with the same text \(corpus\.jsonl, line 4\)/);
  });

  void it('with a judgement that stands there twice have one target (D9)', async () => {
    assert.deepEqual(targetsOf(await run('beir', 'beir-dupqrels', null)), [['1'], ['2']]);
  });

  void it('whose most relevant document is not there leave the choice to a person (D9)', async () => {
    const result = await run('beir', 'beir-missdoc', null);
    assert.deepEqual(targetsOf(result), [['2']]);
    assert.match(gapsOf(result).join(), /q1: relevant and not in corpus\.jsonl: 999/);
    assert.deepEqual(result.drafts[0]?.targets, [{ section_id: '1' }]);
  });

  void it('name queries without judgement and judgements without query (D9)', async () => {
    const result = await run('beir', 'beir-missquery', null);
    assert.deepEqual(targetsOf(result), [['1']]);
    assert.deepEqual(result.leftOut, [
      { where: 'queries.jsonl, line 2', why: 'qrels/test.tsv does not judge it' },
      { where: 'qrels/test.tsv, line 3', why: 'query PLAIN-2 is judged and not in queries.jsonl' },
    ]);
    assert.match(
      await readFile(path.join(result.folder, 'GAPS.md'), 'utf8'),
      /of 3 rows 1 became 1 questions/,
    );
    assert.match(await readFile(path.join(result.folder, 'left-out.jsonl'), 'utf8'), /PLAIN-2/);
  });

  void it('with a document that is a title only have its title as text (D9)', async () => {
    const result = await run('beir', 'beir-titleonly', null);
    assert.equal(result.complete.length, 3);
    const set = await loadProbeSet(result.folder);
    assert.equal(set.sections.get('4')?.text, 'Where can I change my mail address?');
    assert.match(result.notes.join('\n'), /its title is its text \(corpus\.jsonl, line 4\)/);
  });

  void it('keep three paraphrases, topics and unanswerable queries (E8)', async () => {
    const result = await run('beir', 'beir-metadata', null);
    assert.deepEqual(result.drafts, []);
    const [one, none] = result.complete;
    assert.deepEqual(one?.paraphrases, ['When do keys change?', 'Key rotation?', 'How old may a key be?']);
    assert.equal(one.topic, 'keys');
    assert.deepEqual([none?.answerable, none?.targets, none?.topic], [false, [], 'pets']);
    const gaps = await readFile(path.join(result.folder, 'GAPS.md'), 'utf8');
    assert.doesNotMatch(gaps, /no paraphrases|no topics|counts as answerable/);
  });
});

void describe('SQuAD rows', () => {
  void it('as Hugging Face keeps them have a section, and the sentence of the answer as span (D9)', async () => {
    const result = await run('squad', 'squad-hf.jsonl', null);
    assert.deepEqual([result.rows, result.sections, result.drafts.length], [1, 1, 1]);
    const [draft] = result.drafts;
    assert.deepEqual([draft?.id, draft?.anchor, draft?.topic], ['1', 'every Monday', 'Keys']);
    assert.deepEqual(
      draft?.gaps.map(({ code }) => code),
      ['paraphrases_missing'],
    );
  });
});

void describe('a set of another format', () => {
  void it('is refused, with the name of the format that it looks like (D9)', async () => {
    const refused = async (format: ImportFormat, name: string, hint: RegExp): Promise<void> =>
      assert.rejects(run(format, name), (thrown: Error & { hint?: string }) => hint.test(thrown.hint ?? ''));
    await refused('langsmith', 'hops.jsonl', /it looks like ragas/);
    await refused('deepeval', 'squad-hf.jsonl', /it looks like squad/);
  });
});
