/**
 * Whether the judge's embedder can read the language of a probe set: said before a switch, by the name of the language.
 *
 * Invariant: where measuring costs nothing it is measured; where it costs minutes, `cutover calibrate` does it and refuses.
 */
import type { ProbeSet } from '../domain/probe.ts';
import { calibrate } from './calibrate.ts';
import type { Embedder } from './embed/embedder.ts';
import { languageOf } from './language.ts';
import type { LintFinding } from './lint.ts';

const names = new Intl.DisplayNames('en', { type: 'language' });
const OTHER = 'a multilingual model, by probes.embedder: { use: openai, … }';

export interface EmbedderFinding extends LintFinding {
  readonly probeId: null;
  /** The message in its two halves. */
  readonly said: string;
  readonly todo: string;
}

/** A set in a language that the embedder was not made for, or whose questions it was measured not to tell apart. */
export async function lintEmbedder(
  set: ProbeSet,
  embedder: Embedder,
  signal?: AbortSignal,
): Promise<EmbedderFinding[]> {
  const language = languageOf(set.probes.flatMap((one) => [one.question, ...one.paraphrases]).join('\n'));
  const named = language === null ? null : (names.of(language) ?? language);
  if (embedder.id.startsWith('use-lite') && named !== null && language !== 'en') {
    const said = `the questions are ${named}, and use-lite was made for English`;
    const todo = `name ${OTHER}, or compare words (use: lexical); cutover calibrate says whether it tells right from random text`;
    return [found('embedder_language', 'warning', said, todo)];
  }
  const isFree = embedder.id.startsWith('lexical');
  if (!isFree || !set.probes.some(({ answerable }) => answerable)) return [];
  const { ok, calibration } = await calibrate(set, embedder, signal === undefined ? {} : { signal });
  if (ok) return [];
  const of = named === null ? 'these questions' : `these questions (${named})`;
  const said = `words in common do not tell right from random text for ${of}, AUC ${calibration.auc.toFixed(2)}: gate delta-s would be blind`;
  return [found('embedder_blind', 'error', said, `name ${OTHER}, and run cutover calibrate`)];
}

function found(
  code: LintFinding['code'],
  severity: LintFinding['severity'],
  said: string,
  todo: string,
): EmbedderFinding {
  return { code, severity, probeId: null, message: `${said}; ${todo}`, said, todo };
}
