/** Error rate: users and moments, server errors only, and outages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CountedLine } from '../../../src/domain/clusters/index.ts';
import { check } from './cases.ts';
import { client, everySo, FAILED } from './days.ts';
import { hour, judged, look, midway, stale, traffic, USUAL, withSlices, type Counted } from './kit.ts';

const rates = (from: number, to: number, requests = 5000, counted: Counted = {}) =>
  hour(
    'error-rate',
    [
      traffic('blue', { requests: 5000, errors: { [USUAL]: from } }),
      traffic('green', { requests, errors: { [USUAL]: to } }),
    ],
    counted,
  );
/** Both colors fail in one of two hundred requests, and green's change beside it. */
const changed = (change: (line: CountedLine, minute: number) => boolean, counted: Counted = {}) =>
  rates(25, 25, 5000, {
    ...counted,
    change: (line, minute) => (line.color === 'green' && change(line, minute) ? FAILED : {}),
  });
const LIMITED = { ok: false, error: 'headers:http_4xx:429' };
const UNKNOWN_METHOD = { ok: false, error: 'headers:http_5xx:501' };
/** From 0 to 1, spread evenly over requests. */
function shareOf({ atMs }: CountedLine): number {
  return (Math.imul(Math.floor(atMs / 720), 0x9e37_79b1) >>> 0) / 2 ** 32;
}

check('error-rate', [
  { name: 'no errors in 5,000 requests prove the floor', input: () => rates(2, 0), expect: 'pass ok' },
  {
    name: 'equal high rates prove too little at this size',
    input: () => rates(25, 25),
    expect: 'inconclusive underpowered',
  },
  {
    name: 'four times the errors fail in the middle',
    input: () => midway(rates(25, 100)),
    expect: 'fail error_rate_over_limit',
  },
  {
    name: 'a healthy middle look waits for the end',
    input: () => midway(rates(2, 0)),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'few requests are underpowered',
    input: () => rates(2, 0, 20),
    expect: 'inconclusive underpowered,too_few',
  },
  {
    name: 'a rate under the floor never fails, whatever its ratio',
    input: () =>
      withSlices('error-rate', [
        traffic('blue', { requests: 50_000, errors: { [USUAL]: 1 } }),
        traffic('green', { requests: 20_000, errors: { [USUAL]: 8 } }),
      ]),
    expect: 'pass ok',
  },
  {
    name: 'more errors than the limit, beyond chance of a PASS but not of a FAIL, object',
    input: () => rates(25, 55),
    expect: 'inconclusive error_rate_suspect',
  },
  {
    name: 'a baseline that is down is not `to`’s fault',
    input: () => rates(4000, 4500),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'no telemetry is no data',
    input: () => look('error-rate', { traffic: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'a window without users, in which our own requests are seen, is quiet and no fault of telemetry',
    input: () => withSlices('error-rate', []),
    expect: 'inconclusive underpowered,no_data_yet',
  },
  { name: 'stale telemetry is no pass', input: () => stale(rates(2, 0)), expect: 'inconclusive stale' },
  {
    name: 'before the first tick there is nothing to count',
    input: () => {
      const input = rates(2, 0);
      return { ...input, traffic: input.traffic === null ? null : { ...input.traffic, sums: null } };
    },
    expect: 'inconclusive underpowered,no_data_yet',
  },
  {
    name: 'a silent arm on which requests were due is one-sided',
    input: () => withSlices('error-rate', [traffic('blue', { requests: 9000 })]),
    expect: 'inconclusive one_sided',
  },
  {
    name: 'a silent arm at 1 % of little traffic is only underpowered',
    input: () => withSlices('error-rate', [traffic('blue', { requests: 300 })]),
    expect: 'inconclusive underpowered,no_data_yet',
  },
  {
    name: 'the weight says how many were due',
    input: () => withSlices('error-rate', [traffic('blue', { requests: 300 })], { weightPercent: 50 }),
    expect: 'inconclusive one_sided',
  },
  {
    name: 'nothing to compare with is one-sided',
    input: () => withSlices('error-rate', [traffic('green')]),
    expect: 'inconclusive one_sided',
  },
]);

check('error-rate: one client never decides', [
  {
    name: 'a client that tries again at once fails once',
    // Twenty users, each failing twenty times within a minute: twenty failures.
    input: () => rates(25, 5, 5000, { lines: client('green', 20, 20, { everyMs: 2000 }) }),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
  {
    name: 'nor does one that fails all hour long',
    input: () => rates(25, 25, 5000, { lines: client('green', 1, 30, { everyMs: 110_000 }) }),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
  {
    name: 'nor does a broken one with a hundred times the traffic of the others',
    input: () => rates(25, 25, 5000, { lines: client('green', 1, 1000, { everyMs: 3000, failsEvery: 2 }) }),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
  {
    name: 'nor do two',
    input: () => rates(25, 25, 5000, { lines: client('green', 2, 200, { everyMs: 17_000, failsEvery: 2 }) }),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
]);

check('error-rate: whose fault an error is', [
  {
    name: 'what clients ask wrongly or leave does not fail (B7)',
    input: () => rates(25, 25, 5000, { change: wrongly('green') }),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
  {
    name: 'and does not hide a fourfold rise of server errors',
    input: () =>
      hour(
        'error-rate',
        [
          traffic('blue', { errors: { [USUAL]: 25, ...ASKED_WRONGLY } }),
          traffic('green', { errors: { [USUAL]: 100, ...ASKED_WRONGLY } }),
        ],
        {},
      ),
    expect: 'fail error_rate_over_limit',
  },
  {
    name: 'a plan may say that a status counts',
    input: () =>
      rates(25, 25, 5000, {
        settings: { serverErrors: { also: [429], not: [] } },
        change: (line) => (line.color === 'green' && everySo(20)(line) ? LIMITED : {}),
      }),
    expect: 'fail error_rate_over_limit',
  },
  {
    name: 'or that one does not',
    input: () =>
      rates(25, 25, 5000, {
        settings: { serverErrors: { also: [], not: [501] } },
        change: (line) => (line.color === 'green' && everySo(20)(line) ? UNKNOWN_METHOD : {}),
      }),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
]);

check('error-rate: moments', [
  {
    name: 'a bad minute of one color is no fault',
    input: () => changed((_, minute) => minute === 30),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
  {
    name: 'a tenfold rise that lasts is one',
    input: () => changed(everySo(20)),
    expect: 'fail error_rate_over_limit',
  },
  {
    name: 'a rise that comes slowly is one',
    input: () => changed((line, minute) => shareOf(line) < minute / 600),
    expect: 'fail error_rate_over_limit',
  },
  {
    name: 'an outage both colors have is none of green',
    input: () => rates(25, 25, 5000, { change: (_, minute) => (minute >= 30 && minute < 33 ? FAILED : {}) }),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
]);

const small = (share: number, index: number) =>
  hour(
    'error-rate',
    [
      traffic('blue', { requests: 10_800, errors: {} }),
      traffic('green', { requests: 1200, users: 300, errors: {} }),
    ],
    {
      index,
      change: ({ color, atMs }) => (color === 'green' && (atMs / 1000) % 10 < 10 * share ? FAILED : {}),
    },
  );

check('error-rate: too bad to wait for', [
  { name: 'an outage fails at the first look', input: () => small(1, 1), expect: 'fail errors_outage' },
  { name: 'half of one too', input: () => small(0.5, 1), expect: 'fail errors_outage' },
  {
    name: 'a plan may leave that out',
    input: () => {
      const input = small(1, 1);
      return {
        ...input,
        settings: { ...input.settings, catastrophe: { ...input.settings.catastrophe, level: 0 } },
      };
    },
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
  {
    name: 'a tenth of it waits for a third of the hold',
    input: () => small(0.1, 1),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
  { name: 'and fails then', input: () => small(0.1, 4), expect: 'fail error_rate_over_limit' },
]);

void test('error-rate: a record says who is behind it, what stopped it and what would have stood out', () => {
  const heavy = judged(
    rates(25, 12, 5000, { lines: client('green', 3, 200, { everyMs: 17_000, failsEvery: 2 }) }),
  );
  assert.match(heavy.summary, /3 of \d+ (users|groups of users) of green are behind \d+ of its \d+ errors/);
  assert.deepEqual(heavy.clusters?.stoppedBy.includes('users'), true);
  const burst = judged(changed((_, minute) => minute === 30));
  assert.match(burst.summary, /green would have to fail at \d+\.\d+ % to stand out/);
  assert.deepEqual(burst.clusters?.stoppedBy, ['moments']);
  const failed = judged(changed(everySo(20)));
  assert.deepEqual([failed.clusters?.failedBy, failed.clusters?.stoppedBy], ['rule', []]);
  assert.ok((failed.clusters?.effect ?? 0) >= (failed.clusters?.need ?? Infinity));
  assert.deepEqual(
    [failed.clusters?.blocks, failed.clusters?.blockMs, failed.clusters?.tickMs],
    [12, 300_000, 60_000],
  );
  assert.match(failed.summary, /\d+ of \d+ users of green are behind it/);
});

const ASKED_WRONGLY = { 'headers:http_4xx:404': 250, 'client:aborted': 100 };

function wrongly(color: CountedLine['color']): NonNullable<Counted['change']> {
  return (line) =>
    line.color === color && everySo(4)(line)
      ? { ok: false, error: everySo(8)(line) ? 'headers:http_4xx:404' : 'client:aborted' }
      : {};
}
