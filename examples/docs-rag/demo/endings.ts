/** How the demo must end under each fault: the exit code is 0 only if it does, and the ledger is whole. */
import type { Outcome } from '../../../src/domain/state.ts';
import type { StackFault } from '../stack.ts';

export interface Ending {
  readonly outcome: 'completed' | 'rolled-back';
  /** The gate that must be named in the result. */
  readonly gate: string | null;
  /** What is broken, for the person who watches. */
  readonly what: string;
  /** Set when the switch must stop and ask: the operator mends the cause, then answers. */
  readonly asks: boolean;
}

export const ENDINGS: Readonly<Record<StackFault, Ending>> = {
  none: { outcome: 'completed', gate: null, what: 'green is healthy', asks: false },
  'slow-tail': {
    outcome: 'rolled-back',
    gate: 'latency',
    what: 'one answer in eight of green is slow at body read',
    asks: false,
  },
  'bad-index': {
    outcome: 'rolled-back',
    gate: 'delta-s',
    what: "green's ids point into another index",
    asks: false,
  },
  'near-miss': {
    outcome: 'rolled-back',
    gate: 'coverage',
    what: 'green retrieves the neighbours of the right section',
    asks: false,
  },
  fragments: {
    outcome: 'rolled-back',
    gate: 'coverage',
    what: 'green cut its sections into pieces of forty words',
    asks: false,
  },
  'shard-missing': {
    outcome: 'rolled-back',
    gate: 'coverage',
    what: 'a fifth of the sections is missing from green',
    asks: false,
  },
  'seed-unstable': {
    outcome: 'rolled-back',
    gate: 'lambda',
    what: 'green ranks what it found by chance',
    asks: false,
  },
  'stemmer-mismatch': {
    outcome: 'rolled-back',
    gate: 'identity',
    what: 'green asks its index in words the index was not built of',
    asks: false,
  },
  'new-error-class': {
    outcome: 'rolled-back',
    gate: 'error-novelty',
    what: 'green cuts some bodies off',
    asks: false,
  },
  'full-load': {
    outcome: 'rolled-back',
    gate: 'error-novelty',
    what: 'green cuts some bodies off, but only once it has all users',
    asks: false,
  },
  'stream-error': {
    outcome: 'rolled-back',
    gate: 'error-novelty',
    what: 'green fails in the middle of some streams, under status 200',
    asks: false,
  },
  'schema-break': {
    outcome: 'rolled-back',
    gate: 'schema',
    what: 'green leaves a required field out of some answers',
    asks: false,
  },
  'cold-only': {
    outcome: 'completed',
    gate: null,
    what: 'green keeps starting cold; the operator reserves concurrency',
    asks: true,
  },
  'cache-leak': {
    outcome: 'rolled-back',
    gate: 'cache',
    what: "green's cache key falls back to blue's prefix",
    asks: false,
  },
  'queue-stuck': {
    outcome: 'completed',
    gate: null,
    what: "blue's consumer holds on to its jobs; the operator unsticks it",
    asks: true,
  },
  'dialog-lost': {
    outcome: 'rolled-back',
    gate: 'dialogs',
    what: 'green keeps dialogs where blue does not, so that conversations end with the flip',
    asks: false,
  },
  'rebuilt-index': {
    outcome: 'completed',
    gate: null,
    what: 'each color was built for itself and lost other questions, two in a hundred',
    asks: false,
  },
  'noisy-neighbour': {
    outcome: 'completed',
    gate: null,
    what: 'a neighbour on the machine slows both colors at the same time',
    asks: false,
  },
};

export const FAULTS = Object.keys(ENDINGS) as readonly StackFault[];

export function isFault(name: string): name is StackFault {
  return Object.hasOwn(ENDINGS, name);
}

/** Faults of what a plain service does not have. */
export function needsMore(fault: StackFault): boolean {
  return fault === 'cache-leak' || fault === 'queue-stuck' || fault === 'dialog-lost';
}

/** Whether a switch ended as it must. One that should have asked and went on by itself did not, whatever its outcome. */
export function isAsItShould(ending: Ending, outcome: Outcome, asked: readonly string[]): boolean {
  if (outcome.kind !== ending.outcome || (ending.asks && asked.length === 0)) return false;
  return outcome.kind !== 'rolled-back' || outcome.gate === ending.gate;
}
