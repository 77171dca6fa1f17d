/** The last line of a file that is whole counts with or without its newline, and a torn one is named by its place. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { writeSubset } from '../../src/probes/curate-write.ts';
import { readSections } from '../../src/probes/import/files.ts';
import { importProbes, type ImportFormat } from '../../src/probes/import/index.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { jsonl, section, tempFolder } from './set-folder.ts';
import { probe } from './support.ts';

const SECTIONS = [section('s', 'some text'), section('t', 'other text')];
const PROBES = ['a', 'b'].map((id) => probe(id, { targets: [{ section_id: 't' }] }));
const ENDS: Readonly<Record<string, (text: string) => string>> = {
  'a newline': (text) => text,
  'no newline': (text) => text.trimEnd(),
  'CRLF and none at the end': (text) => text.trimEnd().replaceAll('\n', '\r\n'),
};

interface Reader {
  readonly files: Readonly<Record<string, string>>;
  /** How many rows it found. */
  read(folder: string): Promise<number>;
}

const imported =
  (format: ImportFormat, main: string) =>
  async (folder: string): Promise<number> => {
    const out = path.join(folder, 'out');
    const { complete, drafts } = await importProbes({
      format,
      path: path.join(folder, main),
      folder: out,
      name: 'x',
    });
    return complete.length + drafts.length;
  };

const SET = {
  'manifest.json': '{"name":"n","version":"1"}',
  'probes.jsonl': jsonl(PROBES),
  'sections.jsonl': jsonl(SECTIONS),
};

const READERS: Readonly<Record<string, Reader>> = {
  'a probe set': { files: SET, read: async (folder) => (await loadProbeSet(folder)).probes.length },
  'a curated set': {
    files: SET,
    read: async (folder) => {
      const set = await loadProbeSet(folder);
      const keep = new Set(set.probes.map(({ id }) => id));
      const out = path.join(folder, 'out');
      return (await writeSubset({ set, keep, folder: out, leftOut: [], how: 'test' })).probes.length;
    },
  },
  'sections of an import': {
    files: SET,
    read: async (folder) => (await readSections(path.join(folder, 'sections.jsonl'))).length,
  },
  'drafts that were filled in': {
    files: { ...SET, 'drafts.jsonl': jsonl([{ id: 'c', question: 'Why?' }]) },
    read: async (folder) => (await imported('drafts', '.')(folder)) - 1,
  },
  'rows of a foreign set': {
    files: { 'set.jsonl': jsonl([{ user_input: 'Why?' }, { user_input: 'How?' }]) },
    read: imported('ragas', 'set.jsonl'),
  },
  'BEIR with its judgements': {
    files: {
      'corpus.jsonl': jsonl([{ _id: 'd', text: 'x' }]),
      'queries.jsonl': jsonl([
        { _id: 'q', text: 'Why?' },
        { _id: 'r', text: 'How?' },
      ]),
      'qrels/test.tsv': 'query-id\tcorpus-id\tscore\nq\td\t1\nr\td\t1\n',
    },
    read: imported('beir', '.'),
  },
};

async function written(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await tempFolder();
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}

void describe('the last line', () => {
  for (const [name, reader] of Object.entries(READERS)) {
    for (const [end, change] of Object.entries(ENDS)) {
      void it(`of ${name} that ends with ${end} is read (D12)`, async () => {
        const changed = Object.entries(reader.files).map(([file, text]) => [file, change(text)] as const);
        assert.equal(await reader.read(await written(Object.fromEntries(changed))), 2);
      });
    }
  }

  void it('of a set that was cut off is named by its place (D12)', async () => {
    const torn = { ...SET, 'probes.jsonl': SET['probes.jsonl'].slice(0, -20) };
    await assert.rejects(loadProbeSet(await written(torn)), {
      name: 'UserError',
      message: /probes\.jsonl:2: not JSON/,
    });
  });
});
