/** The ledger check must accept a true story and refuse every false one: a checker that cannot fail proves nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answers, failed, HASH, judge, story } from './ledger-fixture.ts';
import type { Story } from './ledger-fixture.ts';

function first<T>(list: readonly T[]): T {
  const [item] = list;
  assert.ok(item !== undefined);
  return item;
}

function last<T>(list: readonly T[]): T {
  const item = list.at(-1);
  assert.ok(item !== undefined);
  return item;
}

void describe('a true story', () => {
  void test('passes when the switch completed', () => {
    const verdict = judge(story('completed'), 'completed');
    assert.deepEqual(failed(verdict), []);
    assert.match(verdict.checks.find((c) => c.name === 'write-wait')?.detail ?? '', /longest 1020 ms/);
  });

  void test('passes when it was rolled back', () => {
    assert.deepEqual(failed(judge(story('rolled-back'), 'rolled-back')), []);
  });

  void test('of a rollback fails as a completed switch', () => {
    assert.ok(failed(judge(story('rolled-back'), 'completed')).includes('color-monotone'));
  });
});

const FALSIFIED: readonly [what: string, check: string, falsify: (s: Story) => void][] = [
  ['a lost write', 'no-write-lost', (s) => s.dump.notes.shift()],
  ['a note with another text', 'no-write-lost', (s) => (first(s.dump.notes).text = 'something else')],
  [
    'a note nobody sent',
    'no-write-lost',
    (s) => s.dump.notes.push({ ...first(s.dump.notes), id: 'n-ghost' }),
  ],
  ['a doubled job', 'jobs-exactly-once', (s) => s.dump.done.push(first(s.dump.done))],
  ['a doubled effect', 'jobs-exactly-once', (s) => s.dump.effects.push(first(s.dump.effects))],
  ['a job without its effect', 'jobs-exactly-once', (s) => s.dump.effects.pop()],
  ['a job never done', 'jobs-exactly-once', (s) => [s.dump.done.pop(), s.dump.effects.pop()]],
  [
    'a job nobody enqueued',
    'jobs-exactly-once',
    (s) => [
      s.dump.done.push({ ...first(s.dump.done), key: 'ghost', source_id: 'ghost' }),
      s.dump.effects.push({ key: 'ghost', color: 'blue' }),
    ],
  ],
  ['a job left in a queue', 'queues-empty', (s) => (first(s.dump.queues).ready = 1)],
  ['a dead job', 'queues-empty', (s) => (last(s.dump.queues).ready = 1)],
  ['a color flip-back', 'color-monotone', (s) => (last(answers(s, 'job')).color = 'blue')],
  ['an older generation after a newer one', 'color-monotone', (s) => backInTime(s)],
  ['two colors in one generation', 'color-monotone', (s) => (first(answers(s, 'note')).color = 'green')],
  [
    'a foreign cache answer',
    'no-foreign-answer',
    (s) => (last(answers(s, 'get')).body = { color: 'blue', INDEX_HASH: HASH.blue }),
  ],
  [
    "an answer from the other color's index",
    'no-foreign-answer',
    (s) => (last(answers(s, 'dialog')).body = { INDEX_HASH: HASH.blue }),
  ],
  ['a stale cache answer', 'no-foreign-answer', (s) => stale(s)],
  ['an unanswered request', 'answered', (s) => unanswered(s)],
  [
    'a request given up',
    'answered',
    (s) => (s.lines = s.lines.map((l) => (l.t === 'end' && l.op === 1 ? { ...l, ok: false } : l))),
  ],
  ['a gap in a dialog', 'dialogs', (s) => s.dump.turns.shift()],
  ['a turn stored twice', 'dialogs', (s) => s.dump.turns.push({ ...first(s.dump.turns), turn: 99 })],
  [
    'a turn answered with an earlier number',
    'dialogs',
    (s) => (last(answers(s, 'dialog')).body = { turn: 1, INDEX_HASH: HASH.green }),
  ],
  [
    'a write by a read-only color',
    'no-write-by-read-only',
    (s) => (last(s.dump.notes).by = { color: 'blue', gen: 4, mode: 'open' }),
  ],
  [
    'a write under a read-only mode',
    'no-write-by-read-only',
    (s) => (last(s.dump.turns).by = { color: 'blue', gen: 9, mode: 'read-only' }),
  ],
];

void describe('a falsified story fails', () => {
  for (const [what, check, falsify] of FALSIFIED) {
    void test(`${what} -> ${check}`, () => {
      const told = story('completed');
      falsify(told);
      assert.ok(failed(judge(told, 'completed')).includes(check));
    });
  }

  void test('a user left behind after the rollback -> color-monotone', () => {
    const told = story('rolled-back');
    last(answers(told, 'note')).color = 'green';
    assert.deepEqual(failed(judge(told, 'rolled-back')), ['color-monotone']);
  });
});

void test('an earlier switch of the same ledger is left out by its generations, and only it', () => {
  const told = story('rolled-back');
  first(answers(told, 'note')).color = 'green';
  assert.deepEqual(failed(judge(told, 'rolled-back')), ['color-monotone']);
  assert.deepEqual(failed(judge(told, 'rolled-back', 2)), []);
  first(answers(told, 'job').filter((answer) => answer.gen === 2)).color = 'blue';
  assert.deepEqual(failed(judge(told, 'rolled-back', 2)), ['color-monotone']);
});

void test('overlapping answers may arrive in any order', () => {
  const told = story('completed');
  const ofUser = new Set(told.lines.flatMap((l) => (l.t === 'sent' && l.user === 'u1' ? [l.op] : [])));
  const [old, young] = answers(told, 'get').filter((g) => ofUser.has(g.op));
  assert.deepEqual([old?.color, young?.color], ['blue', 'green']);
  assert.ok(old !== undefined && young !== undefined);
  // The blue answer of generation 1 comes last, but its request was sent before the green one was answered.
  old.at = young.at + 10_000;
  assert.ok(!failed(judge(told, 'completed')).includes('color-monotone'));
});

void test('a job of an attempt without an answer may be done under a second key', () => {
  const told = story('completed');
  const note = first(answers(told, 'note'));
  const at = told.lines.indexOf(note);
  told.lines.splice(at, 0, { ...note, attempt: 0, status: 0, error: 'ECONNRESET', final: false, body: {} });
  const stored = first(told.dump.notes);
  told.dump.done.push({
    key: 'second',
    source_id: stored.id,
    revision: stored.revision,
    color: 'blue',
    tokens: 1,
  });
  told.dump.effects.push({ key: 'second', color: 'blue' });
  assert.deepEqual(failed(judge(told, 'completed')), []);
});

function backInTime(s: Story): void {
  // The first user's: green since generation 2.
  const answer = last(answers(s, 'get').filter((g) => g.color === 'green' && g.gen === 3));
  answer.color = 'blue';
  answer.gen = 1;
  answer.body = { color: 'blue', INDEX_HASH: HASH.blue };
}

function stale(s: Story): void {
  const answer = last(answers(s, 'get'));
  answer.body = { ...answer.body, rendered_at: new Date(answer.at - 400_000).toISOString() };
}

function unanswered(s: Story): void {
  s.lines = s.lines.filter((l) => l.t === 'sent' || l.t === 'meta' || l.op !== 3);
}
