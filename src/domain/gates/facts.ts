/**
 * Made by `scripts/gate-facts.ts` from the files beside this one: do not edit. What the workflow knows of each gate and threshold
 * without its rule.
 */
export const GATE_FACTS = {
  identity: {
    remedy:
      'The index identity is not the declared one: check that the color points at its own index family, metric and analyzer.',
    roles: { shadow: 'prove', canary: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
    needs: [],
  },
  schema: {
    remedy: 'Answers break their schema: lock tool and answer schemas, and validate them in the build.',
    roles: { shadow: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
    needs: ['probes'],
    rounds: 6,
  },
  'delta-s': {
    remedy:
      'ΔS rose: keep the color read-only, rebuild its index with the chunking checklist and check the embedding model and corpus.',
    roles: { shadow: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
    needs: ['probes'],
    rounds: 6,
    symptomBut: ['delta_s_median_blocked'],
  },
  coverage: {
    remedy:
      'Coverage dropped: check chunk size, top-k and reranker; the right sections are no longer delivered.',
    roles: { shadow: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
    needs: ['probes'],
    rounds: 6,
  },
  lambda: {
    remedy:
      'Answers differ between paraphrases or seeds: pin the reranker and its seed, check ties in retrieval.',
    roles: { shadow: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
    needs: ['probes', 'reruns'],
    rounds: 6,
  },
  assertions: {
    remedy:
      'Answers miss what they must hold: `cutover why assertions` names question and assertion; compare prompt, model and what is retrieved.',
    roles: { shadow: 'guard', ramp: 'guard', audit: 'guard', hold: 'guard' },
    needs: ['probes'],
    rounds: 6,
  },
  refusals: {
    remedy:
      'More questions are refused: compare system prompt, guardrails and model version of the two colors.',
    roles: { shadow: 'advisory' },
    needs: ['probes'],
  },
  dialogs: {
    remedy:
      'Conversations do not survive the flip: keep dialogs and sessions in a store that both colors share, in a form that both read.',
    roles: { shadow: 'prove', ramp: 'prove', audit: 'prove' },
    needs: ['dialogs'],
  },
  latency: {
    remedy:
      'Latency rose at body read: increase memory or reserve concurrency, and adjust stream chunk sizes.',
    roles: { canary: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
    needs: ['traffic'],
    rounds: 4,
  },
  'error-rate': {
    remedy: 'Errors rose: check boot order, version skew and timeouts of the color.',
    roles: { canary: 'guard', ramp: 'guard', audit: 'guard', hold: 'guard' },
    needs: ['traffic'],
  },
  'error-novelty': {
    remedy:
      'A new error class appeared: check boot order and version skew, body limits and stream termination.',
    roles: { shadow: 'guard', canary: 'guard', ramp: 'guard', audit: 'guard', hold: 'guard' },
    needs: ['traffic', 'lines', 'replays'],
  },
  cache: {
    remedy:
      'The cache hit rate moved: check the prefixes (a rise means keys are shared between colors) and prime the popular keys.',
    roles: { canary: 'guard', ramp: 'guard', caches: 'guard', audit: 'guard', hold: 'guard' },
    needs: ['traffic', 'lines'],
    subject: 'cache',
    explainsOthers: ['cache_foreign_prefix'],
  },
  'cold-start': {
    remedy: 'Only cold starts are worse: reserve concurrency or raise memory; the code is not at fault.',
    roles: { ramp: 'guard', hold: 'guard' },
    needs: ['traffic', 'lines'],
  },
  egress: {
    remedy: 'Outbound calls fail: check egress rules, webhooks and their secrets on the new color.',
    roles: { audit: 'prove', hold: 'prove' },
    needs: ['counters'],
  },
  dedupe: {
    remedy:
      'The dedupe guard did not hold: check idempotency keys sha256(source_id + revision + index_hash) and the done-ledger.',
    roles: { audit: 'prove', hold: 'prove' },
    needs: ['queue', 'counters'],
    subject: 'queue',
  },
  'queue-age': {
    remedy: 'Jobs grow old: check the consumers of the new color and their concurrency.',
    roles: { audit: 'guard', hold: 'prove' },
    needs: ['queue'],
    subject: 'queue',
  },
  stickiness: {
    remedy:
      'Users changed sides: check the sticky key, the salt and that every region serves one generation.',
    roles: { canary: 'guard', ramp: 'guard' },
    needs: ['traffic', 'lines'],
  },
} as const;

export const SETTING_FACTS = {
  'deltaS.pass': {
    kind: 'share',
    stricter: 'lower',
    must: { be: 'less', than: 'deltaS.block', because: 'smaller is better for ΔS' },
  },
  'deltaS.block': { kind: 'share', stricter: 'lower' },
  'deltaS.pairedRise': { kind: 'share', stricter: 'lower' },
  'coverage.mean': { kind: 'share', stricter: 'higher' },
  'coverage.share': {
    kind: 'share',
    stricter: 'higher',
    must: { be: 'greater', than: 'coverage.blockShare', because: 'larger is better for coverage' },
  },
  'coverage.blockShare': { kind: 'share', stricter: 'higher' },
  'coverage.pairedDrop': { kind: 'share', stricter: 'lower' },
  'coverage.critical': { kind: 'share', stricter: 'higher' },
  'lambda.pass': {
    kind: 'share',
    stricter: 'higher',
    must: { be: 'greater', than: 'lambda.block', because: 'larger is better for λ' },
  },
  'lambda.block': { kind: 'share', stricter: 'higher' },
  'lambda.rebuild': { kind: 'share', stricter: 'lower' },
  latencyRatio: { kind: 'ratio', stricter: 'lower' },
  errorRatio: { kind: 'ratio', stricter: 'lower' },
  errorFloor: { kind: 'share', stricter: 'lower' },
  'novelty.dayMs': { kind: 'duration', stricter: 'lower' },
  'novelty.apart': { kind: 'count', stricter: 'lower' },
  'cache.drop': { kind: 'share', stricter: 'lower' },
  'cache.maxShare': { kind: 'share', stricter: 'higher' },
  egressSuccess: { kind: 'share', stricter: 'higher' },
  queueAgeMs: { kind: 'duration', stricter: 'lower' },
  minSamples: { kind: 'count', stricter: 'higher' },
  'clusters.blockMs': { kind: 'duration', stricter: 'lower' },
  'clusters.sameFailureMs': { kind: 'duration', stricter: 'lower' },
  'clusters.minUsers': { kind: 'count', stricter: 'lower' },
  'catastrophe.share': { kind: 'share', stricter: 'lower' },
  'catastrophe.overFrom': { kind: 'ratio', stricter: 'lower' },
  'catastrophe.overP95': { kind: 'ratio', stricter: 'lower' },
  'catastrophe.level': { kind: 'share', stricter: 'higher' },
  'history.hours': { kind: 'hours', stricter: 'higher' },
} as const;
