/**
 * What stands around a color, by a plan: the config store, the router that must follow a pin, and telemetry that must show the request.
 * Invariant: the store is read, and what a write needs is tried without one; the one request through the edge is signed as our own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../domain/duration.ts';
import { ProviderError, UserError } from '../../domain/errors.ts';
import { portRefs, type Plan } from '../../domain/plan.ts';
import { redact } from '../../domain/redact.ts';
import { pinFault, pinHeaders } from '../../edge/pinned.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { askEntries, PIN_FIX } from '../../probes/pinned-entries.ts';
import { closePorts, openPort } from '../../providers/open.ts';
import { scopeOf } from '../../providers/service-env.ts';
import { READS } from '../provider-reads.ts';
import type { Checked } from './checked.ts';
import { asProbe, CELL, senderOf, type Target } from './contract.ts';

/** Beyond the lag that a source says of itself: a buffer is written, a file is found. */
const LINE_PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 1000;

export async function* aroundChecks(target: Target, plan: Plan): AsyncGenerator<Checked> {
  const scope = scopeOf(plan, target.env);
  try {
    yield await guarded('store', () => storeCheck(plan, scope, target));
    const pinned = await guarded('pin', () => pinCheck(scope, target));
    yield pinned;
    if (pinned.state === 'ok') yield await guarded('telemetry', () => lineCheck(plan, scope, target));
  } finally {
    await closePorts(scope);
  }
}

async function guarded(name: string, ask: () => Promise<Checked>): Promise<Checked> {
  try {
    return await ask();
  } catch (cause) {
    if (!(cause instanceof ProviderError || cause instanceof UserError)) throw cause;
    const hint = cause instanceof UserError ? cause.hint : undefined;
    const todo = hint ?? 'make it reachable, or correct the plan or the environment';
    return { name, state: 'wrong', detail: redact(cause.message), todo };
  }
}

async function storeCheck(plan: Plan, scope: ProviderScope, { signal }: Target): Promise<Checked> {
  const refs = portRefs(plan.providers);
  const store = await openPort('store', refs.store, scope, refs);
  const detail = `${refs.store.use} ${await READS.store(store, plan, signal)}`;
  return { name: 'store', state: 'ok', detail, todo: null };
}

async function pinCheck(scope: ProviderScope, { color, signal }: Target): Promise<Checked> {
  const asked = await askEntries(scope, color, signal);
  const refused = asked.filter(({ fault }) => fault !== null);
  const name = 'pin';
  if (refused.length === 0) {
    const detail = `followed through ${asked.map(({ region }) => region).join(', ')}`;
    return { name, state: 'ok', detail, todo: null };
  }
  const detail = refused.map(({ region, fault }) => `in ${region}: ${fault ?? ''}`).join('; ');
  const todo = [...new Set(refused.map(({ fix }) => fix ?? PIN_FIX))].join('; ');
  return { name, state: 'wrong', detail, todo };
}

async function lineCheck(plan: Plan, scope: ProviderScope, target: Target): Promise<Checked> {
  const { color, question, signal } = target;
  const telemetry = await openPort('telemetry', plan.providers.telemetry, scope);
  const { use } = plan.providers.telemetry;
  const sentMs = Date.now();
  const sender = senderOf(target, scope.entry[0]?.url ?? '', {
    pin: (to) => pinHeaders(scope, to, 'probe'),
    pinFault,
  });
  await sender.send(asProbe(question), CELL, color, signal);
  const untilMs = Date.now() + (telemetry.lagMs ?? 0) + LINE_PATIENCE_MS;
  const name = 'telemetry';
  for (;;) {
    const toMs = Date.now() + 1000;
    const window = { service: plan.service, fromMs: sentMs - 1000, toMs, regions: [] };
    const { freshestMs } = await telemetry.window(window, signal);
    if (freshestMs !== null && freshestMs >= sentMs - 1000) {
      const detail = `${use} has lines as new as our request, ${formatDuration(Date.now() - sentMs)} after it`;
      return { name, state: 'ok', detail, todo: null };
    }
    if (Date.now() > untilMs) {
      const detail = `${use} had no line as new as our request within ${formatDuration(Date.now() - sentMs)}`;
      const todo =
        'look where the edge writes and what telemetry reads; a log that comes late needs `lag` (docs/telemetry.md)';
      return { name, state: 'undecided', detail, todo };
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}
