/** Scheduled work (cron jobs of a service): like a queue's producer exactly one color has it, the one that the edge config names. */
import { COLORS, type Color } from './color.ts';

export interface Schedule {
  readonly name: string;
  /** Whether this color runs it when its time comes. */
  readonly state: 'on' | 'off';
}

/** `both`: each time twice. `elsewhere`: on the other color alone. `nowhere`: nobody runs it. */
export type Misplacement = 'both' | 'elsewhere' | 'nowhere';

interface Telling {
  readonly schedules?: readonly Schedule[] | undefined;
}

type Told = Readonly<Record<Color, readonly Telling[] | null>>;

/**
 * Jobs that do not run where they should.
 *
 * A job that only the other color knows, and has off, is one that comes or goes with its release: nothing is wrong with it.
 * @param told a color in all of its regions; null where it was not asked or did not answer
 * @param holder the color that should run them
 */
export function misplaced(told: Told, holder: Color): ReadonlyMap<string, Misplacement> {
  const found = new Map<string, Misplacement>();
  for (const name of namesIn(told)) {
    const on = COLORS.filter((color) => statesOf(told, color, name).includes('on'));
    if (on.length === 2) found.set(name, 'both');
    else if (on[0] !== undefined && on[0] !== holder) found.set(name, 'elsewhere');
    else if (on.length === 0 && statesOf(told, holder, name).length > 0) found.set(name, 'nowhere');
  }
  return found;
}

/** Jobs that `from` runs and `to` does not know, where `to` tells its schedules: nobody runs them after the flip. */
export function lostBy(told: Told, from: Color, to: Color): readonly string[] {
  if (told[to]?.some(({ schedules }) => schedules !== undefined) !== true) return [];
  return namesIn(told).filter(
    (name) => statesOf(told, from, name).includes('on') && statesOf(told, to, name).length === 0,
  );
}

/** So many jobs are named in a sentence, and so many characters of each: it stands in histories and on boards. */
const NAMED = 8;
const NAME_CHARACTERS = 60;

/** The first of them by name, and how many there are beside. */
export function jobsSaid(names: readonly string[]): string {
  const named = names.slice(0, NAMED).map((name) => name.slice(0, NAME_CHARACTERS));
  const more = names.length - named.length;
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

/** Where jobs run instead, in words; null when each runs where it should. */
export function misplacedSaid(told: Told, holder: Color): string | null {
  const found = misplaced(told, holder);
  if (found.size === 0) return null;
  const other = holder === 'blue' ? 'green' : 'blue';
  // A color that was not heard may run them too.
  const where = {
    both: 'on both colors',
    elsewhere: told[holder] === null ? `on ${other}, and ${holder} did not answer` : `on ${other} alone`,
    nowhere: told[other] === null ? `not on ${holder}, and ${other} did not answer` : 'on neither color',
  };
  const parts = Object.entries(where).flatMap(([kind, place]) => {
    const names = [...found].filter(([, one]) => one === kind).map(([name]) => name);
    return names.length === 0 ? [] : [`${jobsSaid(names)} ${place}`];
  });
  return `scheduled work of ${holder} runs elsewhere: ${parts.join('; ')}`;
}

function namesIn(told: Told): readonly string[] {
  const all = COLORS.flatMap((color) => told[color] ?? []).flatMap(({ schedules }) => schedules ?? []);
  return [...new Set(all.map(({ name }) => name))].toSorted();
}

function statesOf(told: Told, color: Color, name: string): readonly Schedule['state'][] {
  const all = (told[color] ?? []).flatMap(({ schedules }) => schedules ?? []);
  return all.filter((one) => one.name === name).map(({ state }) => state);
}
