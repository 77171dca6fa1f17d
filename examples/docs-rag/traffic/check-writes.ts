/**
 * Checks of what was written: nothing lost, nothing twice, nothing by a color that was read-only, nothing left over.
 *
 * Invariant: what a user was told is true must be in the store; what is in the store must have been asked for.
 */
import type { Color } from '../../../src/domain/color.ts';
import { verdict } from './check-facts.ts';
import type { Check, Facts } from './check-facts.ts';
import { finalAnswer, mayHaveHappened } from './ledger.ts';
import type { Operation } from './ledger.ts';

export function checkNotes({ operations, dump }: Facts): Check {
  const violations: string[] = [];
  const stored = new Map(dump.notes.map((n) => [`${n.id}@${n.revision}`, n]));
  if (stored.size !== dump.notes.length) violations.push('a note revision is stored twice');
  const asked = new Map<string, Operation>();
  for (const o of operations) {
    if (o.kind !== 'note') continue;
    const key = `${o.payload.id}@${o.payload.revision}`;
    asked.set(key, o);
    const note = stored.get(key);
    if (finalAnswer(o) !== undefined && note === undefined)
      violations.push(`${key} was acknowledged and is lost`);
    if (note !== undefined && (note.text !== o.payload.text || note.user !== o.user))
      violations.push(`${key} is stored with another text or user`);
  }
  for (const [key, note] of stored) {
    const o = asked.get(key);
    if (o === undefined) violations.push(`${key} of ${note.user} was never sent`);
    else if (!mayHaveHappened(o)) violations.push(`${key} is stored although every attempt was refused`);
  }
  return verdict('no-write-lost', asked.size, violations, `${stored.size} notes stored, all as acknowledged`);
}

/** Turns that the switch asks itself, as the demo's plan names them. */
const OF_PROBES = /^cutover-[0-9a-f]{12}-[12]$/;

export function checkDialogs({ operations, dump }: Facts): Check {
  const violations: string[] = [];
  const dialogs = new Map<string, { turn: number; key: string }[]>();
  for (const t of dump.turns) dialogs.set(t.dialog, [...(dialogs.get(t.dialog) ?? []), t]);
  for (const [dialog, turns] of dialogs) {
    const numbers = turns.map((t) => t.turn).toSorted((a, b) => a - b);
    const gap = numbers.findIndex((n, i) => n !== i + 1);
    if (gap >= 0) violations.push(`${dialog}: turns ${numbers.join()}`);
    if (new Set(turns.map((t) => t.key)).size !== turns.length) violations.push(`${dialog}: a turn twice`);
  }
  const stored = new Map(dump.turns.map((t) => [t.key, t]));
  const asked = new Set<string>();
  const last = new Map<string, number>();
  for (const o of operations) {
    const { dialog, turn_key: key } = o.payload;
    if (o.kind !== 'dialog' || dialog === undefined || key === undefined) continue;
    asked.add(key);
    const turn = finalAnswer(o)?.body.turn;
    if (turn === undefined) continue;
    if (stored.get(key)?.turn !== turn) violations.push(`${key}: answered as turn ${turn}, stored otherwise`);
    // Operations of a dialog are numbered in the order they were sent, one at a time.
    if (turn <= (last.get(dialog) ?? 0)) violations.push(`${key}: turn ${turn} after ${last.get(dialog)}`);
    last.set(dialog, turn);
  }
  for (const key of stored.keys())
    if (!asked.has(key) && !OF_PROBES.test(key)) violations.push(`${key} was never sent`);
  return verdict(
    'dialogs',
    dialogs.size,
    violations,
    `${dialogs.size} dialogs, ${stored.size} turns, no gap, none twice`,
  );
}

/** Every job that was enqueued is done once, with one effect; nothing else is done. */
export function checkJobs({ operations, dump }: Facts): Check {
  const violations: string[] = [];
  const done = count(dump.done.map((d) => d.key));
  const effects = count(dump.effects.map((e) => e.key));
  const acknowledged = new Set<string>();
  const possible = new Set<string>();
  for (const o of operations) {
    if (o.kind !== 'note' && o.kind !== 'job') continue;
    const answer = finalAnswer(o);
    if (answer !== undefined) {
      const key = answer.body.job_key;
      if (key === undefined) violations.push(`op ${o.op}: acknowledged without a job key`);
      else acknowledged.add(key);
    }
    // An attempt without an answer may have enqueued as well, on the other color under that index's key.
    const unknown = o.got.some((g) => !g.final && g.write === null) || o.sent.length > o.got.length;
    if (unknown) possible.add(`${o.payload.id}@${o.payload.revision}`);
  }
  for (const key of acknowledged) {
    if (!done.has(key)) violations.push(`job ${key.slice(0, 12)} was acknowledged and never done`);
  }
  for (const d of dump.done) {
    if (!acknowledged.has(d.key) && !possible.has(`${d.source_id}@${d.revision}`))
      violations.push(`job ${d.key.slice(0, 12)} (${d.source_id}) was done and never enqueued`);
  }
  for (const [key, n] of done) {
    if (n !== 1) violations.push(`job ${key.slice(0, 12)} was done ${n} times`);
    const had = effects.get(key) ?? 0;
    if (had !== 1) violations.push(`job ${key.slice(0, 12)} had ${had} effects`);
  }
  for (const key of effects.keys()) {
    if (!done.has(key)) violations.push(`effect of ${key.slice(0, 12)} without a done job`);
  }
  return verdict(
    'jobs-exactly-once',
    acknowledged.size,
    violations,
    `${done.size} jobs done once, ${effects.size} effects`,
  );
}

export function checkQueues({ dump }: Facts): Check {
  const left = dump.queues
    .filter((q) => q.ready + q.inFlight + q.delayed > 0)
    .map((q) => `${q.name}: ${q.ready} ready, ${q.inFlight} in flight, ${q.delayed} delayed`);
  const none = dump.queues.length === 0 ? ['the dump names no queues'] : [];
  return verdict(
    'queues-empty',
    dump.queues.length,
    [...none, ...left],
    'nothing left in any queue, nothing dead',
  );
}

/**
 * By the mode the service acted on, and by the configs where the caller kept them. The edge's `late` lines prove
 * nothing here: a region may log one under an older generation than the one the service refused by.
 */
export function checkReadOnly({ dump, edge, input }: Facts): Check {
  const readOnly = new Set<string>();
  for (const config of input.configs ?? []) {
    for (const color of ['blue', 'green'] satisfies Color[]) {
      if (config.writes[color] === 'read-only') readOnly.add(`${color}@${config.generation}`);
    }
  }
  const writes = [
    ...dump.notes.map((n) => ({ what: `note ${n.id}@${n.revision}`, ...n.by })),
    ...dump.turns.map((t) => ({ what: `turn ${t.key}`, ...t.by })),
    ...edge
      .filter((line) => line.write === 'accepted')
      .map((line) => ({
        what: `${line.route} at ${line.ts}`,
        color: line.color,
        gen: line.cfg_gen,
        mode: 'open',
      })),
  ];
  const violations = writes
    .filter((w) => w.mode !== 'open' || readOnly.has(`${w.color}@${w.gen}`))
    .map((w) => `${w.what} by ${w.color} (${w.mode}) in generation ${w.gen}`);
  return verdict(
    'no-write-by-read-only',
    writes.length,
    violations,
    'every write was taken by an open color',
  );
}

function count(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
