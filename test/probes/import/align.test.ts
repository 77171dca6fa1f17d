/** Contexts that are a part of a section are found in every script, also in those that put no spaces between words. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { createAligner } from '../../../src/probes/import/align.ts';
import { readSections } from '../../../src/probes/import/files.ts';
import { importProbes } from '../../../src/probes/import/index.ts';
import { section, tempFolder } from '../set-folder.ts';

const FILES = path.join(import.meta.dirname, '../files');
const CONTEXTS = path.join(FILES, 'contexts-of-scripts.jsonl');
const SECTIONS = path.join(FILES, 'sections-of-scripts.jsonl');

void describe('contexts that are a part of a section', () => {
  void it('are found in Chinese, Japanese, Arabic, Hindi and Thai, and not taken for the whole (D12)', async () => {
    const sections = await readSections(SECTIONS);
    const rows = (await readFile(CONTEXTS, 'utf8')).trim().split('\n');
    for (const { id, reference_contexts: contexts } of rows.map((row) => JSON.parse(row) as Row)) {
      const { targets, gaps } = createAligner(sections).align(contexts);
      assert.deepEqual(gaps, [], id);
      assert.deepEqual(
        targets.map((target) => target.section_id),
        [id.replace('-part', '#1')],
      );
      const [target] = targets;
      const text = sections.find((one) => one.section_id === target?.section_id)?.text ?? '';
      const spans = target?.spans ?? [];
      assert.equal(spans.length, 1, `${id}: one span`);
      const [[start, end] = [0, 0]] = spans;
      assert.ok(end - start < text.length / 2 + 10, `${id}: ${start}-${end} of ${text.length} is no part`);
      assert.ok(contexts[0]?.startsWith(text.slice(start, end - 6)), `${id}: the context’s own text`);
    }
  });

  void it('complete a probe on their way through the whole import (D12)', async () => {
    const folder = path.join(await tempFolder(), 'out');
    const result = await importProbes({
      format: 'ragas',
      path: CONTEXTS,
      sections: SECTIONS,
      folder,
      name: 'scripts',
    });
    assert.deepEqual(result.drafts, []);
    assert.equal(result.complete.length, 5);
  });

  void it('are given to neither of two sections that hold the same Chinese text', () => {
    const text = '签名密钥由调度器在每周一早上六点轮换，旧密钥会再保留一周有效期。';
    const { targets, gaps } = createAligner([section('a', text), section('b', text)]).align([
      text.slice(0, 24),
    ]);
    assert.deepEqual([targets, gaps.map(({ code }) => code)], [[], ['context_ambiguous']]);
  });
});

interface Row {
  readonly id: string;
  readonly reference_contexts: string[];
}
