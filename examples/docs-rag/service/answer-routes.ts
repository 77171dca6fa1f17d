/**
 * `POST /v1/answer` (JSON or streamed, with or without a dialog), `POST /v1/retrieve` (what an answer would be made from, at once),
 * `GET /answer` (cacheable) and warm pings.
 *
 * Invariant: a dialog's turn is stored once, under the caller's key, before the answer is sent; a warm ping
 * touches no counter and no store.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { IndexIdentity } from '../../../src/domain/identity.ts';
import type { EdgeContext } from '../../../src/edge/index.ts';
import { HttpError, readJson, sendJson, sleep } from '../shared/http.ts';
import type { Call } from '../shared/http.ts';
import type { Answered } from './brain.ts';
import { CACHE_TTL_S, TOP_K } from './config.ts';
import type { ServiceConfig } from './config.ts';
import { dialogName, reportedIdentity, reshape } from './faults.ts';
import type { FaultName } from './faults.ts';
import type { InstancePool, Slot } from './pool.ts';
import { originHeaders, paceOf, sendAnswer, streamAnswer } from './replies.ts';
import type { StoreClient } from './store-client.ts';
import type { WriteGuard } from './write-guard.ts';

/** A ping holds its instance this long, so that pings sent together warm different ones. */
const PING_HOLD_MS = 40;

const question = z.string().min(1).max(4_000);
const askSchema = z.object({
  question,
  seed: z.number().int().default(1),
  stream: z.boolean().default(false),
  dialog: z.string().min(1).max(200).optional(),
  /** The caller's name for this turn; its retry is the same turn. */
  turn_key: z.string().min(1).max(200).optional(),
});

export interface AnswerParts {
  readonly config: ServiceConfig;
  readonly index: IndexIdentity;
  readonly pool: InstancePool;
  readonly guard: WriteGuard;
  readonly store: StoreClient | null;
  readonly fault: () => FaultName;
}

export class AnswerRoutes {
  readonly #parts: AnswerParts;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  async post({ req, res }: Call, context: EdgeContext): Promise<void> {
    const { config, guard, pool, fault } = this.#parts;
    const parsed = askSchema.safeParse(await readJson(req));
    if (!parsed.success) throw new HttpError(400, z.prettifyError(parsed.error));
    const ask = parsed.data;
    if (ask.dialog !== undefined) guard.assert(context, {});
    const slot = await pool.acquire();
    try {
      const answered = await slot.ask({ ...ask, k: TOP_K, fault: fault() });
      const dialog = ask.dialog === undefined ? undefined : await this.#turn(ask.dialog, ask, context);
      const body = { ...this.#body(answered, slot), ...(dialog === undefined ? {} : { dialog }) };
      const headers = { ...originHeaders(this.#identity, 'answer', slot), 'cache-control': 'no-store' };
      const pace = paceOf(ask.question, ask.seed, config.modelTime);
      const options = { pace, fault: fault(), question: ask.question };
      const shaped = reshape(fault(), ask.question, body);
      if (ask.stream) await streamAnswer(res, { ...shaped, answer: answered.answer }, headers, options);
      else await sendAnswer(res, shaped, headers, options);
    } finally {
      slot.release();
    }
  }

  async retrieve({ req, res }: Call): Promise<void> {
    const { pool, fault } = this.#parts;
    const parsed = askSchema.safeParse(await readJson(req));
    if (!parsed.success) throw new HttpError(400, z.prettifyError(parsed.error));
    const ask = parsed.data;
    const slot = await pool.acquire();
    try {
      const answered = await slot.ask({ ...ask, k: TOP_K, fault: fault() });
      const headers = { ...originHeaders(this.#identity, 'retrieve', slot), 'cache-control': 'no-store' };
      sendJson(res, 200, this.#found(answered, slot), headers);
    } finally {
      slot.release();
    }
  }

  async get({ res, url }: Call): Promise<void> {
    const { config, index, pool, fault } = this.#parts;
    const parsed = question.safeParse(url.searchParams.get('q'));
    if (!parsed.success) throw new HttpError(400, 'q: one question, please');
    const slot = await pool.acquire();
    try {
      const answered = await slot.ask({ question: parsed.data, seed: 1, k: TOP_K, fault: fault() });
      const body = {
        ...this.#body(answered, slot),
        // In the text itself, so that a cached answer of the other color gives itself away.
        answer: `${answered.answer} [${config.color} ${index.INDEX_HASH.slice(0, 12)}]`,
        color: config.color,
        release: config.release,
        rendered_at: new Date().toISOString(),
      };
      const headers = {
        ...originHeaders(this.#identity, 'answer.get', slot),
        'cache-control': `public, max-age=${CACHE_TTL_S}`,
      };
      const pace = paceOf(parsed.data, 1, config.modelTime);
      await sendAnswer(res, reshape(fault(), parsed.data, body), headers, { pace, fault: fault() });
    } finally {
      slot.release();
    }
  }

  async warm({ res }: Call): Promise<void> {
    const { pool, fault } = this.#parts;
    const slot = await pool.acquire(true);
    try {
      await slot.ask({ question: 'warm', seed: 1, k: 1, fault: fault() });
      await sleep(PING_HOLD_MS);
      sendJson(
        res,
        200,
        { warm: true, instance_id: slot.instanceId, cold_start: slot.cold },
        {
          ...originHeaders(this.#identity, 'warm', slot),
          'cache-control': 'no-store',
        },
      );
    } finally {
      slot.release();
    }
  }

  get #identity(): IndexIdentity {
    return reportedIdentity(this.#parts.fault(), this.#parts.index);
  }

  #body(answered: Answered, slot: Slot): Record<string, unknown> {
    const { config } = this.#parts;
    return {
      answer: answered.answer,
      refusal: answered.refusal,
      citations: answered.citations.map((section_id) => ({ section_id })),
      ...this.#found(answered, slot),
      cache: { prefix: `${config.service}:${config.color}`, hit: false },
    };
  }

  #found({ hits }: Answered, slot: Slot): Record<string, unknown> {
    const index = this.#identity;
    return {
      retrieved: hits,
      index: {
        INDEX_HASH: index.INDEX_HASH,
        metric: index.metric,
        analyzer: index.analyzer,
        embed_model: index.embedModel,
        reranker: index.reranker,
      },
      cold_start: slot.cold,
      instance_id: slot.instanceId,
    };
  }

  async #turn(
    dialog: string,
    ask: { question: string; turn_key?: string | undefined },
    context: EdgeContext,
  ): Promise<{ id: string; turn: number }> {
    const { store, config, fault } = this.#parts;
    if (store === null) throw new HttpError(503, 'no store is configured');
    const { turn } = await store.appendTurn({
      dialog: dialogName(fault(), config.color, dialog),
      key: ask.turn_key ?? randomUUID(),
      question: ask.question,
      by: { color: config.color, gen: context.generation, mode: context.writes },
    });
    return { id: dialog, turn };
  }
}
