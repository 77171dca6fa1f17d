/** What a comparison says, before it is drawn: the same facts for a terminal, a page, a machine and a test report. */
import { behind } from '../../board/behind.ts';
import type { Color } from '../../domain/color.ts';
import { isToleratedGuard, summarize, type GateArm, type GateRecord } from '../../domain/gate-record.ts';
import type { Verdict } from '../../domain/gate.ts';
import { namedGate } from '../../domain/named-gate.ts';
import { MIN_QUESTIONS } from '../../domain/gates/questions.ts';
import type { LookInput } from '../../domain/look-input.ts';
import { EXIT } from '../exit-codes.ts';
import { withTexts, type Shown } from '../render/behind.ts';
import type { Compared } from './compare.ts';

export interface Page {
  readonly verdict: 'pass' | 'fail' | 'undecided';
  readonly exitCode: number;
  /** The last line: what it comes to and what to do. */
  readonly conclusion: string;
  readonly from: Side;
  readonly to: Side;
  readonly notes: readonly string[];
  readonly gates: readonly GateView[];
  readonly input: LookInput;
  readonly tookMs: number;
}

export interface Side {
  readonly color: Color;
  readonly url: string;
  readonly release: string | null;
  readonly answers: number;
  readonly failed: number;
}

export interface GateView {
  readonly record: GateRecord;
  readonly found: Shown;
  /** Neither passed nor skipped: its questions are shown. */
  readonly isOpen: boolean;
  /** A guard with too little data: no objection. */
  readonly isTolerated: boolean;
}

/** Here no later look will tell. */
const UNDECIDED = 'Nothing is proved either way: read what is above; more questions tell more.';

const EXITS = { pass: EXIT.ok, fail: EXIT.checkFailed, undecided: EXIT.undecided } as const;

export function pageOf(
  compared: Compared,
  sides: {
    readonly urls: Readonly<Record<Color, string>>;
    readonly releases: Readonly<Record<Color, string | null>>;
  },
): Page {
  const { input, records, probes, sent } = compared;
  const asked = new Map(probes.map((probe) => [probe.id, probe]));
  const verdict = said(compared.verdict);
  const side = (color: Color): Side => ({
    color,
    url: sides.urls[color],
    release: sides.releases[color],
    ...sent[color],
  });
  const silent = silentOf(compared);
  const undecided = silent === null ? UNDECIDED : `See first why ${silent}.`;
  const gates = records.map((record): GateView => {
    const found = behind(input, record);
    const advice = record.verdict === 'inconclusive' ? undecided : found.advice;
    return {
      record,
      found: { ...found, advice, questions: withTexts(found.questions, asked) },
      isOpen: record.verdict !== 'pass' && record.verdict !== 'skipped',
      isTolerated: isToleratedGuard(summarize(record)),
    };
  });
  const page = { from: side(input.from), to: side(input.to), gates, input, tookMs: compared.tookMs };
  return {
    ...page,
    verdict,
    exitCode: EXITS[verdict],
    conclusion: concluded(verdict, gates, compared),
    notes: compared.notes,
  };
}

function said(verdict: Verdict): Page['verdict'] {
  return verdict === 'pass' || verdict === 'fail' ? verdict : 'undecided';
}

function concluded(verdict: Page['verdict'], gates: readonly GateView[], compared: Compared): string {
  const { from, to } = compared.input;
  const deciding = gates.filter(({ record, isTolerated }) => !record.advisory && !isTolerated);
  const named = (which: (record: GateRecord) => boolean): string =>
    deciding
      .filter(({ record }) => which(record))
      .map(({ record }) => record.gate)
      .join(', ');
  if (verdict === 'pass') return `pass: ${to} is no worse than ${from} by any gate that was asked`;
  if (verdict === 'fail') {
    const cause = namedGate(gates.map(({ record }) => summarize(record)))?.gate ?? '';
    const others = named((one) => one.verdict === 'fail' && one.gate !== cause);
    return `fail: ${to} is worse than ${from} by ${cause}${others === '' ? '' : ` (also ${others})`}`;
  }
  const silent = silentOf(compared);
  if (silent !== null) return `undecided: ${silent}`;
  const sick = named(({ verdict: one }) => one === 'error');
  if (sick !== '')
    return `undecided: ${sick} cannot judge, as ${from} itself breaks its rule or the judge lacks something`;
  const open = named(({ verdict: one }) => one === 'inconclusive');
  if (open === '') return 'undecided: no gate was asked: each is off, or lacks what it judges';
  const { questionsMissing } = compared;
  return questionsMissing > 0
    ? `undecided: ${questionsMissing} questions more are needed, ${MIN_QUESTIONS} in all; so far ${open} can fail a build and not prove one`
    : `undecided: ${open}`;
}

/** Of colors that never answered there is nothing to judge, with any number of questions. */
function silentOf({ input: { from, to, probes }, sent }: Compared): string | null {
  const colors = [from, to].filter((color) => sent[color].answers === sent[color].failed);
  const error = probes?.runs.find(({ color }) => color === colors[0])?.error ?? null;
  return error === null ? null : `${colors.join(' and ')} answered no question (${error})`;
}

/** E.g. `0.812 [0.79, 0.83] of 97`. */
export function armSaid({ value, ci, n }: Pick<GateArm, 'value' | 'ci' | 'n'>): string {
  if (value === null) return n === 0 ? '–' : `of ${n}`;
  return `${number(value)}${boundsSaid(ci)} of ${n}`;
}

/** E.g. `paired -0.02 [-0.04, 0.001]`. */
export function effectSaid({ effect }: Pick<GateRecord, 'effect'>): string {
  if (effect === null) return '–';
  const { kind, estimate, lower, upper } = effect;
  const bounds = lower === null && upper === null ? '' : boundsSaid([lower, upper]);
  return `${kind} ${number(estimate)}${bounds}`;
}

function boundsSaid(bounds: readonly (number | null)[] | null): string {
  return bounds === null ? '' : ` [${bounds.map((one) => (one === null ? '∞' : number(one))).join(', ')}]`;
}

/** Three digits that matter. */
function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '∞';
}
