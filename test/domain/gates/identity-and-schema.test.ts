/** Gates on facts about answers: identity and schema. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IDENTITY } from '../../../scripts/sim-gates/input.ts';
import { check } from './cases.ts';
import { judged, KEY, look, midway, probes, stale, traffic, withSlices, type ProbeParts } from './kit.ts';

const OTHER = KEY.replace('sha256:a', 'sha256:b');
const seen = (from: Record<string, number>, to: Record<string, number>) =>
  withSlices('identity', [traffic('blue', { identities: from }), traffic('green', { identities: to })]);
const usual = { [KEY]: 100 };

check('identity', [
  { name: 'every answer carries the declared identity', input: () => look('identity'), expect: 'pass ok' },
  {
    name: 'one answer of another index among many fails midway',
    input: () => midway(seen(usual, { [KEY]: 99_999, [OTHER]: 1 })),
    expect: 'fail identity_mismatch',
  },
  {
    name: 'a fact does not go stale',
    input: () => stale(seen(usual, { [KEY]: 9, [OTHER]: 1 })),
    expect: 'fail identity_mismatch',
  },
  {
    name: 'a hash that changed with the analyzer has its own code',
    input: () => seen(usual, { [OTHER.replace('english', 'none')]: 5 }),
    expect: 'fail hash_changed_silently',
  },
  {
    name: 'one probe of another index fails',
    input: () =>
      look('identity', {
        probes: probes({ to: (_, q) => (q === 0 ? { identity: { ...IDENTITY, reranker: 'x' } } : {}) }),
      }),
    expect: 'fail identity_mismatch',
  },
  {
    name: 'a field that is not reported is not decided',
    input: () => seen(usual, { [KEY.replace('none', '?')]: 5 }),
    expect: 'inconclusive identity_missing_field',
  },
  {
    name: 'a wrong field is wrong even beside a missing one',
    input: () => seen(usual, { [OTHER.replace('none', '?')]: 5 }),
    expect: 'fail identity_mismatch',
  },
  {
    name: 'a baseline of another index is an error',
    input: () => seen({ [OTHER]: 5 }, { [OTHER]: 5 }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'no answers are no data',
    input: () => look('identity', { traffic: null, probes: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'answers of `from` alone are one-sided',
    input: () => withSlices('identity', [traffic('blue')], { probes: null }),
    expect: 'inconclusive one_sided',
  },
]);

const schema = (parts: ProbeParts) => look('schema', { probes: probes(parts) });
const breaks =
  (...questions: number[]): NonNullable<ProbeParts['to']> =>
  (_, question) =>
    questions.includes(question) ? { violations: ['schema:required:/citations'] } : {};

check('schema', [
  { name: 'answers in form pass', input: () => schema({}), expect: 'pass ok' },
  {
    name: 'one probe broken on `to` only fails midway',
    input: () => midway(schema({ to: breaks(3) })),
    expect: 'fail schema_violation',
  },
  {
    name: 'a probe broken on both is the schema’s fault',
    input: () => schema({ from: breaks(3), to: breaks(3) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'sporadic breaks on both sides are the schema’s fault',
    input: () => schema({ from: breaks(1, 2), to: breaks(3, 4) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'many more breaks on `to` fail though `from` has one',
    input: () => schema({ from: breaks(1), to: breaks(...Array(20).keys()) }),
    expect: 'fail schema_violation',
  },
  {
    name: 'no probes are no data',
    input: () => look('schema', { probes: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'one color alone is one-sided',
    input: () => schema({ colors: ['green'] }),
    expect: 'inconclusive one_sided',
  },
]);

void test('schema: a baseline that breaks it is told by what most of its probes break', () => {
  const to = breaks(3);
  const from: typeof to = (_, question) =>
    question < 2
      ? { violations: ['empty_citations'] }
      : question === 3
        ? { violations: ['bad_offsets'] }
        : {};
  assert.match(judged(schema({ from, to })).summary, /on blue itself .*: empty_citations\.$/);
});
