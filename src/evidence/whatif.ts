/**
 * Replays the evidence of a switch against other thresholds: what would have happened?
 * Invariant: old verdicts are the stored ones and new ones come from the same inputs, so a difference is due to the
 * settings (or to a newer gate version, which is said).
 */
import type { GateName, GateSettings, Verdict } from '../domain/gate.ts';
import { overallVerdict, summarize, type GateRecord } from '../domain/gate-record.ts';
import { UserError } from '../domain/errors.ts';
import { judge } from '../domain/gates/judge.ts';
import type { LookInput } from '../domain/look-input.ts';
import { GATE_VERSION } from '../domain/gates/record.ts';
import { thresholds, withSettings, type GateTune } from '../domain/settings.ts';
import { readLook, type EvidenceReader } from './looks.ts';

export interface WhatIfRow {
  readonly digest: string;
  readonly step: string;
  readonly look: number;
  /** `overall` is the verdict of the look. */
  readonly gate: GateName | 'overall';
  readonly before: Verdict;
  readonly beforeReason: string;
  readonly after: Verdict;
  readonly afterReason: string;
  readonly changed: boolean;
  /** True when the stored verdict was reached by rules of another version. */
  readonly otherVersion: boolean;
}

/**
 * @param digests of the documents `{ input, records }`
 * @param override thresholds to use instead of those in force then
 * @throws Error when a document cannot be read: an incomplete replay would mislead
 */
export async function whatIf(
  store: EvidenceReader,
  digests: readonly string[],
  override: GateTune,
): Promise<WhatIfRow[]> {
  const rows: WhatIfRow[] = [];
  for (const digest of digests) {
    const { input, records } = await readLook(store, digest);
    refuseUnstored(input, override);
    const fresh = judge({ ...input, settings: withSettings(input.settings, override) });
    const place = { digest, step: input.step, look: input.look.index };
    const isOther = (list: readonly GateRecord[]): boolean =>
      list.some(({ gateVersion }) => gateVersion !== GATE_VERSION);
    for (const record of fresh) {
      const stored = records.find(({ gate }) => gate === record.gate);
      rows.push({
        ...place,
        gate: record.gate,
        before: stored?.verdict ?? 'skipped',
        beforeReason: stored?.reasonCodes[0] ?? '',
        after: record.verdict,
        afterReason: record.reasonCodes[0] ?? '',
        changed: stored?.verdict !== record.verdict,
        otherVersion: stored !== undefined && isOther([stored]),
      });
    }
    const [before, after] = [records, fresh].map((list) => overallVerdict(list.map(summarize)));
    rows.push({
      ...place,
      gate: 'overall',
      before: before ?? 'inconclusive',
      beforeReason: '',
      after: after ?? 'inconclusive',
      afterReason: '',
      changed: before !== after,
      otherVersion: isOther(records),
    });
  }
  return rows;
}

/** Settings by which requests were counted when the look was stored. */
const COUNTED_BY = [
  'clusters.blockMs',
  'clusters.sameFailureMs',
  'catastrophe.overP95',
  'novelty.dayMs',
  'novelty.apart',
  'history.hours',
];

/** A look stores counts, not each request: whatever was counted otherwise cannot be asked for. */
function refuseUnstored({ step, look, traffic, settings }: LookInput, override: GateTune): void {
  const place = `${step}, look ${look.index}`;
  const [was, asked] = [thresholds(settings), thresholds(withSettings(settings, override))];
  const other = COUNTED_BY.find((path) => was[path] !== asked[path]);
  if (other !== undefined && (traffic?.sums ?? traffic?.totals) != null) {
    throw new UserError(
      `${other} cannot be replayed: ${place} stored counts by ${other} ${was[other]}, and no request`,
      { hint: 'leave it out; a new value holds from the next switch on' },
    );
  }
  if (override.serverErrors !== undefined && (traffic?.sums ?? traffic?.totals) != null) {
    const rule = (of: GateSettings): string => JSON.stringify(of.serverErrors);
    if (rule(settings) !== rule(withSettings(settings, override))) {
      throw new UserError(
        `serverErrors cannot be replayed: ${place} stored counts of errors, and no request`,
        {
          hint: 'leave it out; a new value holds from the next switch on',
        },
      );
    }
  }
  const { latencyRatio } = override;
  if (latencyRatio === undefined) return;
  for (const { final } of traffic?.sums?.parts ?? []) {
    const stored = Object.keys(final?.arms.to.slow ?? {}).toSorted((a, b) => Number(a) - Number(b));
    if (final === null || stored.includes(String(latencyRatio))) continue;
    throw new UserError(
      `latencyRatio ${latencyRatio} cannot be replayed: ${place} stored how many requests were slower than ${stored.join(', ')} times`,
      { hint: 'take one of these ratios' },
    );
  }
}
