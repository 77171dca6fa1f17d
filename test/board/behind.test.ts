/** What is behind a verdict: the questions and slices that the gate judged, the worst first, and what to do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { behind } from '../../src/board/behind.ts';
import {
  answerSaid,
  behindSaid,
  questionSaid,
  sliceTable,
  verdictSaid,
} from '../../src/board/behind-words.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { LookInput } from '../../src/domain/look-input.ts';
import { IDENTITY } from '../../scripts/sim-gates/input.ts';
import { broken, judged, look, midway, probes, spread, traffic, withSlices } from '../domain/gates/kit.ts';

const LOST = { coverage: 0, sectionIds: ['elsewhere'] };

void describe('what is behind a verdict (E6)', () => {
  void it('is each question that the gate names, with the pair of answers that differs most', () => {
    const input = look('coverage', {
      // Only one paraphrase of each lost its section outright.
      probes: probes({
        to: (run, question) => (question > 11 ? {} : run.paraphrase === 1 ? LOST : { coverage: 0.7 }),
      }),
    });
    const record = judged(input);
    assert.equal(record.verdict, 'fail');
    const { questions, slices, advice, others } = behind(input, record);
    assert.equal(questions.length, 12);
    const [first] = questions;
    assert.ok(first !== undefined);
    const { from, to } = first.pair;
    assert.deepEqual([to.paraphrase, to.coverage, from?.coverage], [1, 0, 1]);
    assert.deepEqual([from?.paraphrase, from?.seed, from?.round], [to.paraphrase, to.seed, to.round]);
    assert.deepEqual(first.expected, ['q000-gold']);
    assert.equal(first.runs.length, 12);
    assert.deepEqual([slices, others], [[], []]);
    assert.match(advice, /chunk size/);
    assert.match(
      behindSaid(input, record, behind(input, record))[0] ?? '',
      /^coverage_newly_critical: Coverage mean/,
    );
    assert.match(verdictSaid(record), /^coverage \(prove\): fail at sim, look 12 of 12, \d\d:\d\dZ$/);
    const [head = '', asked = '', expected] = questionSaid({ ...first, question: 'How?' }, record);
    assert.match(head, /^q000 \(t0\): newly critical; blue 1, green 0\.467$/);
    assert.equal(asked, `asked: How? (paraphrase 2, seed ${to.seed})`);
    assert.equal(expected, 'expected: q000-gold');
    assert.deepEqual(answerSaid(to, record, first.runs), [
      'answer, coverage 0, raw ΔS 0.4',
      'cited: elsewhere',
    ]);
  });

  void it('is what each probe gate looks at, and nothing that it does not', () => {
    const cases = [
      ['schema', { violations: ['schema:answer'] }, /breaks: schema:answer/],
      ['delta-s', { deltaS: 0.9 }, /raw ΔS 0\.9/],
      ['refusals', { answerClass: 'refusal' }, /^refusal/],
      ['lambda', { sectionIds: [] }, /cited: nothing/],
    ] as const;
    for (const [gate, change, words] of cases) {
      const input = look(gate, { probes: probes({ to: broken(15, change) }) });
      const { questions } = behind(input, judged(input));
      assert.equal(questions.length, 15, gate);
      const [first] = questions;
      assert.match(answerSaid(first?.pair.to ?? null, judged(input), first?.runs ?? []).join('\n'), words);
    }
  });

  void it('is found by the identity or the error that the record names', () => {
    const other = { ...IDENTITY, INDEX_HASH: 'sha256:b' };
    const stranger = look('identity', { probes: probes({ to: broken(2, { identity: other }) }) });
    const record = judged(stranger);
    const { questions, others } = behind(stranger, record);
    assert.deepEqual(
      questions.map(({ id }) => id),
      ['q000', 'q001'],
    );
    assert.equal(identityKey(questions[0]?.pair.to.identity ?? {}), identityKey(other));
    assert.deepEqual(others, []);
    const failing = look('error-novelty', { probes: probes({ to: broken(1, { error: 'body:reset' }) }) });
    const novel = behind(failing, judged(failing));
    assert.deepEqual(
      novel.questions.map(({ id }) => id),
      ['q000'],
    );
    assert.deepEqual(answerSaid(novel.questions[0]?.pair.to ?? null, judged(failing), []), [
      'error body:reset',
    ]);
  });

  void it('is users by region and route, the worst first, with bounds of both colors', () => {
    const input = withSlices('latency', [
      traffic('blue'),
      traffic('green'),
      traffic('blue', { region: 'us' }),
      traffic('green', { region: 'us', warmMs: spread(4900, 2) }),
    ]);
    const record = judged(input);
    assert.match(record.summary, /In region us/);
    const found = behind(input, record);
    assert.deepEqual(
      found.slices.map(({ region }) => region),
      ['us', 'all', 'eu'],
    );
    const [worst] = found.slices;
    assert.ok(worst?.to.value != null && worst.from.value != null && worst.to.lower != null);
    assert.ok(worst.to.lower > 1.9 * worst.from.value && worst.to.lower <= worst.to.value);
    const [title, head, row] = sliceTable(found, record);
    assert.match(title?.join('') ?? '', /users: p95 of warm successes, ms/);
    assert.deepEqual(head, ['region', 'route', 'blue', 'green']);
    assert.match(row?.[3] ?? '', /^\d{3} \[\d{3}, \d{3}\] of 4900$/);
    assert.match(
      behindSaid(input, record, found).join('\n'),
      /region us: users: blue .* of 4900, green .*; ratio 2/,
    );
    assert.match(
      behindSaid(input, record, found).join('\n'),
      /scatter: [\d.]+ requests of green tell as much as one independent, [\d.]+ of blue; \d+ of \d+ users affected; 12 blocks of 5m; effect [\d.]+ of [\d.]+ needed/,
    );
  });

  void it('says that a slice without data has none, and that `from` is what it was before the flip', () => {
    const before = { fromMs: 0, toMs: 1, freshestMs: 1, flipBacks: 0, sums: null, foreignCacheLookups: 0 };
    const input = withSlices('error-rate', [traffic('green', { region: 'us' })], {
      baseline: { capturedAtMs: 0, probes: null, traffic: { ...before, slices: [traffic('blue')] } },
    });
    const record = judged(input);
    const found = behind(input, record);
    assert.equal(found.fromIsBaseline, true);
    const [, head, ...rows] = sliceTable(found, record);
    assert.equal(head?.[2], 'blue before the flip');
    assert.deepEqual(
      rows.map(([region, , from, to]) => [region, from === '–', to === '–']),
      [
        ['us', true, false],
        ['eu', false, true],
      ],
    );
  });

  void it('tells what the judge lacked, what is missing to a verdict, and that nothing is to be done', () => {
    const advice = (input: LookInput): string => behind(input, judged(input)).advice;
    const blind = look('latency', { judgeErrors: [{ gates: ['latency'], message: 'telemetry is down' }] });
    assert.match(advice(blind), /no color is at fault/);
    assert.match(
      behindSaid(blind, judged(blind), behind(blind, judged(blind))).join('\n'),
      /telemetry is down/,
    );
    const few = [traffic('blue'), traffic('green', { requests: 20, warmMs: spread(20), errors: {} })];
    assert.match(advice(midway(withSlices('error-rate', few))), /needs \d+, there are 20: wait/);
    assert.match(advice(look('coverage')), /it passed/);
    const sick = look('coverage', { probes: probes({ from: broken(40, LOST), to: broken(40, LOST) }) });
    assert.match(advice(sick), /^blue itself breaks the rule/);
    const dead = look('dedupe', {
      queues: look('dedupe').queues.map((one) => ({ ...one, dead: 3, deadBefore: 0 })),
    });
    const said = behindSaid(dead, judged(dead), behind(dead, judged(dead))).join('\n');
    assert.match(said, /green: ready 0, inFlight 0, delayed 0, dead 3/);
  });
});
