/**
 * The shared store over HTTP, plus the webhook sink that the jobs call, plus the queues.
 *
 * Invariant: this is the one place that knows what really happened; `GET /dump` is what the ledger check
 * compares the users' view with.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HttpError, listen, readJson, sendJson } from '../shared/http.ts';
import type { Call } from '../shared/http.ts';
import { startQueues } from './queues.ts';
import type { QueueCounts, Queues } from './queues.ts';
import { Store } from './store.ts';
import type { StoreState } from './store.ts';

export interface StoreDump extends StoreState {
  readonly queues: readonly QueueCounts[];
}

export interface InfraReady {
  readonly sqs: { readonly endpoint: string; readonly queues: Queues['byColor'] };
  readonly store: string;
}

const settingsSchema = z.object({
  dir: z.string().min(1),
  port: z.number().int().default(0),
  sqsPort: z.number().int().default(0),
  // Short enough that a crashed consumer's messages come back within a demo.
  visibilityTimeoutS: z.number().int().min(1).default(20),
  maxReceives: z.number().int().min(1).default(5),
});

const text = z.string().min(1).max(20_000);
const color = z.enum(['blue', 'green']);
const by = z.object({ color, gen: z.number(), mode: z.string().max(40) });
const bodies = {
  note: z.object({ id: text, revision: z.number().int().min(0), text, user: text, by }),
  turn: z.object({ dialog: text, key: text, question: text, by }),
  done: z.object({ key: text, source_id: text, revision: z.number().int(), color, tokens: z.number() }),
  effect: z.object({ key: text, color }),
};

export async function startInfra(settings: Record<string, unknown>): Promise<{
  ready: InfraReady;
  close: () => Promise<void>;
}> {
  const config = settingsSchema.parse(settings);
  await mkdir(config.dir, { recursive: true });
  const store = await Store.open(join(config.dir, 'store.ndjson'));
  const queues = await startQueues({
    port: config.sqsPort,
    visibilityTimeoutS: config.visibilityTimeoutS,
    maxReceives: config.maxReceives,
  });
  const http = await listen((call) => route(call, store, queues), config.port);
  return {
    ready: { sqs: { endpoint: queues.endpoint, queues: queues.byColor }, store: http.url },
    close: async () => {
      await http.close();
      await queues.close();
      await store.close();
    },
  };
}

async function route({ req, res, url }: Call, store: Store, queues: Queues): Promise<void> {
  const query = url.searchParams;
  switch (`${req.method} ${url.pathname}`) {
    case 'POST /notes':
      return sendJson(res, 200, await store.putNote(parse(bodies.note, await readJson(req))));
    case 'GET /notes':
      return sendJson(res, 200, { notes: store.notesOf(query.get('user') ?? '') });
    case 'GET /note':
      return sendJson(res, 200, {
        note: store.note(query.get('id') ?? '', Number(query.get('revision') ?? 0)),
      });
    case 'POST /turns':
      return sendJson(res, 200, await store.appendTurn(parse(bodies.turn, await readJson(req))));
    case 'POST /done':
      return sendJson(res, 200, await store.putDone(parse(bodies.done, await readJson(req))));
    case 'POST /sink':
      return sendJson(res, 200, await store.putEffect(parse(bodies.effect, await readJson(req))));
    case 'GET /dump':
      return sendJson(res, 200, { ...store.state(), queues: await queues.counts() } satisfies StoreDump);
    default:
      throw new HttpError(404, `no ${req.method} ${url.pathname}`);
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new HttpError(400, z.prettifyError(result.error));
  return result.data;
}
