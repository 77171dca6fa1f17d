/** What a look asks telemetry to add up, by the settings in force: whoever gathers, simulates or tests asks alike. */
import {
  dayOfFrom,
  inTicks,
  limitsOf,
  lookWindow,
  type LookWindow,
  type PartHistograms,
  type PartLimits,
  type SumsTerms,
} from '../clusters/index.ts';
import type { GateSettings } from '../gate.ts';
import type { Baseline, ErrorCatalogue } from '../look-input.ts';

/** Null before the first whole tick. */
export function sumsTerms(
  window: Omit<LookWindow, 'blockMs'>,
  {
    settings,
    catalogue,
    ...colors
  }: Pick<SumsTerms, 'to' | 'from'> & {
    readonly settings: GateSettings;
    readonly catalogue: ErrorCatalogue | null;
  },
): SumsTerms | null {
  const { clusters, novelty, serverErrors } = settings;
  const lies = lookWindow({ ...window, blockMs: clusters.blockMs });
  if (lies === null) return null;
  return {
    ...lies,
    ...colors,
    sameFailureMs: inTicks(clusters.sameFailureMs, lies.grid.tickMs),
    serverErrors,
    known: Object.keys(catalogue?.classes ?? {}).toSorted(),
    apartBlocks: novelty.apart,
  };
}

/** What the second pass adds up. */
export function sumsLimits(
  seen: readonly PartHistograms[],
  terms: SumsTerms,
  settings: GateSettings,
  baseline: Baseline | null,
): PartLimits[] {
  const day = terms.from === null ? dayOfFrom(baseline?.days ?? [], terms, settings.history.ignore) : null;
  return limitsOf(seen, terms, settings.latencyRatio, day, settings.catastrophe.overP95);
}
