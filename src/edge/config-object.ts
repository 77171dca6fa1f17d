/**
 * The truth about the edge config: one Durable Object per service, which compares and sets on the generation and
 * then fans out to Workers KV, where the routers read.
 *
 * Invariant: a write is decided in one synchronous step (SQLite, no await between compare and set), and KV is
 * written by this object only, in order, so KV's last-write-wins cannot bring an older generation back for good:
 * an alarm set before each KV write re-asserts until KV has taken the newest generation.
 */
import type { EdgeConfig } from '../domain/edge-config.ts';
import type { DurableObjectState, KVNamespace } from './cloudflare-types.ts';
import { isRecord } from '../domain/is-record.ts';
import { parseEdgeConfig } from './parse-config.ts';

const REASSERT_MS = 1000;
const LONGEST_FREEZE_MS = 24 * 3_600_000;

export interface ConfigObjectEnv {
  readonly CONFIG_KV: KVNamespace;
}

/** Answer of the store to reads and writes. */
export interface StoreAnswer {
  readonly stored: EdgeConfig | null;
  /** Whether KV carries the stored generation. */
  readonly kv: 'written' | 'pending';
  /** The store's clock, epoch ms: by it leases are dated and judged. */
  readonly nowMs: number;
  readonly error?: string;
}

/** The KV key under which the routers of a service find its config. */
export function kvKey(service: string): string {
  return `cutover/${service}`;
}

interface Row {
  readonly config: EdgeConfig;
  readonly idempotencyKey: string;
  readonly kvGeneration: number;
}

export class ConfigObject {
  readonly #state: DurableObjectState;
  readonly #env: ConfigObjectEnv;
  #fanOut: Promise<void> = Promise.resolve();

  constructor(state: DurableObjectState, env: ConfigObjectEnv) {
    this.#state = state;
    this.#env = env;
    state.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS config (
        id INTEGER PRIMARY KEY CHECK (id = 1), document TEXT NOT NULL, idempotency_key TEXT NOT NULL,
        kv_generation INTEGER NOT NULL)`,
    );
  }

  async fetch(request: Request): Promise<Response> {
    if (request.method === 'GET') return this.#answer(200);
    // The whole body is in before anything is compared: a writer that was stopped mid-request is judged when it ends.
    const body: unknown = await request.json();
    const { next: sent, idempotencyKey: key, freezeForMs, follows } = isRecord(body) ? body : {};
    const next = isRecord(body)
      ? parseEdgeConfig(sent)
      : 'the body must be {next, idempotencyKey, freezeForMs?, follows?}';
    if (typeof next === 'string') return this.#answer(400, next);
    if (typeof key !== 'string' || key === '')
      return this.#answer(400, 'idempotencyKey must be a non-empty string');
    if (freezeForMs !== undefined && !(Number(freezeForMs) > 0 && Number(freezeForMs) <= LONGEST_FREEZE_MS))
      return this.#answer(400, `freezeForMs must be above 0 and at most ${LONGEST_FREEZE_MS}`);
    const before = follows ?? next.generation - 1;
    if (!(Number.isInteger(before) && Number(before) >= 0 && Number(before) < next.generation))
      return this.#answer(400, 'follows must be a whole number below the generation');
    const won = this.#compareAndSet(dated(next, freezeForMs), key, Number(before));
    if (!won) return this.#answer(409, `generation ${next.generation} does not follow the stored one`);
    await this.#publish();
    return this.#kvIsCurrent() ? this.#answer(200) : this.#answer(503, 'stored, but KV has not taken it yet');
  }

  async alarm(): Promise<void> {
    const row = this.#read();
    if (row === null) return;
    // Read back rather than trusting our own note: the write that set this alarm may have been cut short.
    const carried = await this.#env.CONFIG_KV.get(kvKey(row.config.service));
    if (generationOf(carried) !== row.config.generation) this.#noteKv(0);
    await this.#publish();
  }

  /** @returns true when `next` is what is stored now, by this call or by an earlier one with the same key. */
  #compareAndSet(next: EdgeConfig, idempotencyKey: string, follows: number): boolean {
    const row = this.#read();
    if (row !== null && row.idempotencyKey === idempotencyKey) return true;
    if ((row?.config.generation ?? 0) !== follows) return false;
    this.#state.storage.sql.exec(
      `INSERT INTO config VALUES (1, ?1, ?2, 0)
       ON CONFLICT (id) DO UPDATE SET document = ?1, idempotency_key = ?2`,
      JSON.stringify(next),
      idempotencyKey,
    );
    return true;
  }

  /** Brings KV up to the stored generation; calls queue up, so that KV sees the generations in order. */
  #publish(): Promise<void> {
    this.#fanOut = this.#fanOut.then(() => this.#publishNow());
    return this.#fanOut;
  }

  async #publishNow(): Promise<void> {
    const row = this.#read();
    if (row === null || row.kvGeneration >= row.config.generation) return;
    await this.#state.storage.setAlarm(Date.now() + REASSERT_MS);
    try {
      await this.#env.CONFIG_KV.put(kvKey(row.config.service), JSON.stringify(row.config));
    } catch {
      // The alarm stays: it re-asserts until KV has taken the newest generation.
      return;
    }
    this.#noteKv(row.config.generation);
    if (this.#kvIsCurrent()) await this.#state.storage.deleteAlarm();
  }

  #kvIsCurrent(): boolean {
    const row = this.#read();
    return row !== null && row.kvGeneration >= row.config.generation;
  }

  #noteKv(generation: number): void {
    this.#state.storage.sql.exec('UPDATE config SET kv_generation = ?1 WHERE id = 1', generation);
  }

  #read(): Row | null {
    const [row] = this.#state.storage.sql.exec('SELECT * FROM config WHERE id = 1').toArray();
    if (row === undefined) return null;
    return {
      config: JSON.parse(String(row['document'])) as EdgeConfig,
      idempotencyKey: String(row['idempotency_key']),
      kvGeneration: Number(row['kv_generation']),
    };
  }

  #answer(status: number, error?: string): Response {
    const row = this.#read();
    const kv = row === null || row.kvGeneration >= row.config.generation ? 'written' : 'pending';
    const answer: StoreAnswer = {
      stored: row?.config ?? null,
      kv,
      nowMs: Date.now(),
      ...(error === undefined ? {} : { error }),
    };
    return Response.json(answer, { status });
  }
}

/** The lease is dated here: a worker whose clock is wrong would freeze users for minutes, or not at all. */
function dated(next: EdgeConfig, freezeForMs: unknown): EdgeConfig {
  return freezeForMs === undefined
    ? next
    : { ...next, freezeUntilMs: Math.ceil(Date.now() + Number(freezeForMs)) };
}

function generationOf(text: string | null): number {
  if (text === null) return 0;
  const value: unknown = JSON.parse(text);
  return isRecord(value) ? Number(value['generation']) : 0;
}
