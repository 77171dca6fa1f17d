/** What holds would have failed, from what is stored of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SwitchEvent } from '../../src/domain/event.ts';
import { storedForm } from '../../src/evidence/looks.ts';
import { toldByHolds } from '../../src/evidence/seen.ts';
import { look, traffic, withSlices } from '../domain/gates/kit.ts';

const documents = new Map<string, unknown>([
  ['input', storedForm(look('error-rate'), null)],
  ['doc', { input: 'input', records: [] }],
  ['nobody', storedForm(withSlices('error-rate', [traffic('blue')]), null)],
  ['shadow', { input: 'nobody', records: [] }],
]);
const store = {
  get: async (digest: string): Promise<unknown> => {
    if (!documents.has(digest)) throw new Error(`no ${digest}`);
    return documents.get(digest);
  },
};

function looked(step: string, evidence: string): SwitchEvent {
  const last = { index: 12, planned: 12, final: true };
  return { atMs: 0, type: 'looked', step, look: last, verdict: 'pass', gates: [], evidence };
}
const ended = (step: string): SwitchEvent => ({ atMs: 0, type: 'hold-ended', step, verdict: 'pass' });

void test('each hold is told by its last look; waits, and looks that are gone, are not', async () => {
  const told = await toldByHolds(store, [
    looked('shadow', 'shadow'),
    ended('shadow'),
    looked('ramp 10 %', 'gone'),
    looked('ramp 10 %', 'doc'),
    ended('ramp 10 %'),
    looked('ramp wait', 'doc'),
    looked('hold', 'gone'),
    ended('hold'),
  ]);
  assert.deepEqual(
    told.map(({ step }) => step),
    ['ramp 10 %'],
  );
  assert.ok((told[0]?.seen?.errors ?? 0) > 0.001);
});
