/** The service's view of the shared store: one method an operation, every write idempotent by its key. */
import type { Color } from '../../../src/domain/color.ts';
import type { Author, DoneRecord, NoteRecord, Stored } from '../infra/store.ts';
import { callJson } from '../shared/http.ts';

export class StoreClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async putNote(note: NoteRecord): Promise<{ stored: Stored; note: NoteRecord }> {
    return (await callJson(`${this.#url}/notes`, note)) as { stored: Stored; note: NoteRecord };
  }

  async note(id: string, revision: number): Promise<NoteRecord | null> {
    const query = new URLSearchParams({ id, revision: String(revision) });
    return ((await callJson(`${this.#url}/note?${query.toString()}`)) as { note: NoteRecord | null }).note;
  }

  async notesOf(user: string): Promise<readonly NoteRecord[]> {
    const query = new URLSearchParams({ user });
    return ((await callJson(`${this.#url}/notes?${query.toString()}`)) as { notes: NoteRecord[] }).notes;
  }

  async appendTurn(turn: {
    dialog: string;
    key: string;
    question: string;
    by: Author;
  }): Promise<{ stored: Stored; turn: number }> {
    return (await callJson(`${this.#url}/turns`, turn)) as { stored: Stored; turn: number };
  }

  async putDone(done: DoneRecord): Promise<Stored> {
    return ((await callJson(`${this.#url}/done`, done)) as { result: Stored }).result;
  }

  /** The webhook of a finished job. The sink takes each key once, so it may be repeated. */
  async webhook(key: string, color: Color): Promise<void> {
    await callJson(`${this.#url}/sink`, { key, color });
  }
}
