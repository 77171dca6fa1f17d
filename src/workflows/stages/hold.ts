/** One unbroken green peak hour with everybody on `to`. Any red restarts the clock or rolls back, as the plan says. */
import { formatDuration } from '../../domain/duration.ts';
import { reads } from '../activities.ts';
import { unseen } from '../failure.ts';
import { hold, type HoldResult } from '../holds.ts';
import { RollbackCause } from '../rollback-cause.ts';
import type { SwitchRun } from '../run.ts';
import { question, wait } from '../waits.ts';

const HOUR_MS = 3_600_000;

/** A peak with less than this share of its usual requests was none. */
const STILL_PEAK = 0.5;

/** A hold that begins this long after the start of its peak has missed it. */
const MISSED_MS = 5 * 60_000;

interface Peak {
  readonly why: string;
  readonly expected: number | null;
}

export async function peakHold(run: SwitchRun): Promise<string> {
  for (let restarts = 0; ; restarts += 1) {
    const { forMs, looks, onRed, restarts: allowed } = run.plan.hold;
    try {
      let peak: Peak = { why: 'any hour', expected: null };
      const begin = async (): Promise<void> => {
        peak = run.plan.hold.peak === null ? { why: 'any hour', expected: null } : await untilPeak(run);
      };
      const held = await hold(run, { step: 'hold', gates: 'hold', forMs, looks, begin });
      return `${greenFor(held)} (${loadOf(held, peak, forMs)}), ${restarts} restart(s)`;
    } catch (cause) {
      const isRed = cause instanceof RollbackCause && cause.trigger === 'gate';
      if (!isRed || onRed === 'rollback' || restarts >= allowed) throw cause;
      run.emit({
        type: 'note',
        text: `red: ${cause.message}; the clock starts anew (${restarts + 1} of ${allowed})`,
      });
    }
  }
}

/** What was really held, and no more than that. */
function greenFor({ how, forMs, verdict }: HoldResult): string {
  if (how === 'overridden') return 'not held to its end: overridden';
  if (how !== 'passed' || verdict !== 'pass') return `${verdict} after ${formatDuration(forMs)}, ${how}`;
  return forMs === HOUR_MS ? 'one whole green hour' : `green for ${formatDuration(forMs)}`;
}

function loadOf({ requests, forMs }: HoldResult, { why, expected }: Peak, wholeMs: number): string {
  if (requests === null) return `${why}; how many requests it had is not known`;
  const wasNone = expected !== null && requests < (STILL_PEAK * expected * forMs) / wholeMs;
  return `${why}; it had ${requests} requests${wasNone ? ': no peak' : ''}`;
}

async function untilPeak(run: SwitchRun): Promise<Peak> {
  const { peak, forMs, noPeak } = run.plan.hold;
  for (;;) {
    const notBeforeMs = Date.now();
    const window = await reads
      .peakWindow({ targets: run.targets, peak, forMs, notBeforeMs })
      .catch((cause: unknown) => ({ known: false as const, why: unseen(cause) }));
    if (!window.known) return withoutPeak(run, window.why, noPeak);
    const afterMs = window.startMs - Date.now();
    if (afterMs <= 0) return window;
    const what = `the peak hour at ${new Date(window.startMs).toISOString()} (${window.why})`;
    await wait(run, { kind: 'peak', what }, () => false, { afterMs, then: 'proceed' });
    // A pause on the way makes the wait longer; the peak does not wait for it.
    if (Date.now() - window.startMs < MISSED_MS) return window;
    run.emit({ type: 'note', text: `${what} has passed in a pause: the next one is waited for` });
  }
}

async function withoutPeak(run: SwitchRun, why: string, then: 'ask' | 'any-hour'): Promise<Peak> {
  if (then === 'ask') {
    await question(
      run,
      `when peak is cannot be told: ${why}. Approve to hold at any hour`,
      run.plan.onInconclusive.deadline,
    );
  }
  run.emit({ type: 'note', text: `held at any hour: ${why}` });
  return { why: 'any hour', expected: null };
}
