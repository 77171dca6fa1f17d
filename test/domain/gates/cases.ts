/** Runs a table of gate cases: a sentence, an input, the verdict with its reason codes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { judged, type Case } from './kit.ts';

export function check(gate: string, cases: readonly Case[]): void {
  for (const { name, input, expect } of cases) {
    void test(`${gate}: ${name}`, () => {
      const record = judged(input());
      const [verdict = '', codes = ''] = expect.split(' ');
      const wanted = codes.split(',');
      const got = record.reasonCodes.slice(0, wanted.length);
      assert.equal(`${record.verdict} ${got.join(',')}`, `${verdict} ${codes}`, record.summary);
      assert.ok(record.summary.length > 10, 'an operator gets a sentence');
      assert.deepEqual(JSON.parse(canonicalJson(record)), record, 'the record reads back as itself');
    });
  }
}
