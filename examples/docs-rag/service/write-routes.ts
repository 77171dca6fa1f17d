/**
 * Notes and jobs: the writes that cross requests, and therefore a switch.
 *
 * Invariant: guard, then store, then enqueue, all by keys of the caller's: a write that is repeated, on either
 * color, ends as one note and one job for each index it was enqueued for.
 */
import { z } from 'zod';
import type { Color } from '../../../src/domain/color.ts';
import type { IndexIdentity } from '../../../src/domain/identity.ts';
import { idempotencyKey, producerTopic } from '../../../src/edge/index.ts';
import type { EdgeContext } from '../../../src/edge/index.ts';
import { HttpError, readJson, sendJson } from '../shared/http.ts';
import type { Call } from '../shared/http.ts';
import type { ServiceConfig } from './config.ts';
import type { JobQueues } from '../queues/job-queue.ts';
import { originHeaders } from './replies.ts';
import type { StoreClient } from './store-client.ts';
import type { WriteGuard } from './write-guard.ts';

const id = z.string().min(1).max(200);
const revision = z.number().int().min(0);
const noteSchema = z.object({ id, revision, text: z.string().min(1).max(20_000), user: id });
const jobSchema = z.object({ source_id: id, revision });

export interface WriteParts {
  readonly config: ServiceConfig;
  readonly index: IndexIdentity;
  readonly guard: WriteGuard;
  readonly store: StoreClient | null;
  readonly queues: JobQueues | null;
}

export class WriteRoutes {
  readonly #parts: WriteParts;

  constructor(parts: WriteParts) {
    this.#parts = parts;
  }

  async postNote({ req, res }: Call, context: EdgeContext): Promise<void> {
    const { config, guard, index } = this.#parts;
    const note = parse(noteSchema, await readJson(req));
    guard.assert(context, { enqueue: true });
    const topic = this.#topic(context);
    const by = { color: config.color, gen: context.generation, mode: context.writes };
    const stored = await this.#store().putNote({ ...note, by });
    if (stored.note.text !== note.text) {
      throw new HttpError(422, `note ${note.id} revision ${note.revision} exists with another text`);
    }
    const job_key = await this.#enqueue(topic, note.id, note.revision);
    const status = stored.stored === 'first' ? 201 : 200;
    sendJson(
      res,
      status,
      { id: note.id, revision: note.revision, stored: stored.stored, job_key, topic },
      originHeaders(index, 'note.write', null),
    );
  }

  async getNotes({ res, url }: Call): Promise<void> {
    const user = parse(id, url.searchParams.get('user'));
    const notes = await this.#store().notesOf(user);
    sendJson(
      res,
      200,
      { notes },
      {
        ...originHeaders(this.#parts.index, 'note.read', null),
        'cache-control': 'no-store',
      },
    );
  }

  async postJob({ req, res }: Call, context: EdgeContext): Promise<void> {
    const { guard, index } = this.#parts;
    const job = parse(jobSchema, await readJson(req));
    guard.assert(context, { enqueue: true });
    const topic = this.#topic(context);
    const job_key = await this.#enqueue(topic, job.source_id, job.revision);
    sendJson(res, 202, { job_key, topic }, originHeaders(index, 'job.write', null));
  }

  #store(): StoreClient {
    if (this.#parts.store === null) throw new HttpError(503, 'no store is configured');
    return this.#parts.store;
  }

  /** Decided before the first effect: a write in flight goes where it was allowed to go. */
  #topic(context: EdgeContext): Color {
    return producerTopic(context, { blue: 'blue', green: 'green' }) === 'blue' ? 'blue' : 'green';
  }

  async #enqueue(topic: Color, sourceId: string, revision: number): Promise<string> {
    const { queues, index } = this.#parts;
    if (queues === null) throw new HttpError(503, 'no queue is configured');
    const index_hash = index.INDEX_HASH;
    const key = await idempotencyKey({ sourceId, revision: String(revision), indexHash: index_hash });
    const job = { key, source_id: sourceId, revision, index_hash };
    await queues.send(topic, key, JSON.stringify(job));
    return key;
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new HttpError(400, z.prettifyError(result.error));
  return result.data;
}
