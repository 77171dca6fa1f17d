/** Where a queue of BullMQ lies in Redis, and which library has written it last. */
import { ProviderError } from '../../domain/errors.ts';
import type { Redis } from '../redis/connection.ts';

export interface BullQueue {
  readonly name: string;
  /** All its keys begin so. */
  readonly prefix: string;
}

/** Majors of the library whose keys are known here. */
const KNOWN = new Set([5, 6]);

/** The answer of a script. @throws ProviderError where a key is not BullMQ's. */
export function checked({ where }: Redis, answer: unknown): readonly unknown[] {
  const told: readonly unknown[] = Array.isArray(answer) ? answer : [];
  if (told[0] === 'odd')
    throw new ProviderError('fatal', 'bullmq', `${where}: no queue of BullMQ: ${String(told[1])}`);
  return told;
}

/** What the mark of a queue says: `bullmq:6.7.0`. */
export interface Library {
  readonly name: string;
  readonly major: number;
}

/** Null where nobody has left a mark: a queue that no service has opened, or one of an old library. */
export function libraryOf(mark: string): Library | null {
  const [, name = '', major] = /^([\w@/-]+):v?(\d+)\./.exec(mark) ?? [];
  return name === '' ? null : { name, major: Number(major) };
}

function whyUnknown({ name }: BullQueue, mark: string): string | null {
  const library = libraryOf(mark);
  if (library === null)
    return `queue ${name} has no mark of BullMQ 5 or later: has the service opened it, with which version?`;
  if (library.name === 'bullmq' && KNOWN.has(library.major)) return null;
  return `queue ${name} is written by ${library.name} ${library.major}; known are bullmq ${[...KNOWN].join(' and ')}`;
}

/** A queue with the mark that its library has left. */
export type Marked = BullQueue & { readonly mark: string };

/** Why jobs may not be moved between two queues; null where they may. */
export function whyNotBetween(source: Marked, target: Marked): string | null {
  const why = whyUnknown(source, source.mark) ?? whyUnknown(target, target.mark);
  if (why !== null) return why;
  if (libraryOf(source.mark)?.major === libraryOf(target.mark)?.major) return null;
  return `queue ${target.name} is written by ${target.mark}, and ${source.name} by ${source.mark}: let both colors have one major`;
}
