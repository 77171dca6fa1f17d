/** Looks of an hour as a source tells them that counts requests and knows no users. */
import { countTotals, type CountedLine, type TotalsOfLooks } from '../../../src/domain/clusters/index.ts';
import type { BuiltInGate } from '../../../src/domain/gate.ts';
import { sumsTerms } from '../../../src/domain/gates/sums-terms.ts';
import type { Baseline, LookInput, ProbeWindow } from '../../../src/domain/look-input.ts';
import { START_MS } from '../../../scripts/sim-gates/input.ts';
import { hour, HOUR_MS, traffic, USUAL } from './kit.ts';
import { linesOf, type Spec } from './spec-lines.ts';

export interface Parts {
  readonly index?: number;
  readonly isAlone?: boolean;
  readonly baseline?: Baseline;
  readonly probes?: ProbeWindow | null;
  /** What became of a request, by the minute of the hour in which it came. */
  readonly change?: (line: CountedLine, minute: number) => Partial<CountedLine>;
}

const LOOK_MS = HOUR_MS / 12;

/** The look of an hour as a source of histograms tells it. */
export function counted(gate: BuiltInGate, green: Partial<Spec>, parts: Parts = {}): LookInput {
  const { index = 12, isAlone = false, baseline, change = () => ({}) } = parts;
  const specs = [...(isAlone ? [] : [traffic('blue', RATE)]), traffic('green', { ...RATE, ...green })];
  const input = hour(
    gate,
    specs,
    { index, isAlone, ...(baseline === undefined ? {} : { baseline }) },
    { probes: parts.probes ?? null },
  );
  const lines = linesOf(specs, HOUR_MS).map((line) => ({
    ...line,
    ...change(line, Math.floor((line.atMs - START_MS) / 60_000)),
  }));
  const at = (looks: number): TotalsOfLooks['before'] => {
    const terms = sumsTerms(
      { startMs: START_MS, endMs: START_MS + looks * LOOK_MS, holdMs: HOUR_MS, everyMs: LOOK_MS, looks },
      { to: 'green', from: isAlone ? null : 'blue', settings: input.settings, catalogue: null },
    );
    return terms === null ? null : countTotals(lines, terms, 'prometheus');
  };
  const now = at(index);
  if (now === null || input.traffic === null) throw new Error('no look');
  return { ...input, traffic: { ...input.traffic, sums: null, totals: { now, before: at(index - 1) } } };
}

const RATE = { errors: { [USUAL]: 25 } };
