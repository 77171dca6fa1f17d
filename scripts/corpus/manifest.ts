/**
 * Writes `examples/docs-rag/probes/manifest.json`: what the gold set holds, and the digests
 * that bind it to its corpus.
 *
 *   npx tsx scripts/corpus/manifest.ts
 *
 * Run after every change of a probe or of the corpus; `test/examples/corpus.test.ts` fails until then.
 */
import { writeFileSync } from 'node:fs';
import { corpusHash } from '../../examples/docs-rag/service/retriever.ts';
import type { Section } from '../../examples/docs-rag/service/retriever.ts';
import { demoFile, fileHash, readJsonl } from './gold.ts';
import type { Probe } from './gold.ts';

const sections = readJsonl<Section>('corpus/sections.jsonl');
const probes = readJsonl<Probe>('probes/probes.jsonl');

const manifest = {
  name: 'sqlite-docs',
  version: '1.0.0',
  license: 'MIT (questions); public domain (SQLite FAQ questions and the sections)',
  createdBy: 'the cutover team, against the SQLite documentation; not user traffic',
  corpusHash: corpusHash(sections),
  tokenizer: 'intl-word',
  counts: {
    probes: probes.length,
    answerable: probes.filter((p) => p.answerable).length,
    unanswerable: probes.filter((p) => !p.answerable).length,
    multiSection: probes.filter((p) => p.targets.length > 1).length,
    fromFaq: probes.filter((p) => p.origin === 'docs-faq').length,
    paraphrasesPerProbe: 3,
    sections: sections.length,
    topics: new Set(probes.map((p) => p.topic)).size,
  },
  sections: '../corpus/sections.jsonl',
  sha256: {
    'probes.jsonl': fileHash('probes/probes.jsonl'),
    '../corpus/sections.jsonl': fileHash('corpus/sections.jsonl'),
    '../corpus/other-sections.jsonl': fileHash('corpus/other-sections.jsonl'),
  },
};

writeFileSync(demoFile('probes/manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`manifest.json: ${probes.length} probes over ${sections.length} sections`);
