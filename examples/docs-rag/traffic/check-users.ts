/**
 * Checks of what users saw: answered at all, on one side at a time, from the right index, and how long writes waited.
 *
 * Invariant: order is judged by config generation where two answers have one, and by time only where they do not
 * overlap; two requests in flight together may be answered in any order.
 */
import type { Color } from '../../../src/domain/color.ts';
import { verdict } from './check-facts.ts';
import type { Check, UserFacts } from './check-facts.ts';
import { finalAnswer } from './ledger.ts';

/** A cached answer lives 300 s; the rest is for clocks and queues. */
const MAX_ANSWER_AGE_MS = 310_000;

export function checkAnswered({ operations }: UserFacts): Check {
  const bad = operations
    .filter((o) => o.end?.ok !== true || finalAnswer(o) === undefined)
    .map((o) => {
      const last = o.got.at(-1);
      const seen =
        last === undefined ? 'no answer' : `${last.status} ${last.error ?? last.write ?? ''}`.trim();
      return `op ${o.op} (${o.kind}) after ${o.sent.length} attempts: ${seen}`;
    });
  const none = operations.length === 0 ? ['the ledger is empty'] : [];
  return verdict('answered', operations.length, [...none, ...bad], 'every operation was answered');
}

/** Reports; fails only where a refused write never got through. */
export function checkWriteWait({ operations }: UserFacts): Check {
  const refused = operations.filter((o) => o.got.some((g) => g.write !== null));
  const waits = refused
    .map((o) => (finalAnswer(o)?.at ?? Number.POSITIVE_INFINITY) - (o.sent[0]?.at ?? 0))
    .toSorted((a, b) => a - b);
  const at = (q: number): number => waits[Math.ceil(q * waits.length) - 1] ?? 0;
  const late = operations.filter((o) => o.got.some((g) => g.write === 'late')).length;
  const detail =
    waits.length === 0
      ? 'no write was refused'
      : `${waits.length} writes waited: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms; ${late} were late`;
  const lost = refused.filter((o) => finalAnswer(o) === undefined).map((o) => `op ${o.op} refused for good`);
  return verdict('write-wait', waits.length, lost, detail);
}

interface Seen {
  readonly start: number;
  readonly end: number;
  readonly gen: number;
  readonly color: Color;
}

/** Every user's color is monotone in each direction: from, then to; back to from only by a rollback. */
export function checkColors(facts: UserFacts): Check {
  const { operations, input } = facts;
  const byUser = new Map<string, Seen[]>();
  for (const o of operations) {
    for (const got of o.got) {
      const sent = o.sent.find((s) => s.attempt === got.attempt);
      if (got.color === null || got.gen === null || sent === undefined) continue;
      if (got.gen < (input.sinceGeneration ?? 0)) continue;
      const list = byUser.get(o.user) ?? [];
      list.push({ start: sent.at, end: got.at, gen: got.gen, color: got.color });
      byUser.set(o.user, list);
    }
  }
  const violations: string[] = [];
  let back = Number.POSITIVE_INFINITY;
  for (const [user, seen] of byUser) {
    const steps = sides(user, seen, violations);
    const order = steps.map((s) => s.color).join('>');
    const { from, to } = input;
    const legal = [from, to, `${from}>${to}`];
    if (input.outcome === 'rolled-back') legal.push(`${to}>${from}`, `${from}>${to}>${from}`);
    if (!legal.includes(order))
      violations.push(`${user} went ${order} (generations ${steps.map((s) => s.gen).join()})`);
    const left = steps.findIndex((s) => s.color === to);
    const returned = steps.find((s, i) => left >= 0 && i > left && s.color === from);
    if (returned !== undefined) back = Math.min(back, returned.gen);
    wentBack(user, seen, violations);
  }
  if (input.outcome === 'rolled-back') {
    for (const [user, seen] of byUser) {
      const late = seen.find((s) => s.gen >= back && s.color === input.to);
      if (late !== undefined)
        violations.push(`${user} was on ${input.to} at generation ${late.gen}, after the rollback`);
    }
  }
  return verdict(
    'color-monotone',
    byUser.size,
    violations,
    `${byUser.size} users, each on one side at a time`,
  );
}

/** The sides of one user in order of generation; two sides in one generation is a violation of its own. */
function sides(user: string, seen: readonly Seen[], violations: string[]): { color: Color; gen: number }[] {
  const steps: { color: Color; gen: number }[] = [];
  const colorOf = new Map<number, Color>();
  for (const { gen, color } of seen) {
    if ((colorOf.get(gen) ?? color) !== color)
      violations.push(`${user} had both colors in generation ${gen}`);
    colorOf.set(gen, color);
  }
  for (const [gen, color] of [...colorOf].toSorted(([a], [b]) => a - b)) {
    if (steps.at(-1)?.color !== color) steps.push({ color, gen });
  }
  return steps;
}

/** A request that began after another had ended must not be served by an older generation on the other side. */
function wentBack(user: string, seen: readonly Seen[], violations: string[]): void {
  const ended = seen.toSorted((a, b) => a.end - b.end);
  const newest: Partial<Record<Color, number>> = {};
  let next = 0;
  for (const now of seen.toSorted((a, b) => a.start - b.start)) {
    for (let e = ended[next]; e !== undefined && e.end < now.start; e = ended[next]) {
      newest[e.color] = Math.max(newest[e.color] ?? 0, e.gen);
      next += 1;
    }
    const other = newest[now.color === 'blue' ? 'green' : 'blue'] ?? -1;
    if (other > now.gen) {
      violations.push(`${user} was moved back to ${now.color} (generation ${now.gen} after ${other})`);
      return;
    }
  }
}

/** No answer of the other color, of another index, or past its time. */
export function checkCache({ operations, identities }: UserFacts): Check {
  if (identities === null) return verdict('no-foreign-answer', 0, ['the ledger names no identities'], '');
  const violations: string[] = [];
  let count = 0;
  let hits = 0;
  for (const o of operations) {
    const got = finalAnswer(o);
    if (got === undefined || o.kind === 'note' || o.kind === 'job') continue;
    count += 1;
    if (got.cache === 'hit') hits += 1;
    const { color, INDEX_HASH, rendered_at } = got.body;
    const where = `op ${o.op} (${o.kind}, cache ${got.cache ?? '?'})`;
    if (got.color === null) violations.push(`${where}: no x-color`);
    else if (color !== undefined && color !== got.color)
      violations.push(`${where}: ${color}'s answer on ${got.color}`);
    else if (INDEX_HASH !== identities[got.color])
      violations.push(`${where}: index ${INDEX_HASH?.slice(0, 12) ?? 'missing'} is not ${got.color}'s`);
    if (rendered_at !== undefined && got.at - Date.parse(rendered_at) > MAX_ANSWER_AGE_MS)
      violations.push(`${where}: rendered ${rendered_at}`);
  }
  return verdict(
    'no-foreign-answer',
    count,
    violations,
    `${count} answers${hits === 0 ? '' : `, ${hits} from the cache`}, all of the right index`,
  );
}
