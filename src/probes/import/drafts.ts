/** Reads a folder that an import wrote, after somebody has filled in its drafts. */
import { join } from 'node:path';
import { parseLine } from '../parse-lines.ts';
import { draftSchema, type Draft, type ImportedRow } from './draft.ts';
import { linesOf, readSections } from './files.ts';
import type { Importer } from './importer.ts';

export const drafts: Importer = {
  reads: 'a folder that an import wrote',
  targets: 'as written',
  kept: 'everything',
  lost: 'nothing',
  recognises: () => false,
  async read(folder) {
    const rows: ImportedRow[] = [];
    for (const name of ['probes.jsonl', 'drafts.jsonl']) {
      for await (const { line, text } of linesOf(join(folder, name))) {
        if (text.trim() === '') continue;
        // zod gives `| undefined` on optional fields; ours are simply absent.
        const draft = parseLine(draftSchema, text, `${join(folder, name)}:${line}`) as Draft;
        rows.push({ where: `${name}, line ${line}`, drafts: [draft] });
      }
    }
    return { sections: await readSections(join(folder, 'sections.jsonl')), rows, notes: [] };
  },
};
