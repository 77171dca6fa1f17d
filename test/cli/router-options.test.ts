/** What `cutover router` is told: what contradicts itself is solved or refused, and no secret is said back. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { routerOptions, type RouterOptions } from '../../src/cli/router-options.ts';

type Values = Parameters<typeof routerOptions>[0]['values'];

function told(values: Values, env: NodeJS.ProcessEnv = {}): RouterOptions {
  return routerOptions({
    values: { config: 'edge.json', service: 'docs', blue: 'http://b', green: 'http://g', ...values },
    env: { ADMIN_TOKEN: 'token', ...env },
  });
}

void it('the time for headers is never longer than that for the whole request', () => {
  assert.equal(told({ 'request-timeout': '10s' }).limits.headersMs, 10_000);
  assert.equal(told({ 'request-timeout': '0s' }).limits.headersMs, 20_000);
  assert.equal(told({}).limits.headersMs, 20_000);
});

void it('a time of nothing is refused where it would mean for ever', () => {
  for (const name of ['keep-alive', 'origin-idle', 'headers-timeout']) {
    assert.throws(() => told({ [name]: '0s' }), new RegExp(`--${name} must be longer than 0`));
  }
});

void it('an empty variable is one that is not set', () => {
  const empty = { ORIGIN_TIMEOUT_MS: '', MAX_STALE_MS: ' ', CONFIG_TTL_MS: '', SOCKET_GRACE_MS: '' };
  assert.deepEqual(told({}, empty).told, told({}).told);
  assert.throws(() => told({}, { MAX_STALE_MS: '1m' }), /MAX_STALE_MS/);
});

void it('credentials in an address are refused, and not said back', () => {
  const cases: readonly Values[] = [
    { blue: 'http://user:hunter2@b' },
    { blue: 'http://:hunter2@b' },
    { green: 'http://user:hunter2@b c' },
    { log: ['https://user:hunter2@logs'] },
    { log: ['otlp:https://user:hunter2@logs/v1/logs'] },
  ];
  for (const values of cases) {
    assert.throws(
      () => told(values),
      (error) => error instanceof UserError && !`${error.message} ${error.hint}`.includes('hunter2'),
      JSON.stringify(values),
    );
  }
  assert.throws(() => told({}, { ADMIN_TOKEN: '' }), /ADMIN_TOKEN is not set/);
});
