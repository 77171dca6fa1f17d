/** What holds for every gate: who decides, what a broken judge says, and that verdicts replay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { BUILT_IN_GATES } from '../../../src/domain/gate.ts';
import { overallVerdict, summarize } from '../../../src/domain/gate-record.ts';
import type { LookInput } from '../../../src/domain/look-input.ts';
import { judge } from '../../../src/domain/gates/judge.ts';
import { judged, look, midway, probes, traffic, withSettings, withSlices } from './kit.ts';

/** Every question says something of its answer, and every answer holds it. */
function asserted(): NonNullable<LookInput['probes']> {
  const window = probes({ n: 100 });
  return {
    ...window,
    probes: window.probes.map((one) => ({ ...one, asserted: true as const })),
    runs: window.runs.map((one) => ({ ...one, unmet: [] })),
  };
}

/** Conversations that go on on the other color, and some that stay. */
const REMEMBERED: NonNullable<LookInput['dialogs']> = Array.from({ length: 6 }, (_, index) => ({
  id: `d${index}`,
  begun: 'blue' as const,
  continued: index % 2 === 0 ? ('green' as const) : ('blue' as const),
  remembered: true,
  error: null,
  said: null,
}));

const everything = (change: Partial<LookInput> = {}): LookInput => ({
  ...withSlices('identity', [traffic('blue'), traffic('green', { errors: {} })], {
    probes: asserted(),
    dialogs: REMEMBERED,
    ...change,
  }),
  gates: BUILT_IN_GATES.map((gate) => ({ gate, role: 'prove' })),
});

void test('a healthy look passes every gate at the scheduled end', () => {
  const records = judge(everything());
  assert.deepEqual(
    records.filter(({ verdict }) => verdict !== 'pass').map(({ gate, summary }) => `${gate}: ${summary}`),
    [],
  );
  assert.equal(overallVerdict(records.map(summarize)), 'pass');
});

void test('in the middle of a hold nothing fails and the look does not pass', () => {
  assert.equal(overallVerdict(judge(midway(everything())).map(summarize)), 'inconclusive');
});

void test('without any data no gate passes', () => {
  const blank = everything({
    traffic: null,
    probes: null,
    dialogs: [],
    catalogue: null,
    queues: [],
    counters: [],
  });
  for (const record of judge(blank)) {
    assert.equal(
      `${record.gate} ${record.verdict} ${record.reasonCodes[0]}`,
      `${record.gate} inconclusive no_data`,
    );
  }
});

void test('a blinded gate is an error, whatever the data say', () => {
  const record = judged({
    ...look('delta-s'),
    judgeErrors: [{ gates: ['delta-s', 'coverage'], message: 'the embedder is down' }],
  });
  assert.deepEqual([record.verdict, record.reasonCodes], ['error', ['judge_error']]);
  assert.match(record.summary, /embedder is down/);
});

void test('a gate that crashes is an error and leaves the others standing', () => {
  const broken = { ...everything(), expected: null } as unknown as LookInput;
  const records = judge(broken);
  assert.equal(records.find(({ gate }) => gate === 'identity')?.verdict, 'error');
  assert.equal(records.find(({ gate }) => gate === 'latency')?.verdict, 'pass');
});

void test('a gate that is off is skipped and an advisory one does not decide', () => {
  const failing = withSlices('cache', [
    traffic('blue'),
    traffic('green', { cache: { lookups: 3000, hits: 600 } }),
  ]);
  assert.equal(judged(withSettings(failing, { off: ['cache'] })).verdict, 'skipped');
  const advisory = judged(withSettings(failing, { advisory: ['cache'] }));
  assert.deepEqual([advisory.verdict, advisory.advisory], ['fail', true]);
  assert.equal(overallVerdict([summarize(advisory), summarize(judged(look('identity')))]), 'pass');
});

void test('an underpowered guard does not object, one without data does', () => {
  const asGuard = (input: LookInput) =>
    summarize(judged({ ...input, gates: input.gates.map(({ gate }) => ({ gate, role: 'guard' })) }));
  const few = asGuard(withSlices('error-rate', [traffic('blue'), traffic('green', { requests: 20 })]));
  const none = asGuard(look('error-rate', { traffic: null }));
  const fine = summarize(judged(look('identity')));
  assert.equal(overallVerdict([fine, few]), 'pass');
  assert.equal(overallVerdict([fine, none]), 'inconclusive');
});

void test('a gate of the user’s own is recorded as it answered, or has no data', () => {
  const asked: LookInput = { ...look('identity'), gates: [{ gate: 'custom:smoke', role: 'prove' }] };
  assert.equal(judged(asked).reasonCodes[0], 'no_data');
  const answer = { name: 'smoke', verdict: 'fail', reason: 'login broke', from: 1, to: 0, n: 1 } as const;
  assert.deepEqual(judged({ ...asked, custom: [answer] }).reasonCodes, ['custom_fail']);
});

void test('verdicts are the same from an input that was stored and read back', () => {
  for (const input of [everything(), midway(everything()), everything({ probes: null })]) {
    const stored = JSON.parse(canonicalJson(input)) as LookInput;
    assert.equal(canonicalJson(judge(stored)), canonicalJson(judge(input)));
    assert.equal(canonicalJson(judge(input)), canonicalJson(judge(input)));
  }
});
