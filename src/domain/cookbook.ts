/** The rollback cookbook: which gate failed, and what to mend before the next try (playbook source, "Rollback cookbook"). */

const REMEDIES: Readonly<Record<string, string>> = {
  'delta-s':
    'ΔS rose: keep the color read-only, rebuild its index with the chunking checklist and check the embedding model and corpus.',
  coverage:
    'Coverage dropped: check chunk size, top-k and reranker; the right sections are no longer delivered.',
  lambda:
    'Answers differ between paraphrases or seeds: pin the reranker and its seed, check ties in retrieval.',
  identity:
    'The index identity is not the declared one: check that the color points at its own index family, metric and analyzer.',
  schema: 'Answers break their schema: lock tool and answer schemas, and validate them in the build.',
  latency:
    'Latency rose at body read: increase memory or reserve concurrency, and adjust stream chunk sizes.',
  'cold-start': 'Only cold starts are worse: reserve concurrency or raise memory; the code is not at fault.',
  'error-rate': 'Errors rose: check boot order, version skew and timeouts of the color.',
  'error-novelty':
    'A new error class appeared: check boot order and version skew, body limits and stream termination.',
  cache:
    'The cache hit rate moved: check the prefixes (a rise means keys are shared between colors) and prime the popular keys.',
  egress: 'Outbound calls fail: check egress rules, webhooks and their secrets on the new color.',
  dedupe:
    'The dedupe guard did not hold: check idempotency keys sha256(source_id + revision + index_hash) and the done-ledger.',
  'queue-age': 'Jobs grow old: check the consumers of the new color and their concurrency.',
  stickiness:
    'Users changed sides: check the sticky key, the salt and that every region serves one generation.',
  drain:
    'The queue could not be drained within the freeze budget: look for a stuck consumer or a poison message in the old queue.',
};

/** What to mend before the next try, by what sent the switch back. */
const BY_TRIGGER: Readonly<Record<'operator' | 'cancel' | 'deadline' | 'failure' | 'gate', string>> = {
  operator: 'No gate failed: an operator asked for the rollback.',
  cancel: 'No gate failed: the workflow was cancelled.',
  deadline:
    'No gate failed: a question was not answered in time. Answer it, or write a longer deadline into the plan.',
  failure: 'No gate failed: a step could not be done. Mend what the reason names, then start again.',
  gate: 'Look at the gates of the last hold before the next try.',
};

export function remedyFor(gate: string | null, trigger: keyof typeof BY_TRIGGER): string {
  if (gate === null) return BY_TRIGGER[trigger];
  return REMEDIES[gate] ?? `Look at the evidence of gate ${gate} before the next try.`;
}
