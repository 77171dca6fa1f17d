/**
 * Contract violations of an answer beyond its JSON Schema.
 *
 * Invariant: codes are stable and name kinds, never ids, so that the same fault on both colors has the same name.
 */
import type { ProbeSet } from '../domain/probe.ts';
import type { CoverageResult } from '../domain/probes/coverage.ts';
import { snippetSpans } from '../domain/probes/coverage.ts';
import type { MappedAnswer } from './response-map.ts';

export type ContractCode =
  | 'empty_citations'
  | 'bad_offsets'
  | 'missing_score'
  | 'cross_section_reuse'
  | 'mismatch_index_hash'
  | 'analyzer_mismatch'
  | 'alignment_miss';

/**
 * - `empty_citations`: an answer with a citation list that is empty.
 * - `bad_offsets`: offsets outside of their section, or char and token offsets mixed in one answer.
 * - `missing_score`: some snippets carry a score and others do not.
 * - `cross_section_reuse`: one snippet id under two sections, or a citation of a section that was not delivered.
 * - `mismatch_index_hash`, `analyzer_mismatch`: a snippet says another one than its answer.
 * - `alignment_miss`: a snippet without offsets whose text is not in the section it claims.
 */
export function contractViolations(
  answer: MappedAnswer,
  set: ProbeSet,
  coverage: Pick<CoverageResult, 'alignmentMisses'>,
): ContractCode[] {
  const { retrieved, citations, identity, snippetIdentity } = answer;
  const codes: ContractCode[] = [];
  if (answer.answerClass === 'answer' && citations?.length === 0) codes.push('empty_citations');

  const units = new Set(retrieved.flatMap((s) => (s.offsets === undefined ? [] : [s.offsets.unit])));
  const outside = retrieved.some((snippet) => {
    const section = set.sections.get(snippet.section_id);
    return snippet.offsets !== undefined && section !== undefined && snippetSpans(section, snippet) === null;
  });
  if (units.size > 1 || outside) codes.push('bad_offsets');

  const scored = retrieved.filter((s) => s.score !== undefined).length;
  if (scored > 0 && scored < retrieved.length) codes.push('missing_score');

  const owner = new Map<string, string>();
  const reused = retrieved.some((s) => {
    const before = owner.get(s.snippet_id);
    owner.set(s.snippet_id, s.section_id);
    return before !== undefined && before !== s.section_id;
  });
  const delivered = new Set(retrieved.map((s) => s.section_id));
  const stray = delivered.size > 0 && (citations ?? []).some((id) => !delivered.has(id));
  if (reused || stray) codes.push('cross_section_reuse');

  const differs = (own: string | null, whole: string | undefined): boolean =>
    own !== null && whole !== undefined && own !== whole;
  if (snippetIdentity.some((s) => differs(s.indexHash, identity.INDEX_HASH)))
    codes.push('mismatch_index_hash');
  if (snippetIdentity.some((s) => differs(s.analyzer, identity.analyzer))) codes.push('analyzer_mismatch');
  if (coverage.alignmentMisses.length > 0) codes.push('alignment_miss');
  return codes;
}
