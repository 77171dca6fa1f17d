/** What a curation left out, by cause, with what to do about each: 54 lines of reasons tell nobody that spans are too wide. */
import { COLORS } from '../domain/color.ts';
import type { Probe, ProbeSet } from '../domain/probe.ts';
import { wordTokens } from '../domain/probes/tokens.ts';
import { answeringColors, type CuratedProbe, type DropCode } from './curate.ts';
import type { ProbeRun } from '../domain/probe.ts';

export interface Cause {
  /** `part_delivered` and `not_delivered` part `low_coverage`: they need different things. */
  readonly cause: Exclude<DropCode, 'low_coverage'> | 'part_delivered' | 'not_delivered';
  /** Questions; one may have several causes. */
  readonly probes: number;
  /** What to do, one sentence. */
  readonly advice: string;
}

const ADVICE: Readonly<Record<Cause['cause'], string>> = {
  part_delivered: 'narrow the spans of their targets to the sentences that answer (targets[].spans)',
  not_delivered:
    'none of their target text was delivered: check the section ids, and that the response map reads the delivered text',
  not_convergent: 'their paraphrases bring different sections: write paraphrases that ask the same',
  high_delta_s:
    'what is delivered is far from their words: use the words of your users, or check the embedder',
  not_answered: 'the requests failed: mend that first, nothing was learned about them',
};

/** Causes of what was dropped, the most frequent first. */
export function causesOf(
  set: Pick<ProbeSet, 'probes' | 'sections'>,
  verdicts: readonly CuratedProbe[],
): Cause[] {
  const probes = new Map(set.probes.map((probe) => [probe.id, probe]));
  const found = new Map<Cause['cause'], Probe[]>();
  for (const { id, kept, reasons, on } of verdicts) {
    const probe = probes.get(id);
    if (kept || probe === undefined) continue;
    const best = Math.max(0, ...COLORS.map((color) => on[color]?.coverage ?? 0));
    const causes = new Set(
      reasons.map(({ code }) =>
        code !== 'low_coverage' ? code : best > 0 ? 'part_delivered' : 'not_delivered',
      ),
    );
    // Who delivers none of it cannot agree on it: whatever the paraphrases are like, that is not the cause.
    if (causes.has('not_delivered')) causes.delete('not_convergent');
    for (const cause of causes) found.set(cause, [...(found.get(cause) ?? []), probe]);
  }
  return [...found]
    .map(([cause, of]): Cause => {
      const wide = cause === 'part_delivered' ? wideTargets(of, set) : '';
      return { cause, probes: of.length, advice: `${ADVICE[cause]}${wide}` };
    })
    .sort((a, b) => b.probes - a.probes);
}

/** How much text their targets ask for. */
function wideTargets(probes: readonly Probe[], { sections }: Pick<ProbeSet, 'sections'>): string {
  const words = probes
    .map(({ targets }) => {
      const texts = targets.flatMap(({ section_id: id, spans }) => {
        const text = sections.get(id)?.text ?? '';
        return spans === undefined ? [text] : spans.map(([start, end]) => text.slice(start, end));
      });
      return texts.reduce((sum, text) => sum + wordTokens(text).length, 0);
    })
    .sort((a, b) => a - b);
  const whole = probes.filter(({ targets }) => targets.some(({ spans }) => spans === undefined)).length;
  return `; ${whole} ask for whole sections, the middle one for ${words[Math.floor(words.length / 2)] ?? 0} words`;
}

/** One line each, for the terminal and for DROPPED.md. */
export function causeLines(causes: readonly Cause[]): string[] {
  return causes.map(({ cause, probes, advice }) => `${probes} × ${cause}: ${advice}`);
}

/** What a set that was curated on one color alone does to a comparison; null when both were asked, and answered. */
export function oneSidedText(runs: readonly ProbeRun[]): string | null {
  const [color, other] = answeringColors(runs);
  if (color === undefined || other !== undefined) return null;
  return `curated on ${color} alone: questions that only the other color passes are gone, so ${color} looks better than it is; ask both colors, or set gates.lambda.rebuild`;
}
