/**
 * Whether an answer answers, refuses or says nothing.
 *
 * Invariant: decided by the service's own refusal flag, or by the exact text or pattern of the plan, never by a guess at tone.
 */
import type { AnswerClass } from '../probe.ts';

/** @param isRefusal whether a text is a refusal, compiled from the plan; see `refusalMatcher`. */
export function answerClassOf(
  answer: string | null,
  flagged: boolean,
  isRefusal: (text: string) => boolean,
): AnswerClass {
  const text = answer?.trim() ?? '';
  if (flagged) return 'refusal';
  if (text === '') return 'empty';
  return isRefusal(text) ? 'refusal' : 'answer';
}
