/** Puts what the engine counted together into the sums of each part. */
import {
  INSTANCE_BINS,
  USER_BINS,
  type Arms,
  type CacheArm,
  type Events,
  type LatencyArm,
  type LatencySums,
  type PartHistograms,
  type PartSums,
  type Recent,
  type Series,
  type SlowLimits,
  type SumsTerms,
  type Trials,
} from '../../../domain/clusters/index.ts';
import { zeros } from './first-pass.ts';
import type { Bits, Judged, SlowBits } from './marks.ts';
import { bit, MISSES, TRIALS, type Rows, type Sums } from './second-pass.ts';
import { DID, LOOKED, type Recents, type Users } from './users.ts';

export interface Counted {
  readonly sums: Sums;
  readonly users: Users;
  readonly recents: Recents;
}

/** One side of one part, by what rows begin with: dimension, part, side. */
type Arm = `${number}/${number}/${number}`;

export class Assembly {
  readonly #terms: SumsTerms;
  readonly #bits: Bits;
  readonly #rows: ReturnType<typeof rowsByArm>;
  readonly #columns: readonly string[];
  readonly #squares: readonly string[];

  constructor(terms: SumsTerms, bits: Bits, counted: Counted) {
    this.#terms = terms;
    this.#bits = bits;
    this.#rows = rowsByArm(counted);
    this.#columns = counted.sums.columns;
    this.#squares = counted.sums.squares.columns;
  }

  part({ dimension, number, limit }: Judged, seen: PartHistograms): PartSums {
    const { grid, from } = this.#terms;
    const arm = (side: number): Arm => `${dimension}/${number}/${side}`;
    const arms = <T>(of: (arm: Arm, side: number) => T): Arms<T> => ({
      to: of(arm(1), 1),
      from: from === null ? null : of(arm(0), 0),
    });
    const latency = (key: 'final' | 'usable'): LatencySums | null => {
      const limits = limit[key];
      if (limits === null) return null;
      return {
        grid,
        arms: arms((of, side) =>
          this.#latencyArm(
            of,
            key,
            side === 1 ? seen[key].to : (seen[key].from ?? []),
            side === 1 ? limits : null,
          ),
        ),
        recent: arms((of) => this.#recent(of, key)),
      };
    };
    const { strata } = seen;
    const lookups = (of: Arm, own: CacheArm['strata']): CacheArm => ({
      strata: own,
      series: this.#lookups(of),
    });
    return {
      part: limit.part,
      errors: {
        grid,
        arms: arms((of): Series => this.#errors(of)),
        recent: arms((of) => this.#recent(of, 'errors')),
      },
      final: latency('final'),
      usable: latency('usable'),
      cache:
        limit.weights === null || strata === null || strata.from === null || from === null
          ? null
          : { grid, arms: { to: lookups(arm(1), strata.to), from: lookups(arm(0), strata.from) } },
    };
  }

  /** Distinct users of a side. */
  atRisk(side: number): number {
    return this.#users('trials', `0/0/${side}`, DID.any);
  }

  #errors(arm: Arm): Series {
    const repeating = this.#rows.repeating.get(arm)?.[0]?.[3] ?? 0;
    return {
      trials: this.#trials(arm, TRIALS.errors, this.#users('trials', arm, DID.any) - repeating),
      events: this.#events(
        arm,
        bit(this.#bits.failed),
        TRIALS.errors,
        this.#users('events', arm, this.#bits.failed),
      ),
    };
  }

  #lookups(arm: Arm): Series {
    return {
      trials: this.#trials(arm, TRIALS.cache, this.#users('lookups', arm, LOOKED.up)),
      events: this.#events(arm, MISSES, TRIALS.cache, this.#users('lookups', arm, LOOKED.missed)),
    };
  }

  /** @param limits null: `from`, which has one limit */
  #latencyArm(
    arm: Arm,
    key: 'final' | 'usable',
    histograms: LatencyArm['histograms'],
    limits: SlowLimits | null,
  ): LatencyArm {
    const bits: SlowBits = this.#bits[key];
    const events = (at: number): Events =>
      this.#events(arm, bit(at), TRIALS[key], this.#users('events', arm, at));
    const ratios = limits === null ? [1] : limits.ratios;
    return {
      histograms,
      trials: this.#trials(arm, TRIALS[key], this.#users('trials', arm, DID[key])),
      own: events(bits.own),
      slow: Object.fromEntries(ratios.map((ratio, i) => [String(ratio), events(bits.slow[i] ?? -1)])),
    };
  }

  #trials(arm: Arm, column: string, users: number): Trials {
    const square = `${column}*${column}`;
    return {
      ...this.#counts(arm, column, column, users),
      squares: { block: this.#square('block', arm, square), tick: this.#square('tick', arm, square) },
    };
  }

  #events(arm: Arm, column: string, trials: string, users: number): Events {
    const products = (over: 'block' | 'tick'): { nx: number; xx: number } => ({
      nx: this.#square(over, arm, `${trials}*${column}`),
      xx: this.#square(over, arm, `${column}*${column}`),
    });
    return {
      ...this.#counts(arm, column, trials, users),
      squares: { block: products('block'), tick: products('tick') },
    };
  }

  #counts(arm: Arm, column: string, trials: string, users: number): Omit<Trials, 'squares'> {
    const { byBin, byTick, byInstance } = this.#rows;
    const isNamed = (byInstance.get(arm) ?? []).some((row) => (row[this.#at(trials)] ?? 0) > 0);
    return {
      byBin: this.#list(byBin.get(arm), column, USER_BINS),
      byTick: this.#list(byTick.get(arm), column, this.#terms.grid.ticks),
      byInstance: isNamed ? this.#list(byInstance.get(arm), column, INSTANCE_BINS) : [],
      users,
    };
  }

  #list(rows: Rows | undefined, column: string, length: number): number[] {
    const list = zeros(length);
    const at = this.#at(column);
    for (const row of rows ?? []) list[row[3] ?? 0] = row[at] ?? 0;
    return list;
  }

  /** Place of a column behind dimension, part, side and key. */
  #at(column: string): number {
    return 4 + this.#columns.indexOf(column);
  }

  #square(over: 'block' | 'tick', arm: Arm, product: string): number {
    return this.#rows.squares[over].get(arm)?.[0]?.[3 + this.#squares.indexOf(product)] ?? 0;
  }

  #users(of: 'trials' | 'events' | 'lookups', arm: Arm, at: number): number {
    return withBit(this.#rows.users[of].get(arm) ?? [], 3, at);
  }

  #recent(arm: Arm, key: 'errors' | 'final' | 'usable'): Recent {
    const { parts } = this.#terms.recent;
    const [trials, events] = [zeros(parts), zeros(parts)];
    const column = 4 + ['errors', 'final', 'usable'].indexOf(key);
    for (const row of this.#rows.recentTrials.get(arm) ?? []) trials[row[3] ?? 0] = row[column] ?? 0;
    const { recent } = this.#bits;
    const at = key === 'errors' ? recent.failed : recent[key];
    for (const part of events.keys()) {
      const own = (this.#rows.recentEvents.get(arm) ?? []).filter((row) => row[3] === part);
      events[part] = withBit(own, 4, at);
    }
    const did = { errors: DID.recentAny, final: DID.recentFinal, usable: DID.recentUsable }[key];
    const repeating = key === 'errors' ? (this.#rows.repeating.get(arm)?.[0]?.[4] ?? 0) : 0;
    return {
      trials,
      events,
      users: this.#users('trials', arm, did) - repeating,
      affected: this.#users('events', arm, at),
    };
  }
}

/** Σ of what follows the bits, over rows that have this one. */
function withBit(rows: Rows, bitsAt: number, at: number): number {
  return rows.reduce(
    (sum, row) => (Math.floor((row[bitsAt] ?? 0) / 2 ** at) % 2 === 1 ? sum + (row[bitsAt + 1] ?? 0) : sum),
    0,
  );
}

function rowsByArm({ sums, users, recents }: Counted) {
  return {
    byBin: byArm(sums.byBin),
    byTick: byArm(sums.byTick),
    byInstance: byArm(sums.byInstance),
    squares: { tick: byArm(sums.squares.tick), block: byArm(sums.squares.block) },
    users: { trials: byArm(users.trials), events: byArm(users.events), lookups: byArm(users.lookups) },
    repeating: byArm(users.repeating),
    recentTrials: byArm(recents.trials),
    recentEvents: byArm(recents.events),
  };
}

function byArm(rows: Rows): Map<Arm, Rows> {
  const found = new Map<Arm, (readonly number[])[]>();
  for (const row of rows) {
    const [dimension = 0, part = 0, side = 0] = row;
    const arm: Arm = `${dimension}/${part}/${side}`;
    const own = found.get(arm);
    if (own === undefined) found.set(arm, [row]);
    else own.push(row);
  }
  return found;
}
