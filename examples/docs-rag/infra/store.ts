/**
 * The state both colors share: notes, dialogs, the done-ledger of jobs and the effects they had.
 *
 * Invariants: every write is put-if-absent by a key of the caller's, so a retry changes nothing; what was
 * stored first stays; nothing is acknowledged before the journal has it on disk.
 */
import type { Color } from '../../../src/domain/color.ts';
import { Journal } from './journal.ts';

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

type Line =
  | { t: 'note'; r: NoteRecord }
  | { t: 'turn'; r: TurnRecord }
  | { t: 'done'; r: DoneRecord }
  | { t: 'effect'; r: EffectRecord };

/** All of the store, as the ledger check reads it. */
export interface StoreState {
  readonly notes: readonly NoteRecord[];
  readonly turns: readonly TurnRecord[];
  readonly done: readonly DoneRecord[];
  readonly effects: readonly EffectRecord[];
}

export class Store {
  readonly #notes = new Map<string, NoteRecord>();
  readonly #byUser = new Map<string, NoteRecord[]>();
  readonly #turns = new Map<string, Map<string, TurnRecord>>();
  readonly #done = new Map<string, DoneRecord>();
  readonly #effects = new Map<string, EffectRecord>();
  #journal: Journal | undefined;

  static async open(path: string): Promise<Store> {
    const store = new Store();
    store.#journal = await Journal.open(path, (line) => store.#apply(line as Line));
    return store;
  }

  async putNote(note: NoteRecord): Promise<{ stored: Stored; note: NoteRecord }> {
    const existing = this.#notes.get(noteKey(note.id, note.revision));
    if (existing !== undefined) {
      await this.#journal?.settled();
      return { stored: 'duplicate', note: existing };
    }
    await this.#write({ t: 'note', r: note });
    return { stored: 'first', note };
  }

  note(id: string, revision: number): NoteRecord | null {
    return this.#notes.get(noteKey(id, revision)) ?? null;
  }

  /** The latest revision of each note of a user. */
  notesOf(user: string): NoteRecord[] {
    const latest = new Map<string, NoteRecord>();
    for (const note of this.#byUser.get(user) ?? []) {
      if ((latest.get(note.id)?.revision ?? -1) < note.revision) latest.set(note.id, note);
    }
    return [...latest.values()];
  }

  async appendTurn(turn: Omit<TurnRecord, 'turn'>): Promise<{ stored: Stored; turn: number }> {
    const turns = this.#turns.get(turn.dialog);
    const existing = turns?.get(turn.key);
    if (existing !== undefined) {
      await this.#journal?.settled();
      return { stored: 'duplicate', turn: existing.turn };
    }
    const number = (turns?.size ?? 0) + 1;
    await this.#write({ t: 'turn', r: { ...turn, turn: number } });
    return { stored: 'first', turn: number };
  }

  async putDone(done: DoneRecord): Promise<{ result: Stored }> {
    if (this.#done.has(done.key)) {
      await this.#journal?.settled();
      return { result: 'duplicate' };
    }
    await this.#write({ t: 'done', r: done });
    return { result: 'first' };
  }

  /** The webhook sink: the effect of a job, taken once. */
  async putEffect(effect: EffectRecord): Promise<{ result: Stored }> {
    if (this.#effects.has(effect.key)) {
      await this.#journal?.settled();
      return { result: 'duplicate' };
    }
    await this.#write({ t: 'effect', r: effect });
    return { result: 'first' };
  }

  state(): StoreState {
    return {
      notes: [...this.#notes.values()],
      turns: [...this.#turns.values()].flatMap((t) => [...t.values()]),
      done: [...this.#done.values()],
      effects: [...this.#effects.values()],
    };
  }

  async close(): Promise<void> {
    await this.#journal?.close();
  }

  /** Memory first, in the same tick as the check: two equal keys can never both be first. */
  async #write(line: Line): Promise<void> {
    this.#apply(line);
    await this.#journal?.append(line);
  }

  #apply(line: Line): void {
    switch (line.t) {
      case 'note': {
        this.#notes.set(noteKey(line.r.id, line.r.revision), line.r);
        const own = this.#byUser.get(line.r.user) ?? [];
        own.push(line.r);
        this.#byUser.set(line.r.user, own);
        break;
      }
      case 'turn': {
        const turns = this.#turns.get(line.r.dialog) ?? new Map<string, TurnRecord>();
        turns.set(line.r.key, line.r);
        this.#turns.set(line.r.dialog, turns);
        break;
      }
      case 'done':
        this.#done.set(line.r.key, line.r);
        break;
      case 'effect':
        this.#effects.set(line.r.key, line.r);
        break;
    }
  }
}

function noteKey(id: string, revision: number): string {
  return `${id}@${revision}`;
}
