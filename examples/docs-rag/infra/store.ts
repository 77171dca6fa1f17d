/** The state both colors share: notes, dialogs, the done-ledger of jobs and the effects they had. */
import type { Color } from '../../../src/domain/color.ts';

/** Who wrote and under which edge config; lets the checker find a write by a color that was read-only. */
export interface Author {
  readonly color: Color;
  readonly gen: number;
  /** Write mode of the color as the router told it. */
  readonly mode: string;
}

export interface NoteRecord {
  readonly id: string;
  readonly revision: number;
  readonly text: string;
  readonly user: string;
  readonly by: Author;
}

export interface TurnRecord {
  readonly dialog: string;
  readonly turn: number;
  /** The client's key of the turn: its retry gets the same number. */
  readonly key: string;
  readonly question: string;
  readonly by: Author;
}

export interface DoneRecord {
  readonly key: string;
  readonly source_id: string;
  readonly revision: number;
  readonly color: Color;
  readonly tokens: number;
}

export interface EffectRecord {
  readonly key: string;
  readonly color: Color;
}

export type Stored = 'first' | 'duplicate';

/** All of the store, as the ledger check reads it. */
export interface StoreState {
  readonly notes: readonly NoteRecord[];
  readonly turns: readonly TurnRecord[];
  readonly done: readonly DoneRecord[];
  readonly effects: readonly EffectRecord[];
}

/** Every write is put-if-absent by a key of the caller's, so a retry changes nothing; what was stored first stays. */
export interface SharedStore {
  putNote(note: NoteRecord): Promise<{ readonly stored: Stored; readonly note: NoteRecord }>;
  note(id: string, revision: number): Promise<NoteRecord | null>;
  /** The latest revision of each note of a user. */
  notesOf(user: string): Promise<readonly NoteRecord[]>;
  appendTurn(turn: Omit<TurnRecord, 'turn'>): Promise<{ readonly stored: Stored; readonly turn: number }>;
  putDone(done: DoneRecord): Promise<Stored>;
  /** The webhook sink: the effect of a job, taken once. */
  putEffect(effect: EffectRecord): Promise<Stored>;
  state(): Promise<StoreState>;
  close(): Promise<void>;
}
