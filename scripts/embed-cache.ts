/**
 * Writes the vectors that the demo ships: `examples/docs-rag/probes/embeddings.f16` and its index, so that the
 * first rehearsal does not wait for minutes of embedding. Run again after a change of corpus, chunking or probes:
 *   nice npx tsx scripts/embed-cache.ts
 *
 * Invariant: resumable. Vectors are first kept in a work file under the system's temporary folder; the shipped
 * file is then cut from it, so it holds what is needed today and nothing else.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULT_NAMES, faultyHits, faultyIndex } from '../examples/docs-rag/service/faults.ts';
import type { Index, Section } from '../examples/docs-rag/service/retriever.ts';
import { BLUE, buildIndex, GREEN, search } from '../examples/docs-rag/service/retriever.ts';
import { textWindows } from '../src/domain/probes/tokens.ts';
import { calibrationTexts } from '../src/probes/calibrate.ts';
import type { EmbedRole } from '../src/probes/embed/embedder.ts';
import { vectorKey, withCache } from '../src/probes/embed/cache.ts';
import { createUseLite } from '../src/probes/embed/use-lite.ts';
import { openVectorFile } from '../src/probes/embed/vector-file.ts';
import { loadProbeSet } from '../src/probes/probe-set.ts';

const TOP_K = 5;
const LIMIT_BYTES = 6_000_000;
const root = fileURLToPath(new URL('../examples/docs-rag/', import.meta.url));

function readSections(name: string): Section[] {
  const lines = readFileSync(join(root, 'corpus', name), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Section);
}

/** Every build a demo or test may probe: both colors, green under each fault, and the wrong corpus behind the index. */
function builds(): { readonly sound: readonly Index[]; readonly broken: readonly Index[] } {
  const sections = readSections('sections.jsonl');
  const green = buildIndex(sections, GREEN);
  const faulty = FAULT_NAMES.map((fault) => faultyIndex(fault, green)).filter((index) => index !== green);
  return {
    sound: [buildIndex(sections, BLUE), green],
    broken: [...faulty, buildIndex(readSections('other-sections.jsonl'), GREEN)],
  };
}

interface Wanted {
  readonly text: string;
  readonly role: EmbedRole;
}

async function collect(): Promise<Wanted[]> {
  const set = await loadProbeSet(join(root, 'probes'));
  const wanted = new Map<string, Wanted>();
  const add = (text: string, role: EmbedRole): void => void wanted.set(`${role}\0${text}`, { text, role });
  for (const probe of set.probes)
    for (const text of [probe.question, ...probe.paraphrases]) add(text, 'query');
  for (const text of calibrationTexts(set, 60)) add(text, 'passage');
  const { sound, broken } = builds();
  for (const index of [...sound, ...broken]) {
    for (const probe of set.probes) {
      for (const question of probe.paraphrases) {
        const hits = search(index, question, TOP_K);
        const skewed = sound.includes(index) ? faultyHits('bad-index', index, hits) : [];
        for (const hit of [...hits, ...skewed])
          for (const window of textWindows(hit.text)) add(window.text, 'passage');
      }
    }
  }
  return [...wanted.values()];
}

async function main(): Promise<void> {
  const wanted = await collect();
  const embedder = createUseLite();
  const { id, dim } = embedder;
  const mib = (n: number): string => ((n * dim * 2) / 1e6).toFixed(1);
  process.stdout.write(`${wanted.length} texts, ${mib(wanted.length)} MB\n`);
  if (wanted.length * dim * 2 > LIMIT_BYTES)
    process.stdout.write(`more than ${LIMIT_BYTES / 1e6} MB: too much to ship\n`);

  const workDir = join(tmpdir(), 'cutover-embed-cache');
  mkdirSync(workDir, { recursive: true });
  const work = openVectorFile({ base: join(workDir, 'work'), embedder: id, dim, mode: 'append' });
  const shippedBase = join(root, 'probes', 'embeddings');
  const shipped = openVectorFile({ base: shippedBase, embedder: id, dim });
  const cached = withCache(embedder, { file: work, maxEntries: 1 });

  const started = Date.now();
  const nextBase = join(workDir, 'next');
  for (const extension of ['json', 'f16']) rmSync(`${nextBase}.${extension}`, { force: true });
  const next = openVectorFile({ base: nextBase, embedder: id, dim, mode: 'append' });
  for (const [i, { text, role }] of wanted.entries()) {
    const key = vectorKey(id, role, text);
    const vector = shipped.get(key) ?? (await cached.embed([text], role))[0];
    if (vector !== undefined) next.append(key, vector);
    if ((i + 1) % 100 === 0)
      process.stdout.write(`${i + 1}/${wanted.length} ${Math.round((Date.now() - started) / 1000)} s\n`);
  }
  next.close();
  await cached.close();
  for (const extension of ['f16', 'json']) {
    // Copied, not renamed: the temporary folder may be another file system.
    copyFileSync(`${nextBase}.${extension}`, `${shippedBase}.${extension}`);
  }

  process.stdout.write(`wrote ${shippedBase}.f16, ${mib(wanted.length)} MB\n`);
}

await main();
