/**
 * The loop behind `status --watch`: reads, paints, until the switch has ended.
 * Invariant: events are queried only after the state changed, so an idle switch costs one query an interval; the cursor is
 * shown again however the loop ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { endingOfRun, readEvents, readStatus, type SwitchStatus } from '../client/index.ts';
import { RefusedError } from '../domain/errors.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Outcome } from '../domain/state.ts';
import type { Output } from './output.ts';
import { watchLines, type View } from './render/watch.ts';
import type { Context } from './spec.ts';

export interface WatchOptions {
  readonly client: Client;
  readonly service: string;
  readonly runId: string | undefined;
  readonly everyMs: number;
}

/** Everything the view needs, read once; `last` saves reading what did not change. */
export async function readView(
  client: Client,
  service: string,
  runId: string | undefined,
  last: View | null = null,
): Promise<View> {
  const status = await readStatus(client, service, runId);
  const isOver = status.execution !== 'RUNNING';
  const ended = isOver ? await endingOfRun(client, service, status.runId) : null;
  const same = last !== null && changeKey(last.status) === changeKey(status);
  const events = same ? last.events : await eventsOf(client, service, status);
  return { service, status, events, outcome: ended?.outcome ?? status.state?.outcome ?? null };
}

async function eventsOf(
  client: Client,
  service: string,
  status: SwitchStatus,
): Promise<readonly SwitchEvent[]> {
  if (status.state === null) return [];
  try {
    return await readEvents(client, service, status.runId);
  } catch (error) {
    // The worker went away between two queries; the next look tells.
    if (error instanceof RefusedError) return [];
    throw error;
  }
}

/** Paints until the switch has ended; returns its outcome. */
export async function watch({ out, signal }: Context, options: WatchOptions): Promise<Outcome | null> {
  const { client, service, runId, everyMs } = options;
  let view: View | null = null;
  const show = painter(out);
  try {
    for (;;) {
      // Follow one run: a new switch of the same service is another story.
      view = await readView(client, service, runId ?? view?.status.runId, view);
      show(view);
      if (view.status.execution !== 'RUNNING') return view.outcome;
      await sleep(everyMs, undefined, { signal });
    }
  } finally {
    if (out.live) out.raw('\u001b[?25h');
  }
}

function painter(out: Output): (view: View) => void {
  let before = '';
  if (out.live) out.raw('\u001b[?25l\u001b[2J');
  return (view) => {
    const { width, height, paint } = out;
    if (out.live) {
      const lines = watchLines(view, { width, height, paint, nowMs: Date.now() });
      // Home, each line with what is right of it erased, then everything below: no blank frame in between.
      out.raw(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\n')}\n\u001b[J`);
      return;
    }
    const key = changeKey(view.status);
    if (key === before) return;
    before = key;
    if (out.json) {
      out.record({ service: view.service, ...view.status, outcome: view.outcome });
      return;
    }
    for (const line of watchLines(view, { width, height: 200, paint, nowMs: Date.now() })) out.line(line);
    out.line('─'.repeat(Math.min(width, 80)));
  };
}

/** Equal for two statuses that differ in nothing but time. */
function changeKey({ execution, state, live, trouble, taskTrouble, runId }: SwitchStatus): string {
  const failing = trouble.map(({ activity, failure }) => [activity, failure]);
  return JSON.stringify([
    runId,
    execution,
    state,
    live?.look.index,
    live?.gates,
    failing,
    taskTrouble?.failure,
  ]);
}
