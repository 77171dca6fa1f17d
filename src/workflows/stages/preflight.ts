/** Reads both colors in every region and layer, checks everything that a later stage needs, pins identities, captures the baseline. */
import { blocking, type Finding } from '../../domain/finding.ts';
import { reads } from '../activities.ts';
import type { SwitchRun } from '../run.ts';
import { stepsOf } from '../steps.ts';

/** Ends the switch before it changed anything. */
export class Refused extends Error {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super('refused at preflight');
    this.findings = findings;
  }
}

export async function preflight(run: SwitchRun): Promise<string> {
  const seen = await reads.inspect({ plan: run.plan, targets: run.targets });
  run.emit({ type: 'findings', findings: seen.findings });
  if (blocking(seen.findings).length > 0 || seen.expected === null) throw new Refused(seen.findings);
  run.expected = seen.expected;
  run.deadLetters = seen.deadLetters;
  if (seen.pinned !== null) run.emit({ type: 'pinned', pinned: seen.pinned, why: null });
  if (seen.baseline !== null) run.emit({ type: 'baseline', evidence: seen.baseline });
  run.emit({
    type: 'edge-read',
    step: 'as found',
    // Preflight refuses an edge that does not stand at 0 %.
    actualPercent: 0,
    generation: seen.generation,
  });
  await stepsOf(run, 'preflight');
  return `${seen.findings.length} finding(s), none blocking`;
}
