/** What preflight says of telemetry that it read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lacksFields, telemetryFindings } from '../../../src/activities/inspect/telemetry.ts';
import { gatesThatNeed } from '../../../src/domain/gate.ts';

const MINUTE_MS = 60_000;
const from = { use: 'duckdb', lagMs: 0, knowsUsers: true };
const counts = (over: object) => ({
  fromMs: 0,
  toMs: 15 * MINUTE_MS,
  freshestMs: 15 * MINUTE_MS,
  slices: [],
  flipBacks: 0,
  foreignCacheLookups: 0,
  ...over,
});
const codes = (over: object): string[] => telemetryFindings(counts(over), from).map(({ code }) => code);

void describe('preflight and telemetry', () => {
  void it('has nothing to say of lines that are whole and fresh', () => {
    assert.deepEqual(codes({}), []);
    assert.deepEqual(codes({ freshestMs: 14 * MINUTE_MS + 1 }), []);
  });

  void it('is stopped by lines of which none is a request line', () => {
    const unread = { lines: 10, broken: 0, foreign: 10, reasons: { 'no request line': 10 } };
    const [finding] = telemetryFindings(counts({ freshestMs: null, unread }), from);
    assert.equal(finding?.severity, 'blocking');
    assert.match(finding?.message ?? '', /10 lines read, none is a request line/);
  });

  void it('is stopped by broken lines and by lost ones: the gates would not pass', () => {
    assert.deepEqual(codes({ lost: 3 }), ['telemetry-unreadable']);
    const unread = { lines: 4900, broken: 60, foreign: 0, reasons: { 'no readable ts': 60 } };
    assert.deepEqual(codes({ unread }), ['telemetry-unreadable']);
  });

  void it('warns of a source without a line, and of one that is later than it says', () => {
    assert.deepEqual(codes({ freshestMs: null }), ['telemetry-empty']);
    const [late] = telemetryFindings(counts({ freshestMs: 10 * MINUTE_MS }), { ...from, lagMs: MINUTE_MS });
    assert.equal(late?.code, 'telemetry-late');
    assert.match(late.fix, /lag: 6m/);
  });

  void it('warns of a source that knows no users, and names the gates that this costs', () => {
    const counted = { use: 'prometheus', lagMs: 0, knowsUsers: false };
    const [blind, ...others] = telemetryFindings(counts({}), counted);
    assert.deepEqual([blind?.code, blind?.severity, others], ['telemetry-without-users', 'warning', []]);
    assert.match(blind?.message ?? '', /^telemetry prometheus counts requests and not users/);
    for (const gate of gatesThatNeed('lines')) assert.ok(blind?.message.includes(gate), gate);
    assert.deepEqual(
      telemetryFindings(counts({ freshestMs: null }), counted).map(({ code }) => code),
      ['telemetry-empty', 'telemetry-without-users'],
    );
  });

  void it('names the gates that lines of this source cannot answer', () => {
    const [finding] = lacksFields(
      { blind: { cache: 'Logs of format alb do not tell cache lookups.' } },
      'duckdb',
    );
    assert.equal(finding?.code, 'telemetry-lacks-fields');
    assert.match(finding.message, /cannot answer cache, .*alb/);
    assert.deepEqual(lacksFields({}, 'duckdb'), []);
  });
});
