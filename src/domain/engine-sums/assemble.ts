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
} from '../clusters/index.ts';
import { bit, DID, LOOKED, MISSES, TRIALS, zeros, type Added, type Counted, type Rows } from './counted.ts';
import type { Bits, Judged, SlowBits } from './kinds.ts';

/** `2 * place + side`. */
type Arm = number;
type ByArm = ReadonlyMap<Arm, Rows>;

/** What was added up of one table, by arm. */
interface Table extends Pick<Added, 'columns' | 'products'> {
  readonly byBin: ByArm;
  readonly byTick: ByArm;
  readonly byInstance: ByArm;
  readonly squares: { readonly tick: ByArm; readonly block: ByArm };
}

export class Assembly {
  readonly #terms: SumsTerms;
  readonly #bits: Bits;
  readonly #tables: readonly Table[];
  readonly #users: Readonly<Record<'trials' | 'events' | 'lookups' | 'repeating', ByArm>>;
  readonly #recents: Readonly<Record<'trials' | 'events', ByArm>>;

  constructor(terms: SumsTerms, bits: Bits, { added, users, recents }: Counted) {
    this.#terms = terms;
    this.#bits = bits;
    this.#tables = added.map((one) => ({
      ...one,
      byBin: byArm(one.byBin),
      byTick: byArm(one.byTick),
      byInstance: byArm(one.byInstance),
      squares: { tick: byArm(one.squares.tick), block: byArm(one.squares.block) },
    }));
    this.#users = {
      trials: byArm(users.trials),
      events: byArm(users.events),
      lookups: byArm(users.lookups),
      repeating: byArm(users.repeating),
    };
    this.#recents = { trials: byArm(recents.trials), events: byArm(recents.events) };
  }

  /** @param place of the part among those that are judged */
  part({ limit }: Judged, place: number, seen: PartHistograms): PartSums {
    const { grid, from } = this.#terms;
    const arm = (side: number): Arm => 2 * place + side;
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

  /** Distinct users. */
  atRisk(arm: Arm): number {
    return this.#distinct('trials', arm, DID.any);
  }

  #errors(arm: Arm): Series {
    const repeating = this.#users.repeating.get(arm)?.[0]?.[1] ?? 0;
    return {
      trials: this.#trials(arm, TRIALS.errors, this.#distinct('trials', arm, DID.any) - repeating),
      events: this.#events(
        arm,
        bit(this.#bits.failed),
        TRIALS.errors,
        this.#distinct('events', arm, this.#bits.failed),
      ),
    };
  }

  #lookups(arm: Arm): Series {
    return {
      trials: this.#trials(arm, TRIALS.lookups, this.#distinct('lookups', arm, LOOKED.up)),
      events: this.#events(arm, MISSES, TRIALS.lookups, this.#distinct('lookups', arm, LOOKED.missed)),
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
      this.#events(arm, bit(at), TRIALS[key], this.#distinct('events', arm, at));
    const ratios = limits === null ? [1] : limits.ratios;
    return {
      histograms,
      trials: this.#trials(arm, TRIALS[key], this.#distinct('trials', arm, DID[key])),
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
    const { grid } = this.#terms;
    const isNamed = this.#list('byInstance', arm, trials, INSTANCE_BINS).some((n) => n > 0);
    return {
      byBin: this.#list('byBin', arm, column, USER_BINS),
      byTick: this.#list('byTick', arm, column, grid.ticks),
      byInstance: isNamed ? this.#list('byInstance', arm, column, INSTANCE_BINS) : [],
      users,
    };
  }

  #list(by: 'byBin' | 'byTick' | 'byInstance', arm: Arm, column: string, length: number): number[] {
    const list = zeros(length);
    const table = this.#tables.find(({ columns }) => columns.includes(column));
    const at = 2 + (table?.columns.indexOf(column) ?? 0);
    for (const row of table?.[by].get(arm) ?? []) list[row[1] ?? 0] = row[at] ?? 0;
    return list;
  }

  #square(over: 'block' | 'tick', arm: Arm, product: string): number {
    const table = this.#tables.find(({ products }) => products.includes(product));
    return table?.squares[over].get(arm)?.[0]?.[1 + table.products.indexOf(product)] ?? 0;
  }

  #distinct(of: 'trials' | 'events' | 'lookups', arm: Arm, at: number): number {
    return withBit(this.#users[of].get(arm) ?? [], 1, at);
  }

  #recent(arm: Arm, key: 'errors' | 'final' | 'usable'): Recent {
    const { parts } = this.#terms.recent;
    const trials = zeros(parts);
    const column = 2 + ['errors', 'final', 'usable'].indexOf(key);
    for (const row of this.#recents.trials.get(arm) ?? []) trials[row[1] ?? 0] = row[column] ?? 0;
    const { recent } = this.#bits;
    const at = key === 'errors' ? recent.failed : recent[key];
    const rows = this.#recents.events.get(arm) ?? [];
    const events = trials.map((_, part) =>
      withBit(
        rows.filter((row) => row[1] === part),
        2,
        at,
      ),
    );
    const did = { errors: DID.recentAny, final: DID.recentFinal, usable: DID.recentUsable }[key];
    const repeating = key === 'errors' ? (this.#users.repeating.get(arm)?.[0]?.[2] ?? 0) : 0;
    return {
      trials,
      events,
      users: this.#distinct('trials', arm, did) - repeating,
      affected: this.#distinct('events', arm, at),
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

function byArm(rows: Rows): ByArm {
  const found = new Map<Arm, (readonly number[])[]>();
  for (const row of rows) {
    const own = found.get(row[0] ?? 0);
    if (own === undefined) found.set(row[0] ?? 0, [row]);
    else own.push(row);
  }
  return found;
}
