/**
 * What can be wrong in a rehearsal: with `to`, with a provider, or with those who judge. Each fault of `to` has one gate that must
 * catch it; a blind judge must never let the switch go on.
 */

export const FAULTS = {
  'slow-tail': 'p95 of `to` is 1.6 times that of `from`: the latency gate',
  'bad-index': '`to` answers from another index: the identity gate, and ΔS',
  'near-miss': '`to` retrieves neighbours of the right sections: the coverage gate',
  'new-error-class': '`to` fails in a way `from` never did: the novelty gate',
  'schema-break': 'answers of `to` violate their JSON schema: the schema gate',
  'cold-only': '`to` pays for cold starts but is as fast when warm: warm it, change no code',
  'cache-leak': 'hits from the namespace of the other color: the cache gate',
  'queue-stuck': 'a job in `from`’s queue never finishes: the drain cannot be proved, the freeze is unwound',
  'lost-reply': 'one edge write is applied but its reply is lost: the retry must see it done',
  'telemetry-down': 'telemetry cannot be read from the canary on: the judge errs, nothing passes',
  'telemetry-silent': 'telemetry holds no line from the canary on: no data is no pass',
  'telemetry-stale': 'telemetry stops at the canary: stale data are no pass',
  'one-sided': 'no request of `to` is logged: one side alone is no pass',
  'embedder-down': 'probes cannot be scored from the canary on: the judge errs, nothing passes',
  'step-fails':
    'the last step of your own fails for good: what was done before it is undone, the newest first',
  'throttled-once': 'the first edge write is refused with 429 and Retry-After',
} as const;

export type Fault = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly Fault[];
