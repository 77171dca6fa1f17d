/**
 * λ on probe sets of which each color has lost some questions for good, as two builds of one approximate index do, and in
 * which any run may miss besides. Judged at the two looks of an hour's hold that end a grid, by the gate's own test and levels.
 * Invariant: set k of a family is drawn from `<seed>/<family>/<n>/<k>` alone; which runs make a question convergent is asked
 * of `lambdaOf`, once for each pattern of misses.
 */
import { lookLevels } from '../../src/domain/gates/look-plan.ts';
import { lambdaOf, type LambdaRun } from '../../src/domain/probes/lambda.ts';
import { GRID_CELLS, PARAPHRASES } from '../../src/domain/probes/rounds.ts';
import { mcnemarBeyond, type FlipCounts } from '../../src/domain/stats/index.ts';
import { DEFAULT_SETTINGS } from './input.ts';
import { randomOf, type Random } from './random.ts';
import { between } from '../between.ts';

export interface RebuiltFamily {
  readonly name: string;
  /** Share of the questions that each color loses for good, by chance and each its own. */
  readonly own: number;
  /** The set holds only what `from` has not lost. */
  readonly isCurated: boolean;
  /** Share of the questions that are broken on `to` besides. */
  readonly broken: number;
  /** The share that the plan forgives when such colors are called identical; null when something is broken. */
  readonly rebuild: number | null;
  /** Least share of sets that must fail at the default, by the size of the set. */
  readonly seen?: Readonly<Record<number, number>>;
}

const IDENTICAL = { broken: 0, isCurated: false, rebuild: DEFAULT_SETTINGS.lambda.rebuild } as const;
const BROKEN = { own: 0, isCurated: false, rebuild: null } as const;

export const REBUILT: readonly RebuiltFamily[] = [
  { ...IDENTICAL, name: 'each index loses its own 2 %', own: 0.02 },
  { ...IDENTICAL, name: 'the same, set curated on `from`', own: 0.02, isCurated: true },
  { ...IDENTICAL, name: 'own 5 %', own: 0.05 },
  { ...IDENTICAL, name: 'own 5 %, set curated on `from`', own: 0.05, isCurated: true, rebuild: 0.05 },
  { ...BROKEN, name: '5 % broken', broken: 0.05 },
  { ...BROKEN, name: '10 % broken', broken: 0.1, seen: { 300: 0.99 } },
  { ...BROKEN, name: '20 % broken', broken: 0.2, seen: { 117: 0.99, 300: 0.99 } },
  { ...BROKEN, name: '20 % broken, own 2 %', broken: 0.2, own: 0.02, seen: { 117: 0.9, 300: 0.99 } },
  { ...BROKEN, name: '30 % broken', broken: 0.3, seen: { 50: 0.98, 117: 0.99, 300: 0.99 } },
];

export const SET_SIZES = [50, 117, 300] as const;
export const FORGIVEN = [0, 0.02, 0.03, 0.05] as const;

/** Share of runs that cite another section. */
const MISSES = 0.02;
/** Lost questions beyond `from`'s at which a plain count would fail. */
const PLAIN_COUNT = 3;
/** The first grid ends at look 6, the second at the scheduled end. */
const LEVELS = [6, 12].map(
  (index) => lookLevels({ index, planned: 12, final: index === 12, plan: { looks: 12, extensions: 2 } }).fail,
);

/** Of each question: lost for good on that color. */
export interface LostForGood {
  readonly from: readonly boolean[];
  readonly to: readonly boolean[];
}

export function drawLost(random: Random, { own, isCurated, broken }: RebuiltFamily, n: number): LostForGood {
  const isLost = (): boolean => random.nextFloat() < own;
  const from = Array.from({ length: n }, () => isLost() && !isCurated);
  const count = Math.round(n * broken);
  return { from, to: Array.from({ length: n }, (_, i) => isLost() || i < count) };
}

/** Of each question: its cells that miss in one grid, bit by bit. */
export function drawMisses(random: Random, n: number): Uint8Array {
  const misses = new Uint8Array(n);
  const gap = (): number => Math.floor(Math.log(1 - random.nextFloat()) / Math.log1p(-MISSES));
  for (let cell = gap(); cell < n * GRID_CELLS; cell += 1 + gap()) {
    const question = Math.floor(cell / GRID_CELLS);
    misses[question] = (misses[question] ?? 0) | (1 << (cell % GRID_CELLS));
  }
  return misses;
}

/** Section that a run cites. */
export function citedBy(question: string, isElsewhere: boolean): string {
  return isElsewhere ? `${question}-other` : `${question}-gold`;
}

/** By the pattern of misses: a question that is not lost is convergent. */
const CONVERGES: readonly boolean[] = Array.from({ length: 2 ** GRID_CELLS }, (_, pattern) => {
  const runs = Array.from({ length: GRID_CELLS }, (__, cell): LambdaRun => ({
    paraphrase: cell % PARAPHRASES,
    seed: Math.floor(cell / PARAPHRASES),
    error: null,
    violations: [],
    answerClass: 'answer',
    sectionIds: [citedBy('q', (pattern & (1 << cell)) !== 0)],
    sectionsFrom: 'cited',
  }));
  return lambdaOf(runs, { answerable: true, targets: [citedBy('q', false)] }).state === 'convergent';
});

/** @param missed misses of one grid on each color */
export function flipsOf(lost: LostForGood, missed: Readonly<Record<'from' | 'to', Uint8Array>>): FlipCounts {
  const pairs = lost.from.length;
  let [worse, better] = [0, 0];
  const isGood = (side: 'from' | 'to', i: number): boolean =>
    lost[side][i] === false && CONVERGES[missed[side][i] ?? 0] === true;
  for (let i = 0; i < pairs; i += 1) {
    const [from, to] = [isGood('from', i), isGood('to', i)];
    if (from && !to) worse += 1;
    if (to && !from) better += 1;
  }
  return { worse, better, pairs };
}

/** Share of sets that fail: by a plain count of lost questions, and by the gate's test for each share forgiven. */
export interface RebuiltRates {
  readonly plain: number;
  readonly forgiving: readonly number[];
}

export function rebuiltRates(family: RebuiltFamily, n: number, seed: string, reps: number): RebuiltRates {
  const known = new Map<string, number>();
  const p = (counts: FlipCounts, forgiven: number): number => {
    const key = `${counts.worse}/${counts.better}/${forgiven}`;
    const value = known.get(key) ?? mcnemarBeyond(counts, forgiven);
    known.set(key, value);
    return value;
  };
  const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;
  let plain = 0;
  const fails = FORGIVEN.map(() => 0);
  for (let rep = 0; rep < reps; rep += 1) {
    const random = randomOf(`${seed}/${family.name}/${n}/${rep}`);
    const lost = drawLost(random, family, n);
    const looks = LEVELS.map((level) => ({
      level,
      counts: flipsOf(lost, { from: drawMisses(random, n), to: drawMisses(random, n) }),
    }));
    plain += Number(count(lost.to) - count(lost.from) >= PLAIN_COUNT);
    for (const [i, forgiven] of FORGIVEN.entries()) {
      if (looks.some(({ level, counts }) => p(counts, forgiven) <= level)) fails[i] = (fails[i] ?? 0) + 1;
    }
  }
  return { plain: plain / reps, forgiving: fails.map((one) => one / reps) };
}

/** The table as markdown, and the cells that miss their target. */
export function rebuiltTable(
  seed: string,
  reps: number,
  families = REBUILT,
): { table: string; missed: string[] } {
  const missed: string[] = [];
  const rows = families.map((family) => {
    const cells = SET_SIZES.map((n) => {
      const { plain, forgiving } = rebuiltRates(family, n, seed, reps);
      const at = (forgiven: number): number => forgiving[FORGIVEN.indexOf(forgiven as 0)] ?? NaN;
      const { rebuild, seen } = family;
      if (rebuild !== null && !(at(rebuild) <= 0.01)) missed.push(`${family.name}, n = ${n}: ${at(rebuild)}`);
      const least = seen?.[n] ?? 0;
      if (!(at(DEFAULT_SETTINGS.lambda.rebuild) >= least))
        missed.push(`${family.name}, n = ${n}: < ${least}`);
      return [plain, ...forgiving].map(tenths).join(' / ');
    });
    return `| ${[family.name, ...cells].join(' | ')} |`;
  });
  const head = `| questions | ${SET_SIZES.map((n) => `n = ${n}`).join(' | ')} |`;
  return { table: [head, `|---|${SET_SIZES.map(() => '---|').join('')}`, ...rows].join('\n'), missed };
}

function tenths(share: number): string {
  return String(Number((100 * share).toFixed(1)));
}

const BEGIN = '<!-- written by npm run sim:gates: do not edit below -->';
const END = '<!-- written by npm run sim:gates: do not edit above -->';

/** The documentation with its table of rebuilt indexes replaced. */
export function withRebuilt(docs: string, table: string): string {
  return between(docs, BEGIN, END, table);
}
