import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN_RULE, isServerError, statusClass } from '../../../src/domain/clusters/index.ts';
import { userStatusClass } from '../../../src/domain/clusters/server-error.ts';
import { count, line, total, userOf, wholeOf } from './lines.ts';

test('the built-in rule leaves out what clients ask and do', () => {
  const ofServer = [
    'headers:http_5xx:503',
    'connect:refused',
    'tls:certificate',
    'body:truncated',
    'clients:x',
  ];
  const ofClient = ['headers:http_4xx:429', 'headers:http_4xx', 'client:closed', 'client'];
  assert.deepEqual(
    ofServer.filter((name) => !isServerError(name, BUILT_IN_RULE)),
    [],
  );
  assert.deepEqual(
    ofClient.filter((name) => isServerError(name, BUILT_IN_RULE)),
    [],
  );
});

test('a user is answered below 400, and where a write is refused as it should be', () => {
  const asked = [
    [204, null],
    [302, null],
    [409, 'late'],
    [503, 'frozen'],
    [409, 'shadow'],
    [503, null],
  ] as const;
  assert.deepEqual(
    asked.map(([status, write]) => userStatusClass(status, write)),
    [null, null, null, null, statusClass(409), statusClass(503)],
  );
});

test('a plan names statuses and classes; a class is what is below it, and `not` wins', () => {
  const rule = { also: [429, 'client:timeout', 'headers:http_4xx'], not: [501, 404, 'body'] };
  const is = (name: string): boolean => isServerError(name, rule);
  assert.deepEqual(
    ['headers:http_4xx:429', 'headers:http_4xx:418', 'client:timeout', 'client:timeout:read'].map(is),
    [true, true, true, true],
  );
  assert.deepEqual(
    [statusClass(501), statusClass(404), 'body:truncated', 'client:timeouts', 'client:closed'].map(is),
    [false, false, false, false, false],
  );
  assert.ok(is('bodyguard:failed') && is(statusClass(502)));
});

test('a failure is counted, told apart from repeats and named by the rule of the terms', () => {
  const limited = { ok: false, error: statusClass(429) } as const;
  const lines = [
    line(0, limited),
    line(1, limited),
    line(2, { ...limited, user: userOf(2) }),
    line(3, { ok: false, error: statusClass(501), user: userOf(3) }),
  ];
  const sumsBy = (serverErrors: typeof BUILT_IN_RULE) => {
    const sums = count(lines, { serverErrors });
    const { trials, events } = wholeOf(sums).errors.arms.to;
    return [total(trials.byBin), total(events.byBin), ...sums.novelty.classes.map(({ name }) => name)];
  };
  assert.deepEqual(sumsBy(BUILT_IN_RULE), [4, 1, statusClass(501)]);
  assert.deepEqual(sumsBy({ also: [429], not: [501] }), [3, 2, statusClass(429)]);
});
