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
import type { MadeQueues, QueueCounts, QueuePlace } from '../queues/job-queue.ts';
import { makeQueues } from '../queues/kinds.ts';
import type { SharedStore, StoreState } from './store.ts';

export interface StoreDump extends StoreState {
  readonly queues: readonly QueueCounts[];
}

export type InfraSettings = z.infer<typeof settingsSchema>;

export interface InfraReady {
  readonly queue: QueuePlace;
  /** `queue` of a plan. */
  readonly queuePlan: Readonly<Record<string, unknown>>;
  readonly store: string;
}

const settingsSchema = z.object({
  /** Notes, turns and the ledger of jobs. */
  store: z.discriminatedUnion('use', [
    z.object({ use: z.literal('journal'), dir: z.string().min(1) }),
    z.object({ use: z.literal('postgres'), url: z.string() }),
  ]),
  port: z.number().int().default(0),
  broker: z
    .discriminatedUnion('use', [
      z.object({ use: z.literal('sqs'), port: z.number().int() }),
      z.object({ use: z.literal('nats'), url: z.string() }),
    ])
    .default({ use: 'sqs', port: 0 }),
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
  const store = await openStore(config.store);
  const queues = await makeQueues(config.broker, config);
  const http = await listen((call) => route(call, store, queues), config.port);
  return {
    ready: { queue: queues.place, queuePlan: queues.plan, store: http.url },
    close: async () => {
      await http.close();
      await queues.close();
      await store.close();
    },
  };
}

async function openStore(settings: InfraSettings['store']): Promise<SharedStore> {
  if (settings.use === 'postgres')
    return (await import('./postgres-store.ts')).PostgresStore.open(settings.url);
  await mkdir(settings.dir, { recursive: true });
  return (await import('./journal-store.ts')).JournalStore.open(join(settings.dir, 'store.ndjson'));
}

async function route({ req, res, url }: Call, store: SharedStore, queues: MadeQueues): Promise<void> {
  const query = url.searchParams;
  switch (`${req.method} ${url.pathname}`) {
    case 'POST /notes':
      return sendJson(res, 200, await store.putNote(parse(bodies.note, await readJson(req))));
    case 'GET /notes':
      return sendJson(res, 200, { notes: await store.notesOf(query.get('user') ?? '') });
    case 'GET /note':
      return sendJson(res, 200, {
        note: await store.note(query.get('id') ?? '', Number(query.get('revision') ?? 0)),
      });
    case 'POST /turns':
      return sendJson(res, 200, await store.appendTurn(parse(bodies.turn, await readJson(req))));
    case 'POST /done':
      return sendJson(res, 200, { result: await store.putDone(parse(bodies.done, await readJson(req))) });
    case 'POST /sink':
      return sendJson(res, 200, { result: await store.putEffect(parse(bodies.effect, await readJson(req))) });
    case 'GET /dump':
      return sendJson(res, 200, {
        ...(await store.state()),
        queues: await queues.counts(),
      } satisfies StoreDump);
    default:
      throw new HttpError(404, `no ${req.method} ${url.pathname}`);
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new HttpError(400, z.prettifyError(result.error));
  return result.data;
}
