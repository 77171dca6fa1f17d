/** Preflight findings: each a stable code with what to do about it. */
export const FINDING_CODES = [
  'provider-unreachable',
  'provider-misconfigured',
  'probe-set-missing',
  'probe-set-changed',
  'probe-set-size',
  'probe-set-uncalibrated',
  'probes-too-slow',
  'assertions-unjudged',
  'edge-not-on-from',
  'edge-topology-unsupported',
  'edge-granularity',
  'edge-cannot-lower',
  'edge-frozen',
  'edge-region-differs',
  'edge-reads-stale',
  'edge-fencing-weak',
  'traffic-not-sticky',
  'propagation-too-short',
  'default-color',
  'stream-dialects',
  'clock-skew',
  'health-missing',
  'health-not-ok',
  'health-wrong-color',
  'release-differs',
  'parity-unknown',
  'contract-partial',
  'env-parity',
  'secrets-overlap',
  'index-unlabelled',
  'index-differs',
  'index-shared',
  'cache-prefix-shared',
  'tools-differ',
  'memory-prefix-shared',
  'cache-unproved',
  'queue-topic-shared',
  'queue-retry-differs',
  'queue-quiet-too-short',
  'queue-dead-letters',
  'queue-unsafe',
  'schedulers',
  'regions-missing',
  'migration-forward-only',
  'fence-unproved',
  'from-capacity',
  'capacity-unknown',
  'pin-refused',
  'warm-route',
  'evidence-not-shared',
  'telemetry-not-shared',
  'telemetry-without-users',
  'telemetry-unreadable',
  'telemetry-empty',
  'telemetry-late',
  'telemetry-lacks-fields',
  'worker-not-checked',
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

export interface Finding {
  readonly code: FindingCode;
  /** `blocking` ends the switch at preflight unless the plan accepts the code with a reason. */
  readonly severity: 'blocking' | 'warning';
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** Set when the plan accepts it: the user's reason. */
  readonly accepted: string | null;
}

export function blocking(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => finding.severity === 'blocking' && finding.accepted === null);
}
