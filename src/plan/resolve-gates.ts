/**
 * The `gates` block to `GateSettings`.
 *
 * Invariant: as in `resolve.ts`: total and deterministic.
 */
import type { GateName, GateSettings } from '../domain/gate.ts';
import { DEFAULTS, durationMs, type DefaultPath } from './defaults.ts';
import type { PlanFile } from './schema.ts';

/** Thresholds in force, every one filled in. */
export function resolveGates(file: NonNullable<PlanFile['gates']>): GateSettings {
  const d = <P extends DefaultPath>(path: P): (typeof DEFAULTS)[P]['value'] => DEFAULTS[path].value;
  return {
    deltaS: {
      pass: file.deltaS?.pass ?? d('gates.deltaS.pass'),
      block: file.deltaS?.block ?? d('gates.deltaS.block'),
      pairedRise: file.deltaS?.pairedRise ?? d('gates.deltaS.pairedRise'),
    },
    coverage: {
      mean: file.coverage?.mean ?? d('gates.coverage.mean'),
      share: file.coverage?.share ?? d('gates.coverage.share'),
      blockShare: file.coverage?.blockShare ?? d('gates.coverage.blockShare'),
      pairedDrop: file.coverage?.pairedDrop ?? d('gates.coverage.pairedDrop'),
      critical: file.coverage?.critical ?? d('gates.coverage.critical'),
    },
    lambda: {
      pass: file.lambda?.pass ?? d('gates.lambda.pass'),
      block: file.lambda?.block ?? d('gates.lambda.block'),
    },
    latencyRatio: file.latencyRatio ?? d('gates.latencyRatio'),
    errorRatio: file.errorRatio ?? d('gates.errorRatio'),
    errorFloor: file.errorFloor ?? d('gates.errorFloor'),
    cacheDrop: file.cacheDrop ?? d('gates.cacheDrop'),
    egressSuccess: file.egressSuccess ?? d('gates.egressSuccess'),
    queueAgeMs: durationMs('gates.queueAge', file.queueAge),
    minSamples: file.minSamples ?? d('gates.minSamples'),
    // Names are checked by lint; a wrong one never reaches a plan that is used.
    advisory: (file.advisory ?? []) as GateName[],
    off: (file.off ?? []) as GateName[],
  };
}
