/**
 * What must hold after every switch, however it was hit: the ledger is whole, the edge says what the outcome says, every effect
 * happened once, and the history replays.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import type { Stack } from '../../examples/docs-rag/stack.ts';
import { checkLedger, type Check, type SwitchOutcome } from '../../examples/docs-rag/traffic/check.ts';
import type { SwitchHandle } from '../../src/client/start.ts';
import { otherColor, type Color } from '../../src/domain/color.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { installRuntime } from '../../src/telemetry.ts';
import { cachedBundle } from '../support/bundle.ts';
import type { Answered } from './proxy.ts';

export interface LedgerSlice {
  readonly dir: string;
  readonly stack: Stack;
  /** Bytes of the ledger that belong to switches before this one. */
  readonly offset: number;
  readonly from: Color;
  readonly outcome: SwitchOutcome;
}

/** Checked on this switch's own part of the ledger: the rest went another way. */
const OF_SLICE = new Set(['answered', 'color-monotone']);

/**
 * The stack's own check knows one switch; several went over this one. Who moved where is judged by this switch's lines alone,
 * what was written by all of them.
 */
export async function checkSlice({ dir, stack, offset, from, outcome }: LedgerSlice): Promise<Check[]> {
  const whole = await stack.ledgerCheck(outcome);
  const bytes = readFileSync(stack.ledger);
  const meta = bytes.subarray(0, bytes.indexOf('\n') + 1);
  const ledgerFile = join(dir, 'ledger-slice.ndjson');
  writeFileSync(ledgerFile, offset === 0 ? bytes : Buffer.concat([meta, bytes.subarray(offset)]));
  const storeDump = join(dir, 'stack', 'store-dump.json');
  const to = otherColor(from);
  const slice = checkLedger({ ledgerFile, storeDump, edgeLogs: [], from, to, outcome });
  return [
    ...slice.checks.filter((one) => OF_SLICE.has(one.name)),
    ...whole.checks.filter((one) => !OF_SLICE.has(one.name)),
  ];
}

export function assertLedger(checks: readonly Check[]): void {
  const bad = checks.filter((one) => !one.ok).map((one) => `${one.name}: ${one.detail}`);
  assert.deepEqual(bad, [], 'the ledger is whole');
}

export function assertEdge(config: EdgeConfig, from: Color, outcome: SwitchOutcome): void {
  const to = otherColor(from);
  const serving = outcome === 'completed' ? to : from;
  const { weightPercent, producer, writes, freezeUntilMs } = config;
  assert.deepEqual(
    { from: config.from, to: config.to, weightPercent, producer, writes, freezeUntilMs },
    {
      from,
      to,
      weightPercent: serving === to ? 100 : 0,
      producer: serving,
      writes: { [serving]: 'open', [otherColor(serving)]: 'read-only' },
      freezeUntilMs: null,
    },
    'the edge says what the outcome says',
  );
}

/** Every generation from `first` on was written by one step, and every step wrote one generation. */
export function assertOnce(writes: readonly Answered[], first: number, last: number): void {
  const won = writes.filter((one) => one.method === 'PUT' && one.status === 200);
  const writerOf = new Map<number, string>();
  const generationOf = new Map<string, number>();
  for (const { generation, writer } of won) {
    const before = writerOf.get(generation);
    assert.ok(before === undefined || before === writer, `generation ${generation}: ${before} and ${writer}`);
    const earlier = generationOf.get(writer);
    assert.ok(
      earlier === undefined || earlier === generation,
      `${writer} wrote generations ${earlier} and ${generation}`,
    );
    writerOf.set(generation, writer);
    generationOf.set(writer, generation);
  }
  const expected = Array.from({ length: last - first }, (_, i) => first + 1 + i);
  assert.deepEqual(
    [...writerOf.keys()].toSorted((a, b) => a - b),
    expected,
    'generations without a gap',
  );
}

/**
 * How attempts were given up: a dead worker must be missed by its silence (`HEARTBEAT`), not by the end of an activity's patience.
 */
export async function timeoutsOf(handle: SwitchHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const timeout = event.activityTaskStartedEventAttributes?.lastFailure?.timeoutFailureInfo;
    return timeout === null || timeout === undefined
      ? []
      : [Number(timeout.timeoutType) === SILENCE ? 'silence' : 'patience'];
  });
}

/** `TIMEOUT_TYPE_HEARTBEAT`. */
const SILENCE = 4;

/** No workflow task failed, but for a message at the last moment or an operator's reset, and the history replays to its end. */
export async function assertHistory(handle: SwitchHandle): Promise<number> {
  const history = await handle.fetchHistory();
  const events = history.events ?? [];
  const failures = events
    .map((event) => event.workflowTaskFailedEventAttributes)
    .filter((failed) => failed !== null && failed !== undefined)
    .filter((failed) => Number(failed.cause) !== UNHANDLED_COMMAND && Number(failed.cause) !== RESET_WORKFLOW)
    .map((failed) => `${String(failed.cause)}: ${failed.failure?.message ?? ''}`);
  assert.deepEqual(failures, [], 'no workflow task failed');
  // A replayer gives every history one run id, and a run that was reset knows itself by its own: only the server can replay it.
  const wasReset = events.some(
    ({ workflowTaskFailedEventAttributes: failed }) => Number(failed?.cause) === RESET_WORKFLOW,
  );
  if (wasReset) return events.length;
  installRuntime('ERROR');
  const workflowBundle = { codePath: await cachedBundle() };
  await Worker.runReplayHistory({ workflowBundle }, history, handle.workflowId);
  return events.length;
}

const UNHANDLED_COMMAND = 1;
/** How a reset shows in the history of the run that it began. */
const RESET_WORKFLOW = 20;
