/**
 * Lints of the demo gold set, and the figures it was curated to.
 *
 * A gold set that drifts from its corpus, or that blue no longer passes, makes every gate
 * built on it meaningless, and nothing else would say so.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  demoFile,
  fileHash,
  measure,
  overlap,
  readJsonl,
  summarize,
  targetTokens,
} from '../../scripts/corpus/gold.ts';
import type { Probe } from '../../scripts/corpus/gold.ts';
import {
  BLUE,
  buildIndex,
  corpusHash,
  extractiveAnswer,
  GREEN,
  REFUSAL,
  search,
} from '../../examples/docs-rag/service/retriever.ts';
import type { Defect, Section } from '../../examples/docs-rag/service/retriever.ts';

const sections = readJsonl<Section>('corpus/sections.jsonl');
const other = readJsonl<Section>('corpus/other-sections.jsonl');
const probes = readJsonl<Probe>('probes/probes.jsonl');
const text = new Map(sections.map((s) => [s.section_id, s.text]));
const textOf = (id: string): string => text.get(id) ?? '';

/** The same sentence apart from case, punctuation and spacing. */
function normalized(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

void describe('demo corpus', () => {
  void it('has unique, plain-text sections of a usable size', () => {
    assert.equal(text.size, sections.length);
    assert.ok(sections.length >= 400);
    for (const s of [...sections, ...other]) {
      assert.ok(s.text.split(/\s+/).length >= 35, s.section_id);
      assert.doesNotMatch(s.text, /<\/?(?:p|a|div|span|li|td)\b/u, s.section_id);
    }
  });

  void it('keeps the FAQ, whose questions are probes, out of the index', () => {
    assert.ok(!sections.some((s) => s.doc_id === 'faq.html'));
  });

  void it('shares no section with the wrong-family corpus', () => {
    assert.equal(other.length, 60);
    assert.ok(!other.some((s) => text.has(s.section_id)));
  });
});

void describe('gold set lints', () => {
  void it('has enough questions of every kind, with unique ids', () => {
    assert.equal(new Set(probes.map((p) => p.id)).size, probes.length);
    assert.ok(probes.length >= 88);
    const faq = probes.filter((p) => p.origin === 'docs-faq').length;
    assert.ok(faq >= 20 && faq <= 27, `${faq}`);
    assert.ok(probes.filter((p) => p.targets.length > 1).length >= 8);
    assert.equal(probes.filter((p) => !p.answerable).length, 6);
  });

  void it('spreads the answerable questions over the topics', () => {
    for (const topic of new Set(probes.map((p) => p.topic))) {
      const n = probes.filter((p) => p.topic === topic && p.answerable).length;
      // A topic of unanswerable questions alone is not judged by coverage.
      assert.ok(n === 0 || (n >= 5 && n <= probes.length / 4), `${topic}: ${n}`);
    }
  });

  for (const p of probes) {
    void it(p.id, () => {
      assert.equal(p.paraphrases.length, 3);
      assert.equal(new Set(p.paraphrases.map(normalized)).size, 3, 'paraphrases differ');
      assert.equal(p.targets.length > 0, p.answerable);
      const [terse = '', story = ''] = p.paraphrases;
      assert.ok(terse.length < story.length, 'the first paraphrase is the terse one');

      for (const t of p.targets) {
        const body = textOf(t.section_id);
        assert.notEqual(body, '', `${t.section_id} exists`);
        for (const [from, to] of t.spans ?? []) {
          assert.ok(from >= 0 && from < to && to <= body.length, `span ${from}-${to} in range`);
        }
        assert.ok(!normalized(body).includes(normalized(p.question)), 'the question is not in the section');
        for (const q of p.paraphrases) {
          const share = overlap(q, body);
          assert.ok(share <= 0.5, `overlap ${share.toFixed(2)}: ${q}`);
        }
      }
      if (p.answerable) {
        const wanted = p.targets.reduce((n, t) => n + targetTokens(t, textOf(t.section_id)).length, 0);
        assert.ok(Math.min(1, (5 * BLUE.chunkWords) / wanted) >= 0.85, 'five chunks can hold the target');
        const bodies = p.targets.map((t) => textOf(t.section_id));
        assert.ok(
          bodies.some((b) => p.anchor !== undefined && b.includes(p.anchor)),
          'anchor is verbatim',
        );
        assert.ok(p.decoys.length > 0);
      }
      for (const d of p.decoys) {
        assert.ok(text.has(d) && !p.targets.some((t) => t.section_id === d), `decoy ${d}`);
      }
    });
  }

  void it('asks no section more than three times', () => {
    const uses = new Map<string, number>();
    for (const p of probes)
      for (const t of p.targets) uses.set(t.section_id, (uses.get(t.section_id) ?? 0) + 1);
    assert.deepEqual(
      [...uses].filter(([, n]) => n > 3),
      [],
    );
  });

  void it('is the set its manifest describes', () => {
    const manifest: { corpusHash: string; counts: { probes: number }; sha256: Record<string, string> } =
      JSON.parse(readFileSync(demoFile('probes/manifest.json'), 'utf8'));
    assert.equal(manifest.corpusHash, corpusHash(sections));
    assert.equal(manifest.counts.probes, probes.length);
    for (const [file, digest] of Object.entries(manifest.sha256)) {
      assert.equal(digest, fileHash(`probes/${file}`), file);
    }
  });
});

void describe('gold set against the sample retriever', () => {
  const run = (defect?: Defect): ReturnType<typeof summarize> =>
    summarize(measure(sections, defect === undefined ? BLUE : { ...BLUE, defect }, probes, sections));

  for (const [name, options] of [
    ['blue', BLUE],
    ['the green re-chunk', GREEN],
  ] as const) {
    void it(`${name} passes with room to spare`, () => {
      const s = summarize(measure(sections, options, probes, sections));
      assert.ok(s.meanCoverage >= 0.85, `coverage ${s.meanCoverage}`);
      assert.ok(s.share70 >= 0.95, `share ${s.share70}`);
      assert.ok(s.worstTopic >= 0.7, `worst topic ${s.worstTopic}`);
      assert.ok(s.convergent >= 0.95, `convergent ${s.convergent}`);
      assert.equal(s.chaotic, 0);
      assert.equal(s.falseRefusals, 0);
      assert.equal(s.trueRefusals, 6);
    });
  }

  void it('every fault is visible', () => {
    assert.ok(run('nearMiss').meanCoverage < 0.2);
    assert.ok(run('dropShard').meanCoverage < 0.85);
    assert.ok(run('stemmerMismatch').convergent < 0.8);
    const unstable = run('seedUnstable');
    assert.ok(unstable.chaotic + unstable.split > 0.5);
    const fragments = { ...BLUE, chunkWords: 40, overlapWords: 7 };
    assert.ok(summarize(measure(sections, fragments, probes, sections)).meanCoverage < 0.7);
    assert.equal(summarize(measure(other, BLUE, probes, sections)).meanCoverage, 0);
  });
});

void describe('sample retriever', () => {
  void it('names an index by everything that decides its answers', () => {
    const hash = buildIndex(sections, BLUE).INDEX_HASH;
    assert.match(hash, /^[0-9a-f]{64}$/u);
    assert.equal(buildIndex(sections, BLUE).INDEX_HASH, hash);
    const others = [
      buildIndex(sections, GREEN),
      buildIndex(other, BLUE),
      buildIndex(sections, { ...BLUE, defect: 'dropShard' }),
      buildIndex(sections, { ...BLUE, defect: 'stemmerMismatch' }),
    ];
    assert.equal(new Set([hash, ...others.map((i) => i.INDEX_HASH)]).size, 5);
  });

  void it('returns snippets that are their section at their offsets', () => {
    for (const h of search(buildIndex(sections, BLUE), 'database file does not shrink after deletes')) {
      assert.equal(textOf(h.section_id).slice(h.offsets.start, h.offsets.end), h.text);
      assert.ok(h.tokens <= BLUE.chunkWords);
    }
  });

  void it('ignores the seed, and refuses in one exact sentence', () => {
    const index = buildIndex(sections, BLUE);
    const q = 'May I delete a leftover journal?';
    assert.deepEqual(search(index, q, 5, { seed: 1 }), search(index, q, 5, { seed: 2 }));
    assert.deepEqual(extractiveAnswer('zyzzyva quokka', []), {
      answer: REFUSAL,
      citations: [],
      refusal: true,
    });
    assert.equal(REFUSAL, 'I could not find this in the documentation.');
  });

  void it('rejects an overlap that would never advance', () => {
    assert.throws(() => buildIndex(sections, { ...BLUE, chunkWords: 20, overlapWords: 20 }), RangeError);
  });
});
