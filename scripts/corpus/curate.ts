/**
 * Prints how the gold set behaves on blue, on green and on every injected fault.
 *
 *   npx tsx scripts/corpus/curate.ts            the table
 *   npx tsx scripts/corpus/curate.ts --failing  and each question that fails on blue or green
 *
 * A gold set is only worth gating with once blue passes it: run this after touching a question,
 * the corpus or the retriever, and list what is dropped in `probes/DROPPED.md`.
 */
import { BLUE, buildIndex, GREEN, search } from '../../examples/docs-rag/service/retriever.ts';
import type { IndexOptions, Section } from '../../examples/docs-rag/service/retriever.ts';
import { measure, overlap, readJsonl, summarize } from './gold.ts';
import type { Probe, QuestionResult } from './gold.ts';

const sections = readJsonl<Section>('corpus/sections.jsonl');
const other = readJsonl<Section>('corpus/other-sections.jsonl');
const probes = readJsonl<Probe>('probes/probes.jsonl');

const BUILDS: readonly (readonly [string, readonly Section[], IndexOptions])[] = [
  ['blue 120/20', sections, BLUE],
  ['green 150/25', sections, GREEN],
  ['near-miss', sections, { ...BLUE, defect: 'nearMiss' }],
  ['fragments 40/7', sections, { ...BLUE, chunkWords: 40, overlapWords: 7 }],
  ['shard 20 % lost', sections, { ...BLUE, defect: 'dropShard' }],
  ['stemmer mismatch', sections, { ...BLUE, defect: 'stemmerMismatch' }],
  ['seed-unstable', sections, { ...BLUE, defect: 'seedUnstable' }],
  ['wrong corpus', other, BLUE],
];

function cell(x: number): string {
  return x.toFixed(3).padStart(9);
}

function explain(results: readonly QuestionResult[], options: IndexOptions): void {
  const index = buildIndex(sections, options);
  for (const r of results) {
    const bad = r.probe.answerable ? r.worst < 0.7 || r.refusals > 0 : r.refusals < 6;
    if (!bad && r.lambda === 'convergent') continue;
    console.log(`\n${r.probe.id}: coverage ${r.coverage.toFixed(2)}, ${r.lambda}, ${r.refusals} refusals`);
    for (const p of r.probe.paraphrases) {
      console.log(`  - ${p.slice(0, 90)}`);
      for (const h of search(index, p)) {
        const target = r.probe.targets.some((t) => t.section_id === h.section_id) ? '*' : ' ';
        console.log(`   ${target} ${h.score.toFixed(1)} ${h.section_id} ${h.offsets.start}-${h.offsets.end}`);
      }
    }
  }
}

console.log(`${probes.length} probes, ${probes.filter((p) => p.answerable).length} answerable`);
console.log(
  'build              coverage  share.70 wrstTopic    conv.     div.     split   chaotic  newlyCrit refused(un/ans)',
);
const blue = measure(sections, BLUE, probes, sections);
for (const [name, corpus, options] of BUILDS) {
  const results = measure(corpus, options, probes, sections);
  const s = summarize(results);
  const critical = results.filter(
    (r, i) => r.probe.answerable && r.coverage < 0.6 && (blue[i]?.coverage ?? 0) >= 0.6,
  );
  console.log(
    name.padEnd(17) +
      [s.meanCoverage, s.share70, s.worstTopic, s.convergent, s.divergent, s.split, s.chaotic]
        .map(cell)
        .join(' ') +
      `${critical.length}`.padStart(9) +
      `   ${s.trueRefusals}/${s.falseRefusals}`,
  );
  if (process.argv.includes('--failing') && (name.startsWith('blue') || name.startsWith('green')))
    explain(results, options);
}

const text = new Map(sections.map((s) => [s.section_id, s.text]));
for (const p of probes) {
  for (const t of p.targets) {
    for (const [i, q] of p.paraphrases.entries()) {
      const share = overlap(q, text.get(t.section_id) ?? '');
      if (share > 0.5) console.log(`overlap ${share.toFixed(2)} ${p.id}[${i}] with ${t.section_id}`);
    }
  }
}
const scores = (want: boolean): number[] =>
  blue
    .filter((r) => r.probe.answerable === want)
    .flatMap((r) => r.evidences)
    .toSorted((a, b) => a - b);
const unanswerable = scores(false);
console.log(
  `evidence: answerable from ${scores(true)
    .slice(0, 6)
    .map((x) => x.toFixed(2))
    .join(' ')}`,
);
console.log(
  `           unanswerable up to ${unanswerable
    .slice(-6)
    .map((x) => x.toFixed(2))
    .join(' ')}`,
);
