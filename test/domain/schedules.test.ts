/** Where scheduled work runs, and where it should. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lostBy, misplaced, misplacedSaid, type Schedule } from '../../src/domain/schedules.ts';

type States = Readonly<Record<string, Schedule['state']>> | undefined;

function told(blue: States, green: States): Parameters<typeof misplaced>[0] {
  const list = (states: States): { schedules?: Schedule[] }[] =>
    states === undefined
      ? [{}]
      : [{ schedules: Object.entries(states).map(([name, state]) => ({ name, state })) }];
  return { blue: list(blue), green: list(green) };
}

void describe('scheduled work', () => {
  const cases: readonly [what: string, blue: States, green: States, found: Record<string, string>][] = [
    ['runs where it should', { nightly: 'on' }, { nightly: 'off' }, {}],
    ['runs on both colors', { nightly: 'on' }, { nightly: 'on' }, { nightly: 'both' }],
    ['runs on the other color', { nightly: 'off' }, { nightly: 'on' }, { nightly: 'elsewhere' }],
    ['runs on the other color, unknown here', {}, { nightly: 'on' }, { nightly: 'elsewhere' }],
    ['runs nowhere', { nightly: 'off' }, { nightly: 'off' }, { nightly: 'nowhere' }],
    ['comes with the other release', {}, { nightly: 'off' }, {}],
    ['is not told by the other color', { nightly: 'on' }, undefined, {}],
    ['is told by nobody', undefined, undefined, {}],
    [
      'is judged job by job',
      { a: 'on', b: 'on', c: 'off' },
      { a: 'off', b: 'on' },
      { b: 'both', c: 'nowhere' },
    ],
  ];
  for (const [what, blue, green, found] of cases) {
    void test(`${what}: ${Object.keys(found).length === 0 ? 'nothing' : JSON.stringify(found)}`, () => {
      assert.deepEqual(Object.fromEntries(misplaced(told(blue, green), 'blue')), found);
      assert.deepEqual(Object.fromEntries(misplaced(told(green, blue), 'green')), found);
    });
  }

  void test('runs in a region of each color: on both', () => {
    const region = (state: Schedule['state']) => ({ schedules: [{ name: 'nightly', state }] });
    const all = { blue: [region('on'), region('off')], green: [region('off'), region('on')] };
    assert.equal(misplaced(all, 'blue').get('nightly'), 'both');
  });

  void test('of a color that did not answer is not guessed', () => {
    assert.equal(misplaced({ ...told({ nightly: 'on' }, {}), green: null }, 'blue').size, 0);
    assert.equal(
      misplaced({ ...told({ nightly: 'off' }, {}), green: null }, 'blue').get('nightly'),
      'nowhere',
    );
  });

  void test('is lost where `to` tells its schedules and does not know it', () => {
    assert.deepEqual(lostBy(told({ nightly: 'on', old: 'off' }, { hourly: 'off' }), 'blue', 'green'), [
      'nightly',
    ]);
    assert.deepEqual(lostBy(told({ nightly: 'on' }, undefined), 'blue', 'green'), []);
    assert.deepEqual(lostBy(told({ nightly: 'on' }, { nightly: 'off' }), 'blue', 'green'), []);
  });

  void test('is not said to be where nobody answered', () => {
    const [off, on] = [told({ nightly: 'off' }, {}).blue, told({ nightly: 'on' }, {}).blue];
    const said = 'scheduled work of blue runs elsewhere: nightly';
    assert.equal(
      misplacedSaid({ blue: off, green: null }, 'blue'),
      `${said} not on blue, and green did not answer`,
    );
    assert.equal(
      misplacedSaid({ blue: null, green: on }, 'blue'),
      `${said} on green, and blue did not answer`,
    );
  });

  void test('of which there are hundreds is told by the first of them', () => {
    const all = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [
        `job-${String(at).padStart(3, '0')}-${'x'.repeat(5000)}`,
        'on' as const,
      ]),
    );
    const said = misplacedSaid(told(all, all), 'green') ?? '';
    assert.match(
      said,
      /^scheduled work of green runs elsewhere: job-000-x{52}, job-001-.* and 292 more on both colors$/,
    );
    assert.ok(said.length < 700, `${said.length} characters`);
  });

  void test('is told in one sentence', () => {
    const away = told({ a: 'on', b: 'off', c: 'on' }, { a: 'on', b: 'off', c: 'off' });
    assert.equal(
      misplacedSaid(away, 'green'),
      'scheduled work of green runs elsewhere: a on both colors; c on blue alone; b on neither color',
    );
    assert.equal(misplacedSaid(told({ a: 'off' }, { a: 'on' }), 'green'), null);
  });
});
