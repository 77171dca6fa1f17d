/** The faults of the index, seen through the answers of one instance and of a service: each breaks one thing and no other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HealthContract } from '../../src/domain/health.ts';
import { answerFrom, indexUnder, loadIndex } from '../../examples/docs-rag/service/brain.ts';
import type { Answered } from '../../examples/docs-rag/service/brain.ts';
import { bodyFactor, FAULT_NAMES } from '../../examples/docs-rag/service/faults.ts';
import type { FaultName } from '../../examples/docs-rag/service/faults.ts';
import { BLUE, GREEN, type Index } from '../../examples/docs-rag/service/retriever.ts';
import { callJson, sleep } from '../../examples/docs-rag/shared/http.ts';
import { readJsonl } from '../../scripts/corpus/gold.ts';
import type { Probe } from '../../scripts/corpus/gold.ts';
import { ADMIN, post, service } from './service-kit.ts';

const index = loadIndex(GREEN);
const questions = readJsonl<Probe>('probes/probes.jsonl').slice(0, 20);

function answers(fault: FaultName, seed = 1): Answered[] {
  return questions.map(({ question }) => answerFrom(index, { question, seed, k: 5, fault }));
}

function delivered({ hits }: Answered): string[] {
  return hits.map((hit) => hit.snippet_id).toSorted();
}

void describe('an index under a fault', () => {
  void test('is built once, and is the index itself where the fault lies elsewhere', () => {
    const elsewhere = FAULT_NAMES.filter((fault) => indexUnder(fault, index) === index);
    assert.deepEqual(elsewhere, [
      'none',
      'slow-tail',
      'bad-index',
      'new-error-class',
      'full-load',
      'stream-error',
      'schema-break',
      'cold-only',
      'queue-stuck',
      'dialog-lost',
      'noisy-neighbour',
    ]);
    for (const fault of FAULT_NAMES) assert.equal(indexUnder(fault, index), indexUnder(fault, index));
  });

  void test('leaves the sound index as it was', () => {
    const before = answers('none');
    for (const fault of FAULT_NAMES) answers(fault);
    assert.deepEqual(answers('none'), before);
    assert.deepEqual(answers('none', 2), before);
  });

  void test('fragments: the right sections in pieces of forty words', () => {
    const hits = answers('fragments').flatMap((answer) => answer.hits);
    assert.ok(hits.every((hit) => hit.tokens <= 40));
    const isFirst = (answer: Answered, i: number): boolean =>
      answer.hits[0]?.section_id === answers('none')[i]?.hits[0]?.section_id;
    assert.ok(answers('fragments').filter(isFirst).length > questions.length / 2);
  });

  void test('shard-missing: a fifth of the sections is never found', () => {
    const { sections } = indexUnder('shard-missing', index);
    assert.ok(sections > 0.75 * index.sections && sections < 0.85 * index.sections, `${sections}`);
    const lost = answers('none').filter(
      (answer, i) => answers('shard-missing')[i]?.hits[0]?.section_id !== answer.hits[0]?.section_id,
    );
    assert.ok(lost.length > 0 && lost.length < questions.length / 2, `${lost.length}`);
  });

  void test('rebuilt-index: one section of fifty is never found, another one in each build', () => {
    const lost = (of: Index): string[] => {
      const found = new Set(indexUnder('rebuilt-index', of).chunks.map(({ section }) => section.section_id));
      const all = new Set(of.chunks.map(({ section }) => section.section_id));
      return [...all].filter((id) => !found.has(id));
    };
    const [green, blue] = [lost(index), lost(loadIndex(BLUE))];
    for (const ids of [green, blue]) assert.ok(ids.length >= 5 && ids.length <= 15, `${ids.length}`);
    assert.ok(green.filter((id) => blue.includes(id)).length < 3);
  });

  void test('noisy-neighbour: slow at the same time on both colors, and for a part of it only', () => {
    const factors = Array.from({ length: 100 }, (_, i) => bodyFactor('noisy-neighbour', 25 * i));
    assert.equal(factors.filter((one) => one === 4).length, 32);
    assert.ok(factors.every((one) => one === 1 || one === 4));
  });

  void test('seed-unstable: the same snippets in an order that changes with the seed', () => {
    const [sound, one, two] = [answers('none'), answers('seed-unstable', 1), answers('seed-unstable', 2)];
    assert.deepEqual(one.map(delivered), sound.map(delivered));
    assert.deepEqual(two.map(delivered), sound.map(delivered));
    const cites = (all: Answered[]): string[] => all.map((answer) => answer.citations.join());
    const moved = cites(one).filter((cited, i) => cited !== cites(two)[i]);
    assert.ok(moved.length > questions.length / 3, `${moved.length}`);
    assert.deepEqual(cites(answers('seed-unstable', 1)), cites(one));
  });

  void test('stemmer-mismatch: questions lose the words that only a stem would match', () => {
    const { postings, options } = indexUnder('stemmer-mismatch', index);
    assert.equal(postings, index.postings);
    assert.deepEqual([options.analyzer, index.options.analyzer], ['plain', 'porter']);
    const lower = answers('stemmer-mismatch').filter(
      (answer, i) => (answer.hits[0]?.score ?? 0) < (answers('none')[i]?.hits[0]?.score ?? 0),
    );
    assert.ok(lower.length > questions.length / 2, `${lower.length}`);
  });
});

void test('under stemmer-mismatch answers say which analyzer they used, and the health contract does not know', async () => {
  const green = await service('green', null);
  try {
    const analyzers = async (): Promise<(string | null | undefined)[]> => {
      const response = await post(`${green.ready.url}/v1/answer`, { question: 'What is a page?' });
      const { index: said } = (await response.json()) as { index: { analyzer: string; INDEX_HASH: string } };
      assert.equal(said.INDEX_HASH, green.ready.INDEX_HASH);
      const health = (await callJson(`${green.ready.url}/.well-known/cutover`)) as HealthContract;
      return [said.analyzer, response.headers.get('x-index-analyzer'), health.index.analyzer];
    };
    assert.deepEqual(await analyzers(), ['porter', 'porter', 'porter']);
    await post(`${green.ready.url}/__fault`, { name: 'stemmer-mismatch' }, ADMIN);
    assert.deepEqual(await analyzers(), ['plain', 'plain', 'porter']);
    await post(`${green.ready.url}/__fault`, { name: 'none' }, ADMIN);
    assert.deepEqual(await analyzers(), ['porter', 'porter', 'porter']);
  } finally {
    await green.close();
  }
});

void test('an instance that started sound answers under a fault that was switched on later', async () => {
  const green = await service('green', null);
  try {
    const longest = async (): Promise<number> => {
      const response = await post(`${green.ready.url}/v1/answer`, {
        question: 'How do I vacuum a database?',
      });
      const { retrieved } = (await response.json()) as { retrieved: { tokens: number }[] };
      return Math.max(...retrieved.map((hit) => hit.tokens));
    };
    assert.ok((await longest()) > 40);
    await post(`${green.ready.url}/__fault`, { name: 'fragments' }, ADMIN);
    assert.ok((await longest()) <= 40);
  } finally {
    await green.close();
  }
});

void test('under cold-only all instances but one are cold in every round of pings, and stay warm after it', async () => {
  const green = await service('green', null);
  try {
    const cold = async (): Promise<number> => {
      const pings = [1, 2, 3].map(async () => {
        const response = await fetch(green.ready.url, { headers: { 'x-warm': '1' } });
        return (await response.json()) as { cold_start: boolean };
      });
      const seen = await Promise.all(pings);
      await sleep(50);
      return seen.filter((ping) => ping.cold_start).length;
    };
    await post(`${green.ready.url}/__fault`, { name: 'cold-only' }, ADMIN);
    assert.deepEqual([await cold(), await cold(), await cold()], [3, 2, 2]);
    await post(`${green.ready.url}/__fault`, { name: 'none' }, ADMIN);
    await cold();
    assert.equal(await cold(), 0);
  } finally {
    await green.close();
  }
});
