/**
 * Holds in which rare error classes appear: thirty kinds of incidents that happen 0.05 to 5 times a day, some of which the day of
 * `from` did not show, and a class that `to` alone has.
 * Invariant: what is judged is distinct users by class and block, as an engine counts them.
 */
import {
  allBlocks,
  blockOf,
  judgeNovelty,
  timeUnits,
  type Grid,
  type NewClass,
} from '../../../src/domain/clusters/index.ts';
import { drawsOf, type Draws } from './draws.ts';
import type { Family, NoveltyTraffic, Volume } from './family.ts';
import type { HoldOutcome } from './hold.ts';
import { levelsAt } from './levels.ts';

const CLASSES = 30;
const FEWEST_A_DAY = 0.05;
const MOST_A_DAY = 5;
const HOLD_S = 3600;
const LOOK_S = 300;
const USERS = 2000;
const BLIP_SHARE = 0.2;
const CLIENT_S = 1800;
const APART = 2;

interface Hit {
  readonly user: number;
  readonly second: number;
  readonly isOnTo: boolean;
}

interface People {
  /** Requests a second. */
  readonly rate: readonly number[];
  readonly isOnTo: readonly boolean[];
  /** When each was first seen; Infinity: not in the hold. */
  readonly seenAt: readonly number[];
  /** Distinct users of the day before. */
  readonly ofDay: number;
}

export function simulateNoveltyHold({ novelty }: Family, volume: Volume, seed: string): HoldOutcome {
  if (novelty === undefined) throw new RangeError('a novelty family needs its incidents');
  const draws = drawsOf(seed);
  const people = drawPeople(volume, draws);
  const classes = drawClasses(novelty, volume, people, draws);
  const units = timeUnits(HOLD_S * 1000);
  const looks = HOLD_S / LOOK_S;
  for (let look = 1; look <= looks; look += 1) {
    const endS = look * LOOK_S;
    const grid: Grid = { ...units, ticks: endS / 60 };
    const atRisk = { to: 0, from: 0, day: people.ofDay };
    for (const [u, at] of people.seenAt.entries())
      if (at < endS) atRisk[people.isOnTo[u] === true ? 'to' : 'from'] += 1;
    const fresh = classes
      .map((hits) => hits.filter(({ second }) => second < endS))
      .filter((hits) => hits.length > 0 && hits.every(({ isOnTo }) => isOnTo))
      .map((hits, i) => classOf(`class ${i}`, hits, grid));
    const { alpha } = levelsAt(look, looks);
    const found = judgeNovelty(fresh, atRisk, { alpha, minUsers: 3 });
    if (found.some(({ isNew }) => isNew)) return outcome(look);
  }
  return outcome(0);
}

function outcome(look: number): HoldOutcome {
  return { failedAt: { hold: look, day: 0, early: 0 }, passed: false, plain: look > 0, kayenta: null };
}

function drawPeople(volume: Volume, draws: Draws): People {
  const share = volume.to / (volume.to + volume.from);
  const weights = Array.from({ length: USERS }, () => Math.exp(draws.normal()));
  const sum = weights.reduce((a, b) => a + b, 0);
  const rate = weights.map((weight) => ((weight / sum) * (volume.to + volume.from)) / 3600);
  return {
    rate,
    isOnTo: rate.map(() => draws.uniform() < share),
    seenAt: rate.map((one) => draws.exponential() / one),
    ofDay: rate.filter((one) => draws.exponential() / one < 86_400).length,
  };
}

/** Hits by class, of those that the day did not show; the fault's class among them. */
function drawClasses(novelty: NoveltyTraffic, volume: Volume, people: People, draws: Draws): Hit[][] {
  const { kind, meanS = 60, users = 0, fault } = novelty;
  const classes = kind === undefined ? [] : rareClasses({ kind, meanS }, volume, people, draws);
  if (users > 0) classes.push(newCause(users, people, draws));
  if (fault !== undefined) classes.push(ofSomeUsers(fault, people, draws));
  return classes;
}

function rareClasses(
  { kind, meanS }: Required<Pick<NoveltyTraffic, 'kind' | 'meanS'>>,
  volume: Volume,
  people: People,
  draws: Draws,
): Hit[][] {
  const shareOfTo = volume.to / (volume.to + volume.from);
  const classes: Hit[][] = [];
  for (let i = 0; i < CLASSES; i += 1) {
    const aDay = FEWEST_A_DAY * (MOST_A_DAY / FEWEST_A_DAY) ** (i / (CLASSES - 1));
    if (draws.poisson(aDay) > 0) continue;
    const hits: Hit[] = [];
    for (const isOnTo of [true, false]) {
      // A color has blips of its own; a user's incident follows the user.
      const mine = kind === 'blip' ? 1 : isOnTo ? shareOfTo : 1 - shareOfTo;
      for (let left = draws.poisson((aDay / 24) * mine); left > 0; left -= 1)
        hits.push(...incident(kind, isOnTo, meanS, people, draws));
    }
    classes.push(hits);
  }
  return classes;
}

function incident(
  kind: 'one' | 'client' | 'blip',
  isOnTo: boolean,
  meanS: number,
  people: People,
  draws: Draws,
): Hit[] {
  const second = draws.uniform() * HOLD_S;
  if (kind === 'blip') {
    const endS = Math.min(HOLD_S, second + meanS * draws.exponential());
    return everyone(people)
      .filter((user) => people.isOnTo[user] === isOnTo)
      .flatMap((user) => requests(people, user, second, endS, BLIP_SHARE, draws));
  }
  const user = someone(people, draws, isOnTo);
  if (kind === 'one') return [{ user, second, isOnTo }];
  return requests(people, user, second, Math.min(HOLD_S, second + CLIENT_S), 1, draws);
}

/** A cause that is new to both colors meets so many users, wherever they are. */
function newCause(users: number, people: People, draws: Draws): Hit[] {
  const startS = draws.uniform() * HOLD_S;
  return Array.from({ length: users }, () => {
    const user = someone(people, draws, null);
    return {
      user,
      second: startS + draws.uniform() * (HOLD_S - startS),
      isOnTo: people.isOnTo[user] === true,
    };
  });
}

function ofSomeUsers(
  { users, requests: share }: NonNullable<NoveltyTraffic['fault']>,
  people: People,
  draws: Draws,
): Hit[] {
  return everyone(people)
    .filter((user) => people.isOnTo[user] === true && draws.uniform() < users)
    .flatMap((user) => requests(people, user, 0, HOLD_S, share, draws));
}

function requests(
  people: People,
  user: number,
  startS: number,
  endS: number,
  share: number,
  draws: Draws,
): Hit[] {
  const rate = (people.rate[user] ?? 0) * share;
  const isOnTo = people.isOnTo[user] === true;
  const hits: Hit[] = [];
  for (let second = startS + draws.exponential() / rate; second < endS; second += draws.exponential() / rate)
    hits.push({ user, second, isOnTo });
  return hits;
}

/** By activity. */
function someone(people: People, draws: Draws, isOnTo: boolean | null): number {
  const able = everyone(people).filter((user) => isOnTo === null || people.isOnTo[user] === isOnTo);
  let left = draws.uniform() * able.reduce((sum, user) => sum + (people.rate[user] ?? 0), 0);
  for (const user of able) {
    left -= people.rate[user] ?? 0;
    if (left < 0) return user;
  }
  return able[0] ?? 0;
}

function everyone({ rate }: People): number[] {
  return rate.map((_, user) => user);
}

function classOf(name: string, hits: readonly Hit[], grid: Grid): NewClass {
  const blocks = Array.from({ length: allBlocks(grid) }, () => new Set<number>());
  for (const { user, second } of hits) blocks[blockOf(grid, Math.floor(second / 60))]?.add(user);
  const apart = blocks.map((_, k) => {
    const others = new Set<number>();
    for (const [j, users] of blocks.entries())
      if (Math.abs(j - k) > APART) for (const user of users) others.add(user);
    return others.size;
  });
  return {
    name,
    users: new Set(hits.map(({ user }) => user)).size,
    byBlock: blocks.map(({ size }) => size),
    apart,
  };
}
