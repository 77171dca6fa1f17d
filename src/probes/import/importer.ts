/** What every import is: how its rows are recognised, and what it keeps and loses; the table in docs/probes.md says the same. */
import type { Section } from '../../domain/probe.ts';
import type { Imported } from './draft.ts';
import type { Row } from './rows.ts';

export interface Importer {
  /** The files it reads. */
  readonly reads: string;
  /** Where the targets come from. */
  readonly targets: string;
  /** What else is kept of a row. */
  readonly kept: string;
  /** What it says to be lost, if a source has it. */
  readonly lost: string;
  /** Whether a row looks like one of this format. */
  recognises(row: Row): boolean;
  /** @param sections our copy of the corpus; null makes sections of the contexts themselves, where the format has contexts */
  read(path: string, sections: readonly Section[] | null): Promise<Imported>;
}
