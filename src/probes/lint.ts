/**
 * Lints of a probe set: mistakes that make a gate blind rather than fail.
 *
 * Invariant: static lints need no service and no network; the two that embed or probe take what they need as arguments.
 */
import { foldWords } from '../domain/fold-text.ts';
import type { Probe, ProbeRun, ProbeSet } from '../domain/probe.ts';
import { targetTokens } from '../domain/probes/coverage.ts';
import { cosineDistance } from '../domain/probes/delta-s.ts';
import { lambdaOf } from '../domain/probes/lambda.ts';
import type { Embedder } from './embed/embedder.ts';

export interface LintFinding {
  readonly code:
    | 'set_size'
    | 'paraphrases_not_distinct'
    | 'question_in_section'
    | 'target_too_long'
    | 'target_shared'
    | 'topic_balance'
    | 'paraphrase_cosmetic'
    | 'paraphrase_far'
    | 'fails_on_from'
    | 'embedder_language'
    | 'embedder_blind';
  /** `error`: leave the probe out; `warning`: look at it. */
  readonly severity: 'error' | 'warning';
  readonly probeId: string | null;
  readonly message: string;
}

export interface LintOptions {
  /** Snippets delivered; default 5. */
  readonly k?: number;
  /** Words of a chunk; default 120. */
  readonly chunkWords?: number;
}

function lintProbe(probe: Probe, set: ProbeSet, k: number, chunkWords: number): LintFinding[] {
  const out: LintFinding[] = [];
  const add = (code: LintFinding['code'], severity: LintFinding['severity'], message: string): void =>
    void out.push({ code, severity, probeId: probe.id, message });
  if (new Set(probe.paraphrases.map(foldWords)).size < 3) {
    add('paraphrases_not_distinct', 'error', 'fewer than 3 different paraphrases');
  }
  let tokens = 0;
  for (const target of probe.targets) {
    const section = set.sections.get(target.section_id);
    if (section === undefined) continue;
    tokens += targetTokens(section, target).length;
    if (foldWords(section.text).includes(foldWords(probe.question))) {
      add('question_in_section', 'warning', `${section.section_id} holds the question word for word`);
    }
  }
  const feasible = tokens === 0 ? 1 : Math.min(1, (k * chunkWords) / tokens);
  if (feasible < 0.85) {
    add(
      'target_too_long',
      'error',
      `${k} snippets of ${chunkWords} words can cover ${feasible.toFixed(2)} at most: narrow the span`,
    );
  }
  return out;
}

/** Lints that need the files only. */
export function lintProbeSet(set: ProbeSet, options: LintOptions = {}): LintFinding[] {
  const out = set.probes.flatMap((probe) => lintProbe(probe, set, options.k ?? 5, options.chunkWords ?? 120));
  const general = (code: LintFinding['code'], message: string): void =>
    void out.push({ code, severity: 'warning', probeId: null, message });
  const count = set.probes.length;
  if (count < 50 || count > 200)
    general('set_size', `${count} probes; 50 to 200 are wanted (fewer can fail but never pass)`);
  const users = new Map<string, string[]>();
  const topics = new Map<string, number>();
  for (const probe of set.probes) {
    topics.set(probe.topic, (topics.get(probe.topic) ?? 0) + 1);
    for (const { section_id: id } of probe.targets) users.set(id, [...(users.get(id) ?? []), probe.id]);
  }
  for (const [section, ids] of users) {
    if (ids.length > 3)
      general('target_shared', `${section} is the target of ${ids.length} probes: ${ids.join(', ')}`);
  }
  for (const [topic, n] of topics) {
    if (n > count / 2) general('topic_balance', `${n} of ${count} probes are about ${topic}`);
    else if (n < 5) general('topic_balance', `${topic} has ${n} probes: too few to be judged as a topic`);
  }
  return out;
}

/** ΔS of a paraphrase to the canonical question: below the band it is cosmetic, above it may mean something else. */
const PARAPHRASE_BAND = [0.03, 0.45] as const;

/** Lints that need an embedder; the band was measured with USE-lite. A paraphrase equal to the question is allowed. */
export async function lintParaphrases(
  set: ProbeSet,
  embedder: Embedder,
  signal?: AbortSignal,
): Promise<LintFinding[]> {
  const out: LintFinding[] = [];
  for (const probe of set.probes) {
    const [question, ...vectors] = await embedder.embed(
      [probe.question, ...probe.paraphrases],
      'query',
      signal,
    );
    vectors.forEach((vector, i) => {
      if (question === undefined || foldWords(probe.paraphrases[i] ?? '') === foldWords(probe.question))
        return;
      const d = cosineDistance(question, vector);
      const code =
        d < PARAPHRASE_BAND[0] ? 'paraphrase_cosmetic' : d > PARAPHRASE_BAND[1] ? 'paraphrase_far' : null;
      if (code === null) return;
      const message = `paraphrase ${i} lies ${d.toFixed(2)} from the question`;
      out.push({ code, severity: 'warning', probeId: probe.id, message });
    });
  }
  return out;
}

/** Probes that the healthy color itself does not pass (coverage ≥ 0.7, λ convergent), from one full grid of its runs. */
export function lintAgainst(set: ProbeSet, runs: readonly ProbeRun[]): LintFinding[] {
  return set.probes.flatMap((probe): LintFinding[] => {
    const own = runs.filter((run) => run.probeId === probe.id);
    const covered = own.flatMap((run) => (run.coverage === null ? [] : [run.coverage]));
    const mean = covered.length === 0 ? null : covered.reduce((a, b) => a + b, 0) / covered.length;
    const { state } = lambdaOf(own, {
      answerable: probe.answerable,
      targets: probe.targets.map((t) => t.section_id),
    });
    if (state === 'convergent' && (!probe.answerable || (mean ?? 0) >= 0.7)) return [];
    const shown = mean === null ? '' : `, coverage ${mean.toFixed(2)}`;
    return [{ code: 'fails_on_from', severity: 'error', probeId: probe.id, message: `λ ${state}${shown}` }];
  });
}
