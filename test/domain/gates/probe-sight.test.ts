/** What a probe set could show: as many lost questions as are said fail the gate, and one fewer does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../../src/domain/gates/judge.ts';
import { endLevel } from '../../../src/domain/gates/look-plan.ts';
import { probeSight } from '../../../src/domain/gates/probe-sight.ts';
import { look, probes } from './kit.ts';

const SIZE = 60;
const TOPICS = 6;
const KEPT = 0.95;

const seen = probeSight(
  {
    topics: new Map(Array.from({ length: TOPICS }, (_, i) => [`t${i}`, SIZE / TOPICS])),
    answered: SIZE,
  },
  look('coverage').settings,
  endLevel({ looks: 12, extensions: 2 }),
);

/** The first so many questions of one topic are lost on `to`. */
function verdict(gate: 'coverage' | 'delta-s', lost: number): string | undefined {
  const isLost = (question: number): boolean => question % TOPICS === 0 && question / TOPICS < lost;
  const window = probes({
    n: SIZE,
    from: () => ({ coverage: KEPT, deltaS: 0.4 }),
    to: (_, question) => (isLost(question) ? { coverage: 0, deltaS: 0.9 } : { coverage: KEPT, deltaS: 0.4 }),
  });
  return judge(look(gate, { probes: window }))[0]?.verdict;
}

void test('as many lost questions of a topic as are said fail coverage, and one fewer does not', () => {
  const [topic] = seen.topics;
  assert.ok(topic?.coverage !== null && topic !== undefined);
  assert.equal(verdict('coverage', topic.coverage), 'fail');
  assert.notEqual(verdict('coverage', topic.coverage - 1), 'fail');
});

void test('ΔS fails when as many of them move to its block limit', () => {
  const [topic] = seen.topics;
  const fewest = topic?.deltaS ?? SIZE / TOPICS;
  if (topic?.deltaS === null) assert.equal(verdict('delta-s', fewest), 'inconclusive');
  else assert.equal(verdict('delta-s', fewest), 'fail');
});

void test('a topic with more questions shows a smaller share of itself lost', () => {
  const { settings } = look('coverage');
  const level = endLevel({ looks: 12, extensions: 2 });
  const { topics, lambda } = probeSight(
    {
      topics: new Map([
        ['few', 8],
        ['many', 80],
      ]),
      answered: 88,
    },
    settings,
    level,
  );
  const share = topics.map(({ coverage, questions }) => (coverage ?? questions) / questions);
  assert.deepEqual(
    topics.map(({ topic }) => topic),
    ['few', 'many'],
  );
  assert.ok((share[1] ?? 1) < (share[0] ?? 0));
  assert.ok(lambda !== null && lambda > 1);
});
