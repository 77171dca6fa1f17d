/**
 * What a look sees beside the gates: whether everything still stands as this switch left it. A concern is no verdict of `to`; it says
 * that what the gates judge, or the way back, is not what everybody believes it is.
 */
import type { Color } from './color.ts';
import type { EdgeConfig } from './edge-config.ts';
import type { Verdict } from './gate.ts';
import { overallVerdict, type GateSummary } from './gate-record.ts';
import type { HealthContract } from './health.ts';
import { IDENTITY_FIELDS, identityKey, type AnswerIdentity } from './identity.ts';

/**
 * `edge-foreign`: somebody else wrote the edge config. `edge-weight`: it, or the vendor that moves users, holds another weight than was read back.
 * `edge-lost`: the store holds an older write of this switch, as after a failover. `weight-put-back`: the vendor had lost the weight, and it was set
 * again. `from-unfit`: a rollback would send users to a color that cannot take them. `release-changed`, `index-changed`: a color is not the one that
 * preflight pinned. `evidence-lost`: a document that gates compare with is gone. `schedules-misplaced`: after the flip a
 * scheduled job does not run on `to` alone.
 */
export type ConcernKind =
  | 'edge-foreign'
  | 'edge-weight'
  | 'edge-lost'
  | 'weight-put-back'
  | 'from-unfit'
  | 'release-changed'
  | 'index-changed'
  | 'evidence-lost'
  | 'schedules-misplaced';

export interface Concern {
  readonly kind: ConcernKind;
  readonly color: Color | null;
  /** One sentence; the same as long as nothing changed. */
  readonly what: string;
  /** Of the edge config: the share of users on this switch's `to` that really stands there, percent. */
  readonly weightPercent?: number;
  /** Of a changed color: what it is now, for whoever accepts it. */
  readonly now?: { readonly releases: readonly string[]; readonly identity: AnswerIdentity | null };
}

/** What preflight saw of a color, in all regions. */
export interface Pinned {
  readonly releases: readonly string[];
  /** `identityKey` of each index. */
  readonly indexes: readonly string[];
}

/** The edge config as this switch last read it back. */
export interface EdgeStanding {
  readonly generation: number;
  /** Null before the switch wrote anything. */
  readonly weightPercent: number | null;
  /** Begins the writer's name of everything this switch writes; null before it wrote anything. */
  readonly writer: string | null;
}

export function pinnedOf(contracts: readonly HealthContract[]): Pinned {
  return {
    releases: [...new Set(contracts.map((one) => one.release))].toSorted(),
    indexes: [...new Set(contracts.map((one) => identityKey(one.index)))].toSorted(),
  };
}

/**
 * @param stored null when the store holds no config
 * @param to this switch's
 */
export function edgeConcerns(
  expected: EdgeStanding,
  stored: Pick<EdgeConfig, 'generation' | 'weightPercent' | 'writer' | 'to'> | null,
  to: Color,
): Concern[] {
  const ours = `generation ${expected.generation}${expected.weightPercent === null ? '' : ` with ${expected.weightPercent} %`}`;
  const share = stored?.to === to ? stored.weightPercent : 100 - (stored?.weightPercent ?? 100);
  const concern = (kind: ConcernKind, what: string): Concern[] => [
    { kind, color: null, what, weightPercent: share },
  ];
  if (stored === null) {
    return expected.generation === 0
      ? []
      : concern('edge-foreign', `the edge config was deleted; ${ours} should stand there`);
  }
  const isOurs = expected.writer !== null && stored.writer.startsWith(expected.writer);
  const isAsFound = expected.writer === null && stored.generation === expected.generation;
  if (!isOurs && !isAsFound) {
    const who = stored.writer === '' ? 'somebody unnamed' : stored.writer.slice(0, 100);
    return concern(
      'edge-foreign',
      `${who} wrote the edge config: generation ${stored.generation} with ${stored.weightPercent} % on ${stored.to} stands there, not ${ours}`,
    );
  }
  if (isOurs && stored.generation < expected.generation) {
    return concern(
      'edge-lost',
      `the store went back to generation ${stored.generation} with ${stored.weightPercent} % on ${stored.to}; ${ours} was read back before`,
    );
  }
  return expected.weightPercent === null || stored.weightPercent === expected.weightPercent
    ? []
    : concern(
        'edge-weight',
        `the edge config holds ${stored.weightPercent} % on ${stored.to} where ${expected.weightPercent} % was read back`,
      );
}

/** Why a rollback should not count on `from`, or nothing. */
export function unfitness(from: Color, contracts: readonly HealthContract[] | string): Concern[] {
  const unfit = (why: string): Concern[] => [
    { kind: 'from-unfit', color: from, what: `${from} is not fit to return to: ${why}` },
  ];
  if (typeof contracts === 'string') return unfit(`its health contract does not answer (${contracts})`);
  if (contracts.length === 0) return unfit('it answers no health contract');
  const sick = contracts.filter(({ ok }) => !ok);
  if (sick.length > 0) return unfit(`it says it is not well${regionsSaid(sick)}`);
  const empty = contracts.filter(({ capacity }) => capacity !== undefined && capacity.max <= 0);
  return empty.length === 0 ? [] : unfit(`it has no capacity${regionsSaid(empty)}`);
}

function regionsSaid(contracts: readonly HealthContract[]): string {
  const named = contracts.flatMap(({ region }) => region ?? []);
  return named.length === 0 ? '' : ` in ${named.join(', ')}`;
}

/** In which way a color is not the one that was pinned. */
export function changes(color: Color, pinned: Pinned, contracts: readonly HealthContract[]): Concern[] {
  const seen = pinnedOf(contracts);
  const others = (list: readonly string[], known: readonly string[]): string[] =>
    list.filter((one) => !known.includes(one));
  const releases = others(seen.releases, pinned.releases);
  const index = contracts.find((one) => !pinned.indexes.includes(identityKey(one.index)))?.index ?? null;
  const now = { releases: seen.releases, identity: index === null ? null : bare(index) };
  const concern = (kind: ConcernKind, what: string): Concern => ({ kind, color, what, now });
  return [
    ...(releases.length === 0
      ? []
      : [
          concern(
            'release-changed',
            `${color} runs ${releases.join(', ')} now; preflight pinned ${pinned.releases.join(', ')}`,
          ),
        ]),
    ...(index === null
      ? []
      : [
          concern(
            'index-changed',
            `${color}'s index has changed since preflight pinned it (INDEX_HASH ${index.INDEX_HASH})`,
          ),
        ]),
  ];
}

/** True of a concern that makes the evidence of a hold worthless: what it judged is not what stands there now. */
export function interrupts({ kind, color }: Concern, to: Color): boolean {
  if (kind === 'edge-foreign' || kind === 'edge-weight' || kind === 'edge-lost') return true;
  return (kind === 'release-changed' || kind === 'index-changed') && color === to;
}

const KINDS: readonly ConcernKind[] = [
  'edge-foreign',
  'edge-weight',
  'edge-lost',
  'weight-put-back',
  'from-unfit',
  'release-changed',
  'index-changed',
  'evidence-lost',
  'schedules-misplaced',
];

/** Concerns that arrived unchecked: those of the right shape, without what only the watch itself may say. */
export function toConcerns(input: unknown): Concern[] {
  const list: readonly unknown[] = Array.isArray(input) ? input.slice(0, 20) : [];
  return list.flatMap((one) => {
    const { kind, color, what, weightPercent } = (one ?? {}) as Partial<Record<keyof Concern, unknown>>;
    const known = KINDS.find((name) => name === kind);
    const side = color === 'blue' || color === 'green' ? color : null;
    return known === undefined || typeof what !== 'string'
      ? []
      : [{ kind: known, color: side, what: what.slice(0, 500), ...shareOf(weightPercent) }];
  });
}

function shareOf(value: unknown): Pick<Concern, 'weightPercent'> {
  return typeof value === 'number' && value >= 0 && value <= 100 ? { weightPercent: value } : {};
}

/** A hold that ends with one of these is put to a person. */
const OBJECTING: readonly ConcernKind[] = ['from-unfit', 'schedules-misplaced'];

/**
 * What a look says. In the middle of a hold only a fail decides; at its end gates alone do not pass it, if what they judged does not
 * stand or the way back is not there.
 */
export function lookVerdict(
  gates: readonly GateSummary[],
  final: boolean,
  concerns: readonly Concern[],
  to: Color,
): Verdict {
  const verdict = overallVerdict(gates);
  if (verdict === 'fail') return verdict;
  const objects = concerns.some((one) => OBJECTING.includes(one.kind) || interrupts(one, to));
  if (!final || (objects && (verdict === 'pass' || verdict === 'skipped'))) return 'inconclusive';
  return verdict;
}

export function isSameConcern(a: Concern, b: Concern): boolean {
  return a.kind === b.kind && a.color === b.color && a.what === b.what;
}

/** Without the family label, which answers do not carry. */
function bare(index: AnswerIdentity): AnswerIdentity {
  return Object.fromEntries(
    IDENTITY_FIELDS.map((field) => [field, index[field]]),
  ) as unknown as AnswerIdentity;
}
