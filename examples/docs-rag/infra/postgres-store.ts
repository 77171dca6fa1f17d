/**
 * The shared store in PostgreSQL: a table for each kind of record, and its primary key is what a write is put by.
 *
 * Invariant: turns of a dialog are numbered without a gap, whoever writes them at the same time.
 */
import { Pool } from 'pg';
import type {
  DoneRecord,
  EffectRecord,
  NoteRecord,
  SharedStore,
  Stored,
  StoreState,
  TurnRecord,
} from './store.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS notes (id text, revision int, text text NOT NULL, "user" text NOT NULL, by jsonb NOT NULL,
    PRIMARY KEY (id, revision));
  CREATE INDEX IF NOT EXISTS notes_of_user ON notes ("user", id, revision DESC);
  CREATE TABLE IF NOT EXISTS turns (dialog text, key text, turn int NOT NULL, question text NOT NULL, by jsonb NOT NULL,
    PRIMARY KEY (dialog, key), UNIQUE (dialog, turn));
  CREATE TABLE IF NOT EXISTS done (key text PRIMARY KEY, source_id text NOT NULL, revision int NOT NULL, color text NOT NULL, tokens int NOT NULL);
  CREATE TABLE IF NOT EXISTS effects (key text PRIMARY KEY, color text NOT NULL);`;

const UNIQUE_VIOLATION = '23505';

export class PostgresStore implements SharedStore {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async open(url: string): Promise<PostgresStore> {
    const pool = new Pool({ connectionString: url, max: 8, application_name: 'docs-rag' });
    pool.on('error', (error) => process.stderr.write(`postgres: ${error.message}\n`));
    await pool.query(TABLES);
    return new PostgresStore(pool);
  }

  async putNote(note: NoteRecord): Promise<{ stored: Stored; note: NoteRecord }> {
    const { id, revision, text, user, by } = note;
    const put = await this.#put(
      'INSERT INTO notes (id, revision, text, "user", by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
      [id, revision, text, user, by],
    );
    return { stored: put, note: put === 'first' ? note : ((await this.note(id, revision)) ?? note) };
  }

  async note(id: string, revision: number): Promise<NoteRecord | null> {
    const sql = 'SELECT id, revision, text, "user", by FROM notes WHERE id = $1 AND revision = $2';
    return (await this.#all<NoteRecord>(sql, [id, revision]))[0] ?? null;
  }

  notesOf(user: string): Promise<readonly NoteRecord[]> {
    const sql =
      'SELECT DISTINCT ON (id) id, revision, text, "user", by FROM notes WHERE "user" = $1 ORDER BY id, revision DESC';
    return this.#all(sql, [user]);
  }

  async appendTurn(turn: Omit<TurnRecord, 'turn'>): Promise<{ stored: Stored; turn: number }> {
    const { dialog, key, question, by } = turn;
    const known = await this.#all<TurnRecord>('SELECT turn FROM turns WHERE dialog = $1 AND key = $2', [
      dialog,
      key,
    ]);
    if (known[0] !== undefined) return { stored: 'duplicate', turn: known[0].turn };
    const sql = `INSERT INTO turns (dialog, key, turn, question, by)
      SELECT $1, $2, count(*) + 1, $3, $4 FROM turns WHERE dialog = $1 RETURNING turn`;
    try {
      const [stored] = await this.#all<TurnRecord>(sql, [dialog, key, question, by]);
      if (stored === undefined) throw new Error(`turn ${key} was not stored`);
      return { stored: 'first', turn: stored.turn };
    } catch (error) {
      // Somebody else stored this turn, or one with this number, at the same time.
      if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
      return this.appendTurn(turn);
    }
  }

  putDone({ key, source_id, revision, color, tokens }: DoneRecord): Promise<Stored> {
    const sql =
      'INSERT INTO done (key, source_id, revision, color, tokens) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING';
    return this.#put(sql, [key, source_id, revision, color, tokens]);
  }

  putEffect({ key, color }: EffectRecord): Promise<Stored> {
    return this.#put('INSERT INTO effects (key, color) VALUES ($1, $2) ON CONFLICT DO NOTHING', [key, color]);
  }

  async state(): Promise<StoreState> {
    const [notes, turns, done, effects] = await Promise.all([
      this.#all<NoteRecord>('SELECT id, revision, text, "user", by FROM notes'),
      this.#all<TurnRecord>('SELECT dialog, turn, key, question, by FROM turns'),
      this.#all<DoneRecord>('SELECT key, source_id, revision, color, tokens FROM done'),
      this.#all<EffectRecord>('SELECT key, color FROM effects'),
    ]);
    return { notes, turns, done, effects };
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #put(sql: string, values: readonly unknown[]): Promise<Stored> {
    const { rowCount } = await this.#pool.query(sql, [...values]);
    return rowCount === 1 ? 'first' : 'duplicate';
  }

  async #all<Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.#pool.query(sql, [...values])).rows as Row[];
  }
}
