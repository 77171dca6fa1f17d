/** What an import leaves to do, for people: what to write, what is left out, what was not taken over. */
import type { Probe } from '../../domain/probe.ts';
import type { Draft, LeftOutRow } from './draft.ts';

/** Left-out rows that are listed for one reason; all stand in left-out.jsonl. */
const LISTED = 20;

export interface GapsInput {
  readonly source: string;
  readonly rows: number;
  readonly complete: readonly Probe[];
  readonly drafts: readonly Draft[];
  readonly leftOut: readonly LeftOutRow[];
  readonly notes: readonly string[];
}

export function gapsText({ source, rows, complete, drafts, leftOut, notes }: GapsInput): string {
  const spans = [...complete, ...drafts].filter(({ targets }) =>
    targets.some((one) => one.spans !== undefined),
  ).length;
  return [
    '# What is still to be written',
    '',
    `Imported from ${source}: of ${rows} rows ${rows - leftOut.length} became ${complete.length + drafts.length} questions: ${complete.length} probes are complete, ${drafts.length} are drafts in \`drafts.jsonl\`. ${leftOut.length} rows are left out.`,
    'Fill the drafts in where they stand, then run `cutover probes import drafts <this folder> --out <new folder>`.',
    'Remove an entry of `gaps` once it is settled; `paraphrases_missing` and `target_missing` are worked out anew.',
    '',
    ...notes.map((note) => `- ${note}`),
    ...(spans > 0
      ? [
          `- ${spans} questions have spans, the part of a section that holds the answer: they are proposed, read them.`,
        ]
      : []),
    '- Nobody has reviewed the set (`reviewed_by`); run `cutover probes lint`, then `cutover probes curate`.',
    '',
    ...counts(
      'gap',
      'drafts',
      drafts.flatMap(({ gaps }) => gaps.map(({ code }) => code)),
    ),
    '| id | question | to do |',
    '|---|---|---|',
    ...drafts.map(
      ({ id, question, gaps }) =>
        `| ${cell(id)} | ${cell(question).slice(0, 120)} | ${cell(gaps.map(({ message }) => message).join('; '))} |`,
    ),
    '',
    ...(leftOut.length > 0 ? leftOutText(leftOut) : []),
  ].join('\n');
}

function leftOutText(leftOut: readonly LeftOutRow[]): string[] {
  const byWhy = new Map<string, string[]>();
  for (const { where, why } of leftOut) {
    const held = byWhy.get(why);
    if (held === undefined) byWhy.set(why, [where]);
    else held.push(where);
  }
  return [
    '# Rows that are left out',
    '',
    'Each stands in `left-out.jsonl`.',
    '',
    '| rows | why | which |',
    '|---|---|---|',
    ...[...byWhy].map(([why, places]) => {
      const more = places.length > LISTED ? ` and ${places.length - LISTED} more` : '';
      return `| ${places.length} | ${cell(why)} | ${cell(places.slice(0, LISTED).join('; '))}${more} |`;
    }),
    '',
  ];
}

function counts(what: string, of: string, all: readonly string[]): string[] {
  const found = new Map<string, number>();
  for (const one of all) found.set(one, (found.get(one) ?? 0) + 1);
  return [`| ${what} | ${of} |`, '|---|---|', ...[...found].map(([one, n]) => `| ${one} | ${n} |`), ''];
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll(/\s+/gu, ' ');
}
