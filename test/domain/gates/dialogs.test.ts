/** Gate dialogs: what it says of conversations that move, beside those that stay. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Color } from '../../../src/domain/color.ts';
import type { DialogRun } from '../../../src/domain/look-input.ts';
import { judged, look, type Case } from './kit.ts';

type Kind = 'kept' | 'lost' | 'unanswered';

function runs(begun: Color, continued: Color, ...kinds: readonly Kind[]): DialogRun[] {
  return kinds.map((kind, at) => ({
    id: `${begun}-${continued}-${at}`,
    begun,
    continued,
    remembered: kind === 'unanswered' ? null : kind === 'kept',
    error: kind === 'unanswered' ? 'second turn on green: headers:timeout' : null,
    said: kind === 'unanswered' ? null : '1',
  }));
}

const CHOOSE_OF_5 = [1, 5, 10, 10, 5, 1];

const many = (count: number, kind: Kind): readonly Kind[] => Array.from({ length: count }, () => kind);
const five = (kind: Kind): readonly Kind[] => many(5, kind);
const ask = (...dialogs: readonly DialogRun[]) => look('dialogs', { dialogs });
const before = (across: readonly Kind[], own: readonly Kind[]) =>
  ask(...runs('blue', 'green', ...across), ...runs('blue', 'blue', ...own));
const after = (across: readonly Kind[], own: readonly Kind[]) =>
  ask(...runs('blue', 'green', ...across), ...runs('green', 'green', ...own));

const CASES: readonly Case[] = [
  { name: 'all go on', input: () => before(five('kept'), five('kept')), expect: 'pass ok' },
  { name: 'all are lost', input: () => before(five('lost'), five('kept')), expect: 'fail dialogs_lost' },
  {
    name: 'three of five are lost, which chance brings about',
    input: () => before(['lost', 'lost', 'lost', 'kept', 'kept'], five('kept')),
    expect: 'inconclusive some_lost',
  },
  {
    name: 'the only one that was asked is lost',
    input: () => before(['lost'], ['kept']),
    expect: 'inconclusive some_lost',
  },
  {
    name: 'twelve of twenty are lost',
    input: () => before([...many(12, 'lost'), ...many(8, 'kept')], [...many(3, 'lost'), ...many(17, 'kept')]),
    expect: 'fail dialogs_lost',
  },
  {
    name: 'one of five is lost',
    input: () => before(['lost', 'kept', 'kept', 'kept', 'kept'], five('kept')),
    expect: 'inconclusive some_lost',
  },
  {
    name: 'a model forgets as often where nothing moves',
    input: () => before(['lost', ...five('kept')], ['lost', ...five('kept')]),
    expect: 'pass ok',
  },
  {
    name: '`from` forgets its own',
    input: () => before(five('lost'), five('lost')),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'after the flip `to` forgets its own',
    input: () => after(five('lost'), five('lost')),
    expect: 'fail dialogs_forgotten',
  },
  {
    name: 'after the flip `to` forgets three of its own, which a model may that forgets often',
    input: () => after(five('kept'), ['lost', 'lost', 'lost', 'kept', 'kept']),
    expect: 'inconclusive some_lost',
  },
  { name: 'after the flip all go on', input: () => after(five('kept'), five('kept')), expect: 'pass ok' },
  {
    name: 'after the flip all that was begun before is lost',
    input: () => after(five('lost'), five('kept')),
    expect: 'fail dialogs_lost',
  },
  { name: 'none was asked', input: () => look('dialogs', {}), expect: 'inconclusive no_data' },
  {
    name: 'after the flip none was left open',
    input: () => ask(...runs('green', 'green', ...five('kept'))),
    expect: 'inconclusive no_data',
  },
  {
    name: 'none that moves is answered',
    input: () => before(five('unanswered'), five('kept')),
    expect: 'inconclusive one_sided',
  },
  {
    name: 'none that stays is answered',
    input: () => before(five('kept'), five('unanswered')),
    expect: 'inconclusive one_sided',
  },
  {
    name: 'most that move are not answered',
    input: () => before(['kept', 'kept', 'unanswered', 'unanswered', 'unanswered'], five('kept')),
    expect: 'inconclusive underpowered',
  },
];

void describe('gate dialogs', () => {
  for (const { name, input, expect } of CASES) {
    void test(`${name}: ${expect}`, () => {
      const record = judged(input());
      assert.equal(`${record.verdict} ${record.reasonCodes[0]}`, expect);
    });
  }

  void test('fails at most one hold of a hundred where both colors forget alike, however often', () => {
    const arms = Array.from({ length: 6 }, (_, lost) => [...many(lost, 'lost'), ...many(5 - lost, 'kept')]);
    const weight = (lost: number, p: number): number =>
      (CHOOSE_OF_5[lost] ?? 0) * p ** lost * (1 - p) ** (5 - lost);
    for (const ask of [before, after]) {
      const failing = arms.flatMap((across, lost) =>
        arms.flatMap((own, kept) =>
          judged(ask(across, own)).verdict === 'fail' ? [[lost, kept] as const] : [],
        ),
      );
      assert.ok(failing.length > 0);
      for (const p of [0.1, 0.2, 0.3, 0.4, 0.5]) {
        const share = failing.reduce((sum, [lost, kept]) => sum + weight(lost, p) * weight(kept, p), 0);
        assert.ok(share <= 0.01, `${(100 * share).toFixed(2)} % of holds at ${p}`);
      }
    }
  });

  void test('names what was lost and what the answer said', () => {
    const { summary, offenders } = judged(before(five('lost'), five('kept')));
    assert.equal(summary, '5 of 5 dialogs begun on blue are lost on green, 0 of 5 that stay on blue.');
    assert.deepEqual(offenders[0], { id: 'blue-green-0', from: null, to: null, why: 'it says 1' });
  });
});
