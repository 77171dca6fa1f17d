/**
 * A cell of the tables: one family at one volume. What was simulated of it is a line of a log, and lines add up.
 * Invariant: hold k is drawn from seed, family, volume and k alone, so a log can be gone on with, and no hold counts twice.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Family, Volume } from './family.ts';
import { MODES, type HoldOutcome, type Mode } from './hold.ts';

export interface Cell {
  readonly family: Family;
  readonly volume: Volume;
  /** The traffic as set on the command line; empty as it stands. */
  readonly settings: string;
}

/** Counts over holds `first`, …, `first + holds - 1`. */
export interface Count {
  readonly holds: number;
  /** Looks of the FAILs by mode. */
  readonly looks: Readonly<Record<Mode, readonly number[]>>;
  readonly passed: number;
  readonly plain: number;
  /** Holds that Kayenta's judge was asked about, and those that it failed. */
  readonly kayenta: { readonly holds: number; readonly failed: number };
  /** Of telemetry that knows no users: first looks at which the gate objected, and holds that end in a question. */
  readonly asked: { readonly looks: readonly number[]; readonly atEnd: number };
}

interface Entry extends Count {
  readonly cell: string;
  readonly seed: string;
  readonly first: number;
}

export function nameOf({ family, volume, settings }: Cell): string {
  const parts = [family.gate, family.fault === undefined ? 'identical' : 'fault', family.name];
  return [...parts, `${volume.from}/${volume.to}`, ...(settings === '' ? [] : [settings])].join(' | ');
}

export function seedOf(cell: Cell, seed: string, hold: number): string {
  return `${seed}/${nameOf(cell)}/${hold}`;
}

export function emptyCount(): Count {
  return {
    holds: 0,
    looks: { hold: [], day: [], early: [] },
    passed: 0,
    plain: 0,
    kayenta: { holds: 0, failed: 0 },
    asked: { looks: [], atEnd: 0 },
  };
}

export function countOf(outcomes: readonly HoldOutcome[]): Count {
  const looks = (mode: Mode): number[] =>
    outcomes.map(({ failedAt }) => failedAt[mode]).filter((look) => look > 0);
  return {
    holds: outcomes.length,
    looks: { hold: looks('hold'), day: looks('day'), early: looks('early') },
    passed: outcomes.filter(({ passed }) => passed).length,
    plain: outcomes.filter(({ plain }) => plain).length,
    kayenta: {
      holds: outcomes.filter(({ kayenta }) => kayenta !== null).length,
      failed: outcomes.filter(({ kayenta }) => kayenta === true).length,
    },
    asked: {
      looks: outcomes.map(({ asked }) => asked?.firstAt ?? 0).filter((look) => look > 0),
      atEnd: outcomes.filter(({ asked }) => asked?.atEnd === true).length,
    },
  };
}

export function addCounts(one: Count, two: Count): Count {
  const looks = (mode: Mode): number[] => [...one.looks[mode], ...two.looks[mode]];
  return {
    holds: one.holds + two.holds,
    looks: { hold: looks('hold'), day: looks('day'), early: looks('early') },
    passed: one.passed + two.passed,
    plain: one.plain + two.plain,
    kayenta: {
      holds: one.kayenta.holds + two.kayenta.holds,
      failed: one.kayenta.failed + two.kayenta.failed,
    },
    asked: {
      looks: [...one.asked.looks, ...two.asked.looks],
      atEnd: one.asked.atEnd + two.asked.atEnd,
    },
  };
}

/** A log that is only appended to. Without a path nothing is kept beyond the run. */
export class Log {
  readonly #entries: Entry[];
  readonly #path: string;

  /** @throws SyntaxError naming the line that is no entry */
  constructor(path: string) {
    this.#path = path;
    const lines = path === '' || !existsSync(path) ? [] : readFileSync(path, 'utf8').split('\n');
    this.#entries = lines.flatMap((line, i) => (line === '' ? [] : [entryOf(line, `${path}:${i + 1}`)]));
  }

  /** Holds of this seed that are done: the next one to draw. */
  done(cell: Cell, seed: string): number {
    const name = nameOf(cell);
    return Math.max(
      0,
      ...this.#entries
        .filter((entry) => entry.cell === name && entry.seed === seed)
        .map(({ first, holds }) => first + holds),
    );
  }

  /** Over all seeds. */
  sum(cell: Cell): Count {
    const name = nameOf(cell);
    return this.#entries.filter((entry) => entry.cell === name).reduce<Count>(addCounts, emptyCount());
  }

  add(cell: Cell, seed: string, first: number, count: Count): void {
    const entry: Entry = { cell: nameOf(cell), seed, first, ...count };
    this.#entries.push(entry);
    if (this.#path !== '') appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }
}

function entryOf(line: string, where: string): Entry {
  try {
    const told = JSON.parse(line) as Partial<Entry>;
    // The first lines asked no rival, and nothing of telemetry that knows no users.
    const { kayenta, asked } = { ...emptyCount(), ...told };
    const entry = { ...told, kayenta, asked } as Entry;
    if (
      typeof entry.cell === 'string' &&
      Number.isSafeInteger(entry.holds) &&
      MODES.every((mode) => Array.isArray(entry.looks[mode])) &&
      Array.isArray(entry.asked.looks)
    )
      return entry;
  } catch {
    // Said below.
  }
  throw new SyntaxError(`${where}: no entry of a simulation log; remove the line or give another file`);
}
