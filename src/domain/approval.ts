/** Who may approve what. Names are compared as people mean them: `Ana ` and `ana` are one person. */
import type { ApprovalPlan } from './plan.ts';

/** Unicode NFKC, lower case, blanks trimmed and folded. */
export function normalName(name: string): string {
  return name.normalize('NFKC').trim().replaceAll(/\s+/gu, ' ').toLowerCase();
}

export function sameName(one: string, other: string): boolean {
  return normalName(one) === normalName(other);
}

/** Why `by` may not approve, in one sentence; null when they may. */
export function isApprover(approval: ApprovalPlan, by: string, startedBy: string): string | null {
  const { approvers, before } = approval;
  if (approval.exclude === 'starter' && isStarter(by, startedBy)) {
    return `${by} started this switch, and the plan wants somebody else to approve ${before}`;
  }
  if (approvers.length === 0 || approvers.some((one) => sameName(one, by))) return null;
  return `${by} is not among the approvers of ${before}: ${approvers.join(', ')}`;
}

/** People still missing when those have approved. */
export function missingApprovals(approval: ApprovalPlan, given: readonly string[]): number {
  return Math.max(0, approval.count - new Set(given.map(normalName)).size);
}

/** The command line signs as `user@host`: the same user elsewhere is the same person. */
function isStarter(by: string, startedBy: string): boolean {
  return sameName(by, startedBy) || sameName(by.split('@')[0] ?? '', startedBy.split('@')[0] ?? '');
}
