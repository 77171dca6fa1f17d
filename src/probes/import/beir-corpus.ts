/**
 * The documents of a BEIR folder as sections. A corpus may be far larger than a probe set can be.
 *
 * Invariant: every document that answers a query is kept; of the others, also those judged 0, as many as fit, drawn by the hash of their id, so that
 * the same corpus gives the same set; how many were left out is said.
 */
import { UserError } from '../../domain/errors.ts';
import type { Section } from '../../domain/probe.ts';
import { LIMITS } from '../probe-set-schema.ts';
import { sha256 } from '../probe-set.ts';
import { jsonLinesOf } from './files.ts';
import type { Notes } from './notes.ts';
import { textOf } from './rows.ts';

/** Documents that are kept beside the relevant ones; enough for distances to random ones. */
const MAX_OTHERS = 20_000;
/** Characters of them together, so that the file stays under what a set's file may have. */
const MAX_OTHER_CHARS = 12 * 1024 * 1024;

export interface Corpus {
  readonly sections: readonly Section[];
  readonly ids: ReadonlySet<string>;
}

export async function readCorpus(path: string, relevant: ReadonlySet<string>, notes: Notes): Promise<Corpus> {
  const kept = new Map<string, { section: Section; order: number }>();
  const others = createDraw();
  let order = 0;
  for await (const { where: line, row } of jsonLinesOf(path)) {
    const where = `corpus.jsonl, ${line}`;
    const id = textOf(row, '_id');
    if (id === null) throw new UserError(`${path}, ${line}: it has no _id`);
    const section = sectionOf(id, textOf(row, 'title') ?? '', textOf(row, 'text') ?? '', where, notes);
    const known = kept.get(id)?.section ?? others.get(id);
    if (known !== undefined) {
      if (known.text !== section.text) {
        throw new UserError(`${path}, ${line}: document ${id} stands there twice, with different texts`, {
          hint: 'keep one of the two',
        });
      }
      notes.say('A document that stands there twice, with the same text', where);
      continue;
    }
    order += 1;
    if (relevant.has(id)) kept.set(id, { section, order });
    else others.add(section, order);
  }
  const { held, leftOut } = others.end();
  if (leftOut > 0) {
    notes.say(
      `${leftOut} documents that answer no query are left out: ${held.length} of them are kept, drawn by their ids, which is as many as fit`,
      'corpus.jsonl',
    );
  }
  const all = [...kept.values(), ...held].sort((a, b) => a.order - b.order);
  const sections = all.map(({ section }) => section);
  return { sections, ids: new Set(sections.map((section) => section.section_id)) };
}

function sectionOf(id: string, title: string, text: string, where: string, notes: Notes): Section {
  const isTitleOnly = text === '' && title !== '';
  if (isTitleOnly) notes.say('A document without text: its title is its text', where);
  if (text === '' && title === '') notes.say('A document without title and text', where);
  if (text.length > LIMITS.sectionChars) {
    notes.say(`A document of over ${LIMITS.sectionChars} characters: the rest is cut off`, where);
  }
  return {
    section_id: id,
    doc_id: id,
    title,
    source_url: '',
    text: (isTitleOnly ? title : text).slice(0, LIMITS.sectionChars),
    rev: 'beir',
    topic: 'imported',
  };
}

interface Draw {
  get(id: string): Section | undefined;
  add(section: Section, order: number): void;
  end(): { readonly held: readonly { section: Section; order: number }[]; readonly leftOut: number };
}

/** Keeps those with the least hashes; halved whenever it holds twice as many, so that each document costs the same. */
function createDraw(): Draw {
  let held = new Map<string, { section: Section; order: number; hash: string }>();
  let chars = 0;
  let dropped = 0;
  const cut = (count: number, room: number): void => {
    const sorted = [...held.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
    let total = 0;
    const stay = sorted.filter(({ section }, i) => i < count && (total += section.text.length) <= room);
    dropped += held.size - stay.length;
    held = new Map(stay.map((one) => [one.section.section_id, one]));
    chars = stay.reduce((sum, { section }) => sum + section.text.length, 0);
  };
  return {
    get: (id) => held.get(id)?.section,
    add(section, order) {
      const hash = sha256(section.section_id);
      held.set(section.section_id, { section, order, hash });
      chars += section.text.length;
      if (held.size >= 2 * MAX_OTHERS || chars >= 2 * MAX_OTHER_CHARS) cut(MAX_OTHERS, MAX_OTHER_CHARS);
    },
    end() {
      if (held.size > MAX_OTHERS || chars > MAX_OTHER_CHARS) cut(MAX_OTHERS, MAX_OTHER_CHARS);
      return { held: [...held.values()], leftOut: dropped };
    },
  };
}
