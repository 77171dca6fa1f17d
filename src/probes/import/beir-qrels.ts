/** Relevance judgements of a BEIR folder. Invariant: a line that cannot be read is named, and a judgement that repeats counts once. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { linesOf } from './files.ts';
import type { Notes } from './notes.ts';

export interface Judgements {
  /** The split that was read. */
  readonly file: string;
  readonly byQuery: ReadonlyMap<
    string,
    { readonly where: string; readonly documents: ReadonlyMap<string, number> }
  >;
  /** Every document that answers any query: its score is over 0. */
  readonly relevant: ReadonlySet<string>;
}

export async function readJudgements(folder: string, notes: Notes): Promise<Judgements> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith('.tsv')).sort();
  // One split: the test one where there is one, since the others may overlap with training data.
  const file = files.find((name) => name === 'test.tsv') ?? files[0];
  if (file === undefined) throw new UserError(`${folder} holds no *.tsv of relevance judgements`);
  const others = files.filter((name) => name !== file);
  if (others.length > 0) notes.say(`Of the splits only qrels/${file} is read`, others.join(', '));
  const byQuery = new Map<string, { where: string; documents: Map<string, number> }>();
  const relevant = new Set<string>();
  for await (const { line, text } of linesOf(join(folder, file))) {
    const where = `qrels/${file}, line ${line}`;
    const [query, doc, scoreText, ...more] = text.trim().split('\t');
    const score = Number(scoreText);
    const isHeader = line === 1 && Number.isNaN(score);
    if (text.trim() === '' || isHeader) continue;
    if (
      query === undefined ||
      query === '' ||
      doc === undefined ||
      doc === '' ||
      !Number.isFinite(score) ||
      more.length > 0
    ) {
      notes.say(
        'A judgement that cannot be read: query, document and score stand with tabs between them',
        where,
      );
      continue;
    }
    const held = byQuery.get(query) ?? { where, documents: new Map<string, number>() };
    byQuery.set(query, held);
    const known = held.documents.get(doc);
    if (known !== undefined && known !== score)
      notes.say('A document that is judged twice: the higher score counts', where);
    held.documents.set(doc, Math.max(known ?? score, score));
    if (score > 0) relevant.add(doc);
  }
  return { file: `qrels/${file}`, byQuery, relevant };
}
