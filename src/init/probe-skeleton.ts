/**
 * A probe set to begin with: one's own questions, and for each the sections that the color with the users delivers today.
 * Invariant: it loads as a probe set, and what stands in for what only a person can write says so, in the set and beside it.
 */
import type { Color } from '../domain/color.ts';
import { ProviderError } from '../domain/errors.ts';
import type { Probe, Section } from '../domain/probe.ts';
import type { MappedAnswer } from '../probes/response-map.ts';
import { LIMITS } from '../probes/probe-set-schema.ts';
import { corpusHashOf, sha256 } from '../probes/probe-set.ts';
import type { OwnQuestion } from './questions.ts';

/** Sections of an answer that become targets. */
const MOST_TARGETS = 3;
const STAND_IN = 'init-stand-in';

export interface Skeleton {
  /** Text by name, below the folder of the set. */
  readonly files: Readonly<Record<string, string>>;
  /** Questions whose sections were delivered, and all. */
  readonly answered: number;
  readonly asked: number;
}

/** @param ask asks `from`, the color with the users; null where nobody can. */
export async function probeSkeleton(
  { service, from }: { readonly service: string; readonly from: Color },
  questions: readonly OwnQuestion[],
  ask: ((question: string) => Promise<MappedAnswer>) | null,
): Promise<Skeleton> {
  const sections = new Map<string, Section>();
  const probes: Probe[] = [];
  const gaps: string[] = [];
  let answered = 0;
  for (const [at, own] of questions.entries()) {
    const id = `q${String(at + 1).padStart(2, '0')}`;
    const { found, problem } = await delivered(own, from, ask);
    if (found.length > 0) answered += 1;
    else gaps.push(`- ${id}: ${problem}: write the section that answers it into sections.jsonl`);
    const kept = found.length > 0 ? found : [toBeWritten(id, own)];
    for (const section of kept)
      if (!sections.has(section.section_id)) sections.set(section.section_id, section);
    const paraphrases = filledUp(own);
    const missing = paraphrases.length - Math.min(own.paraphrases.length, paraphrases.length);
    if (missing > 0)
      gaps.push(`- ${id}: ${missing} of 3 paraphrases stand in: write them as other people would ask`);
    probes.push({
      id,
      topic: own.topic.slice(0, 100),
      question: own.question,
      paraphrases,
      answerable: true,
      targets: kept.map(({ section_id }) => ({ section_id })),
      decoys: [],
      author: 'cutover init',
      origin: 'init',
      ...(missing > 0 || found.length === 0 ? { tags: [STAND_IN] } : {}),
    });
  }
  const jsonl = (lines: readonly object[]): string => lines.map((one) => `${JSON.stringify(one)}\n`).join('');
  const parts = { 'probes.jsonl': jsonl(probes), 'sections.jsonl': jsonl([...sections.values()]) };
  const manifest = {
    name: service,
    version: '0.1.0',
    createdBy: 'cutover init',
    corpusHash: corpusHashOf(sections.values()),
    counts: { probes: probes.length, sections: sections.size },
    sha256: Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, sha256(text)])),
  };
  return {
    files: {
      ...parts,
      'manifest.json': `${JSON.stringify(manifest, null, 2)}\n`,
      'GAPS.md': gapsText(probes.length, from, gaps),
    },
    answered,
    asked: questions.length,
  };
}

/** The sections that answer a question: those that its row names, else those that the answer cites, else the first delivered. */
async function delivered(
  own: OwnQuestion,
  from: Color,
  ask: ((question: string) => Promise<MappedAnswer>) | null,
): Promise<{ found: readonly Section[]; problem: string }> {
  if (ask === null) return { found: [], problem: 'nobody could be asked' };
  try {
    const { citations, retrieved } = await ask(own.question);
    const texts = new Map<string, string>();
    for (const { section_id: id, text = '' } of retrieved) {
      if (id === '' || id.length > 300 || text.trim() === '') continue;
      const before = texts.get(id) ?? '';
      if (!before.includes(text)) texts.set(id, `${before}${before === '' ? '' : '\n'}${text}`);
    }
    // All that was delivered is no choice of what answers.
    const all = (citations ?? []).filter((id) => texts.has(id));
    const cited = all.length < texts.size ? all : [];
    const named = own.section === null ? cited : [own.section].filter((id) => texts.has(id));
    const ids = named.length > 0 || own.section !== null ? named : [...texts.keys()].slice(0, 1);
    const what = own.section === null ? 'text with a section id' : `section ${own.section}`;
    return {
      found: ids.slice(0, MOST_TARGETS).map((id) => sectionOf(id, texts.get(id) ?? '', own.topic)),
      problem: `${from} delivered no ${what}`,
    };
  } catch (error) {
    if (error instanceof ProviderError) return { found: [], problem: error.message };
    throw error;
  }
}

function sectionOf(id: string, text: string, topic: string): Section {
  const kept = text.slice(0, LIMITS.sectionChars);
  return {
    section_id: id,
    doc_id: id,
    title: id,
    source_url: '',
    text: kept,
    rev: 'init',
    topic: topic.slice(0, 100),
  };
}

/** Loads, and fails whoever asks a real service by it. */
function toBeWritten(id: string, { question, topic }: OwnQuestion): Section {
  return sectionOf(`to-be-written-${id}`, `To be written: the text that answers "${question}"`, topic);
}

/** Three different ones: one's own first, then the same question in another form. */
function filledUp({ question, paraphrases }: OwnQuestion): string[] {
  const plain = question.replace(/[?!.\s]+$/u, '');
  const standIns = [
    plain.toLowerCase(),
    `Please answer this: ${question}`,
    `I am looking for help with the following. ${question}`,
    `Question of a user, to be answered from the documents: ${question}`,
  ];
  const all = [...paraphrases, ...standIns].map((one) => one.slice(0, LIMITS.questionChars).trim());
  return [...new Set(all)].filter((one) => one !== '').slice(0, 3);
}

function gapsText(count: number, from: Color, gaps: readonly string[]): string {
  return [
    '# What is still to be written',
    '',
    `${count} questions, made by \`cutover init\`. 50 to 200 are wanted: fewer can fail a release, but never prove one.`,
    `Read what stands in sections.jsonl: it is what ${from} delivered, right or wrong. After an edit of probes.jsonl or sections.jsonl remove`,
    '`sha256` and `corpusHash` from manifest.json, then `cutover probes lint probes/`.',
    '',
    ...gaps,
    '',
  ].join('\n');
}
