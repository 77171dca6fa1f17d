/**
 * The shared store as a journal and a memory of it.
 *
 * Invariant: nothing is acknowledged before the journal has it on disk.
 */
import { Journal } from './journal.ts';
import type {
  DoneRecord,
  EffectRecord,
  NoteRecord,
  SharedStore,
  Stored,
  StoreState,
  TurnRecord,
} from './store.ts';

type Line =
  | { t: 'note'; r: NoteRecord }
  | { t: 'turn'; r: TurnRecord }
  | { t: 'done'; r: DoneRecord }
  | { t: 'effect'; r: EffectRecord };

export class JournalStore implements SharedStore {
  readonly #notes = new Map<string, NoteRecord>();
  readonly #byUser = new Map<string, NoteRecord[]>();
  readonly #turns = new Map<string, Map<string, TurnRecord>>();
  readonly #done = new Map<string, DoneRecord>();
  readonly #effects = new Map<string, EffectRecord>();
  #journal: Journal | undefined;

  static async open(path: string): Promise<JournalStore> {
    const store = new JournalStore();
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

  async note(id: string, revision: number): Promise<NoteRecord | null> {
    return this.#notes.get(noteKey(id, revision)) ?? null;
  }

  async notesOf(user: string): Promise<readonly NoteRecord[]> {
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

  async putDone(done: DoneRecord): Promise<Stored> {
    if (this.#done.has(done.key)) {
      await this.#journal?.settled();
      return 'duplicate';
    }
    await this.#write({ t: 'done', r: done });
    return 'first';
  }

  async putEffect(effect: EffectRecord): Promise<Stored> {
    if (this.#effects.has(effect.key)) {
      await this.#journal?.settled();
      return 'duplicate';
    }
    await this.#write({ t: 'effect', r: effect });
    return 'first';
  }

  async state(): Promise<StoreState> {
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
