/**
 * Lines as columns of numbers, in order of time: what is counted of them is then plain loops over arrays.
 * Invariant: lines of one instant have one order whatever order they came in, so the sums do not depend on it.
 */
import type { Color } from '../color.ts';
import { instanceBin, userBin, type CountedLine } from './counted-line.ts';
import { bucketOfMs } from './histogram.ts';
import { isServerError, type ServerErrors } from './server-error.ts';
import type { Arms } from './sums.ts';

/** The lines of both colors within the ticks. */
export interface Columns {
  readonly count: number;
  readonly source: readonly CountedLine[];
  readonly atMs: Float64Array;
  readonly tick: Int32Array;
  /** 1 on `to`, 0 on `from`. */
  readonly isTo: Uint8Array;
  /** Number of the user; `binOf` has its bin. */
  readonly user: Int32Array;
  readonly binOf: Uint16Array;
  /** Distinct users of both colors. */
  readonly users: number;
  /** Instance bin, −1 where none is named. */
  readonly instance: Int8Array;
  readonly region: Names;
  readonly route: Names;
  /** Number of the server class, −1 without one. */
  readonly failure: Names;
  /** 1: the user's failure before it counts already. */
  readonly repeats: Uint8Array;
  /** Warm successes, ms and bucket; NaN and −1 for other lines. */
  readonly final: Latencies;
  readonly usable: Latencies;
}

/** Texts of a column, each line by the number of its text. */
export interface Names {
  readonly names: string[];
  readonly of: Int32Array;
}

export interface Latencies {
  readonly ms: Float64Array;
  readonly bucket: Int16Array;
}

export interface ColumnTerms {
  readonly startMs: number;
  readonly tickMs: number;
  readonly ticks: number;
  readonly colors: Arms<Color>;
  readonly sameFailureMs: number;
  readonly serverErrors: ServerErrors;
}

export function columnsOf(lines: Iterable<CountedLine>, terms: ColumnTerms): Columns {
  const { startMs, tickMs, ticks, colors, serverErrors } = terms;
  const source: CountedLine[] = [];
  const tickOf = (atMs: number): number => Math.floor((atMs - startMs) / tickMs);
  for (const line of lines) {
    const tick = tickOf(line.atMs);
    if (tick >= 0 && tick < ticks && (line.color === colors.to || line.color === colors.from))
      source.push(line);
  }
  const isFailure = failures(serverErrors);
  const order = orderBy(isFailure);
  if (source.some((line, i) => i > 0 && order(source[i - 1] ?? line, line) > 0)) source.sort(order);
  const count = source.length;
  const atMs = new Float64Array(count);
  const tick = new Int32Array(count);
  const isTo = new Uint8Array(count);
  const instance = new Int8Array(count);
  const user = new Int32Array(count);
  const binOf = new Uint16Array(count);
  const [region, route, failure] = [interned(count), interned(count), interned(count)];
  const [final, usable] = [latencies(count), latencies(count)];
  const numbers = new Map<string, number>();
  const instances = new Map<string, number>();
  let users = 0;
  for (const [i, line] of source.entries()) {
    atMs[i] = line.atMs;
    tick[i] = tickOf(line.atMs);
    isTo[i] = line.color === colors.to ? 1 : 0;
    const known = line.user === null ? undefined : numbers.get(line.user);
    if (known === undefined) {
      binOf[users] = userBin(line);
      if (line.user !== null) numbers.set(line.user, users);
    }
    user[i] = known ?? users++;
    instance[i] = line.instance === null ? -1 : remembered(instances, line.instance, instanceBin);
    region.put(i, line.region);
    route.put(i, line.route);
    failure.put(i, isFailure(line) ? line.error : null);
    const isWarm = line.ok && !line.cold;
    put(final, i, isWarm ? line.tfinalMs : null);
    put(usable, i, isWarm ? line.tusableMs : null);
  }
  const columns = { count, source, atMs, tick, isTo, user, binOf, users, instance, region, route, failure };
  return { ...columns, repeats: repeatsOf(columns, terms.sameFailureMs), final, usable };
}

/** By time; at one instant what went well before failures, then by region, route and bin of the instance. */
function orderBy(isFailure: (line: CountedLine) => boolean): (a: CountedLine, b: CountedLine) => number {
  return (a, b) =>
    a.atMs - b.atMs ||
    Number(isFailure(a)) - Number(isFailure(b)) ||
    byText(a.region, b.region) ||
    byText(a.route, b.route) ||
    binOfInstance(a) - binOfInstance(b);
}

/** A log has few classes: each is looked at once. */
function failures(rule: ServerErrors): (line: CountedLine) => boolean {
  const known = new Map<string, boolean>();
  return ({ error }) => error !== null && remembered(known, error, (name) => isServerError(name, rule));
}

/** −1 where none is named. */
function binOfInstance({ instance }: CountedLine): number {
  return instance === null ? -1 : instanceBin(instance);
}

function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A user's failures less than so long after that user's line of the same color before it, if that one failed too. */
function repeatsOf(
  { count, atMs, user, users, isTo, failure }: Omit<Columns, 'repeats' | 'final' | 'usable'>,
  sameFailureMs: number,
): Uint8Array {
  const repeats = new Uint8Array(count);
  // When the last line of a user on a color failed; NaN when it went well or there is none.
  const failedAt = new Float64Array(2 * users).fill(Number.NaN);
  for (let i = 0; i < count; i += 1) {
    const who = 2 * (user[i] ?? 0) + (isTo[i] ?? 0);
    const at = atMs[i] ?? 0;
    const isBad = (failure.of[i] ?? -1) >= 0;
    if (isBad && at - (failedAt[who] ?? Number.NaN) < sameFailureMs) repeats[i] = 1;
    failedAt[who] = isBad ? at : Number.NaN;
  }
  return repeats;
}

function interned(count: number): Names & { put(i: number, name: string | null): void } {
  const numbers = new Map<string, number>();
  const names: string[] = [];
  const of = new Int32Array(count);
  return {
    names,
    of,
    put(i, name) {
      of[i] = name === null ? -1 : remembered(numbers, name, (fresh) => names.push(fresh) - 1);
    },
  };
}

function remembered<T>(known: Map<string, T>, name: string, make: (name: string) => T): T {
  let value = known.get(name);
  if (value === undefined) known.set(name, (value = make(name)));
  return value;
}

function latencies(count: number): Latencies {
  return { ms: new Float64Array(count).fill(Number.NaN), bucket: new Int16Array(count).fill(-1) };
}

function put({ ms, bucket }: Latencies, i: number, latencyMs: number | null): void {
  if (latencyMs === null) return;
  ms[i] = latencyMs;
  bucket[i] = bucketOfMs(latencyMs);
}
