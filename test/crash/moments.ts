/**
 * The moments at which a switch is hit, each recognised by what really goes on: a call that a proxy holds in flight, an activity
 * that is on a worker, or an event of the switch. `reach` resolves in the middle of the moment; `letGo` ends what it held.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Color } from '../../src/domain/color.ts';
import { sendCommand } from '../../src/client/command.ts';
import type { SwitchHandle } from '../../src/client/start.ts';
import type { HoldSpec, Proxy } from './proxy.ts';
import type { Watcher } from './watcher.ts';

export interface Running {
  readonly handle: SwitchHandle;
  readonly watcher: Watcher;
  readonly edge: Proxy;
  readonly colors: Readonly<Record<Color, Proxy>>;
  readonly from: Color;
}

/** Prepared before the switch starts, so that no moment can slip by. */
export interface Prepared {
  reach(run: Running): Promise<void>;
  letGo(): void;
}

export type Moment = (proxies: Pick<Running, 'edge' | 'colors' | 'from'>) => Prepared;

const REACH_MS = 120_000;

/** Holds the first edge write of a step. */
function inWrite(
  step: RegExp,
  at: HoldSpec['at'],
  { before, late = false }: { before?: (run: Running) => Promise<void>; late?: boolean } = {},
): Moment {
  return ({ edge }) => {
    const hold = edge.hold({ at, late, matches: (call) => call.method === 'PUT' && step.test(call.writer) });
    return {
      async reach(run) {
        await before?.(run);
        const arrived = hold.arrived.then(() => true);
        let isHeld = false;
        void arrived.then(() => (isHeld = true));
        await run.watcher.until(`edge write ${step.source}`, () => isHeld, REACH_MS);
      },
      letGo: () => hold.release(),
    };
  };
}

/** Waits until an attempt of an activity is under way, and a little into it. */
function inActivity(
  name: string,
  options: { stage?: string; beats?: boolean; afterMs?: number } = {},
): Moment {
  return () => ({
    async reach({ watcher }) {
      const { stage, beats = false, afterMs = 0 } = options;
      const inStage = () =>
        stage === undefined || watcher.saw('stage-entered', (e) => 'stage' in e && e.stage === stage);
      const isOn = () => watcher.pending.some((one) => one.name === name && (!beats || one.beats));
      await watcher.until(`${name} in ${stage ?? 'any stage'}`, () => inStage() && isOn(), REACH_MS);
      await sleep(afterMs);
    },
    letGo: () => undefined,
  });
}

/** Some time into a hold, whether a look is under way or not. */
function inHold(step: RegExp, afterMs: number): Moment {
  return () => ({
    async reach({ watcher }) {
      const began = () => watcher.saw('hold-started', (e) => 'step' in e && step.test(e.step));
      await watcher.until(`hold ${step.source}`, began, REACH_MS);
      await sleep(afterMs);
    },
    letGo: () => undefined,
  });
}

async function askRollback({ handle, watcher }: Running): Promise<void> {
  const began = () => watcher.saw('hold-started', (e) => 'step' in e && e.step === 'hold');
  await watcher.until('the peak hold', began, REACH_MS);
  await sendCommand(handle, 'rollback', { by: 'crash-suite', reason: 'to be hit in the middle of it' });
}

export const MOMENTS = {
  preflight: ({ edge }) => {
    const hold = edge.hold({ at: 'reply', matches: (call) => call.method === 'GET' });
    return {
      async reach({ watcher }) {
        let isHeld = false;
        void hold.arrived.then(() => (isHeld = true));
        await watcher.until('preflight', () => isHeld, REACH_MS);
      },
      letGo: () => hold.release(),
    };
  },
  'shadow grid': inActivity('watchGates', { stage: 'shadow', beats: true, afterMs: 300 }),
  'canary write, before': inWrite(/\/canary$/, 'request'),
  /** Delivered in any case, when it is let go. */
  'canary write, late': inWrite(/\/canary$/, 'request', { late: true }),
  'canary write, after': inWrite(/\/canary$/, 'reply'),
  'canary hold': inHold(/^canary/, 700),
  'ramp write, late': inWrite(/\/ramp-50$/, 'request', { late: true }),
  'ramp write, before': inWrite(/\/ramp-50$/, 'request'),
  'ramp write, after': inWrite(/\/ramp-50$/, 'reply'),
  drain: inActivity('drainQueue', { beats: true, afterMs: 200 }),
  'flip, before': inWrite(/\/flip-\d+$/, 'request'),
  'flip, after': inWrite(/\/flip-\d+$/, 'reply'),
  fence: inActivity('guardFence', { beats: true }),
  'caches, before': inWrite(/\/caches-\d+\/purge$/, 'request'),
  'caches, after': inWrite(/\/caches-\d+\/purge$/, 'reply'),
  'peak hold': inHold(/^hold$/, 700),
  'rollback write, before': inWrite(/\/rollback$/, 'request', { before: askRollback }),
  'rollback write, after': inWrite(/\/rollback$/, 'reply', { before: askRollback }),
  'waiting for approval': () => ({
    async reach({ watcher }) {
      const asked = () => watcher.saw('waiting', (e) => 'wait' in e && e.wait.kind === 'approval');
      await watcher.until('the wait for approval', asked, REACH_MS);
    },
    letGo: () => undefined,
  }),
  retire: ({ colors, from }) => {
    const hold = colors[from].hold({ at: 'reply', matches: (call) => call.path.endsWith('/retire') });
    return {
      async reach({ watcher }) {
        let isHeld = false;
        void hold.arrived.then(() => (isHeld = true));
        await watcher.until('the retirement', () => isHeld, REACH_MS);
      },
      letGo: () => hold.release(),
    };
  },
} satisfies Record<string, Moment>;

export type MomentName = keyof typeof MOMENTS;
