/**
 * Hits: what is done to a running switch, and when. A hit is an action at a moment; `strike` performs them one after the other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sendCommand } from '../../src/client/command.ts';
import type { SwitchEvent } from '../../src/domain/event.ts';
import type { CrashWorld } from './harness.ts';
import type { MomentName, Prepared, Running } from './moments.ts';

/** A switch that stands still for good must not keep the suite; a busy machine may. */
export const END_MS = 300_000;

/** What is done in the middle of a moment; it must call `letGo`, now or later, which ends what the moment held. */
export type Action = (world: CrashWorld, run: Running, letGo: () => void) => Promise<void>;

export interface Hit {
  readonly moment: MomentName;
  readonly action: Action;
}

export function at(moment: MomentName, action: Action): Hit {
  return { moment, action };
}

export const killWorker: Action = async ({ workers }, _run, letGo) => {
  await workers.killAll();
  letGo();
  await sleep(500);
  await workers.start();
};

export const killServer: Action = async ({ temporal }, _run, letGo) => {
  await temporal.kill();
  letGo();
  await sleep(1000);
  await temporal.restart();
};

export interface HitRecord {
  readonly moment: MomentName;
  readonly atMs: number;
  /** When the killed process was there again. */
  readonly overMs: number;
  /** Until the switch's next event. */
  readonly standstillMs: number;
}

export async function strike(
  world: CrashWorld,
  run: Running,
  hits: readonly { moment: Prepared; name: MomentName; action: Action }[],
): Promise<Omit<HitRecord, 'standstillMs'>[]> {
  const struck: Omit<HitRecord, 'standstillMs'>[] = [];
  for (const { moment, name, action } of hits) {
    if (name === 'retire') await approve(run);
    await moment.reach(run);
    const atMs = Date.now();
    await action(world, run, () => moment.letGo());
    struck.push({ moment: name, atMs, overMs: Date.now() });
  }
  return struck;
}

/** Approves decommission as soon as it is asked for; a switch that is on its way back asks no more. */
export async function approve({ handle, watcher }: Running): Promise<void> {
  const asked = () => watcher.saw('waiting', (e) => 'wait' in e && e.wait.kind === 'approval');
  await watcher.until(
    'approval or end',
    () => asked() || watcher.closed || watcher.saw('rollback-started'),
    END_MS,
  );
  if (!asked() || watcher.saw('rollback-started') || watcher.saw('stage-entered', isLast)) return;
  await sendCommand(handle, 'approve', { by: 'crash-suite', reason: 'green all along' }).catch(
    () => undefined,
  );
}

const isLast = (event: SwitchEvent): boolean =>
  event.type === 'stage-entered' && event.stage === 'decommission';

export function nextEventMs(events: readonly SwitchEvent[], atMs: number): number {
  return events.find((event) => event.atMs > atMs)?.atMs ?? Number.POSITIVE_INFINITY;
}
