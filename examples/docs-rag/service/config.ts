/**
 * Settings of one color's service, from one JSON argument or flags; secrets only from the environment.
 *
 * Invariant: a wrong setting stops the start with a message that names it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { queueSchema } from '../queues/job-queue.ts';

const schema = z.object({
  color: z.enum(['blue', 'green']),
  port: z.number().int().default(0),
  service: z.string().default('docs-rag'),
  region: z.string().default('local'),
  release: z.string().optional(),
  /** The shared store's URL; it is the webhook sink too. */
  store: z.string().optional(),
  queue: queueSchema.nullable().default(null),
  /** A router to read the edge config from, for work that no request carries. */
  edge: z.string().nullable().default(null),
  chunkWords: z.number().int().optional(),
  overlapWords: z.number().int().optional(),
  maxReceives: z.number().int().default(5),
  visibilityTimeoutS: z.number().int().default(20),
  acceptKids: z.array(z.string()).default(['kid-2026-a', 'kid-2026-b']),
  instances: z
    .object({
      max: z.number().int().min(1).default(3),
      /** Requests one instance serves at once. */
      concurrency: z.number().int().min(1).default(16),
      idleMs: z.number().min(0).default(60_000),
      coldExtraMs: z.number().min(0).default(100),
    })
    .default({ max: 3, concurrency: 16, idleMs: 60_000, coldExtraMs: 100 }),
  /** Time the "model" takes, as a factor on its usual 20 to 45 ms; 0 in tests. */
  modelTime: z.number().min(0).default(1),
});

export type ServiceConfig = z.infer<typeof schema> & {
  readonly release: string;
  readonly chunkWords: number;
  readonly overlapWords: number;
  readonly adminToken: string | null;
  readonly edgeToken: string;
  readonly allowFaults: boolean;
};

/** Blue serves today; green is the harmless re-chunk the demo switches to. */
const CHUNKS = { blue: [120, 20], green: [150, 25] } as const;

export function readConfig(
  settings: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): ServiceConfig {
  const parsed = schema.safeParse(settings);
  if (!parsed.success) throw new Error(`service settings: ${z.prettifyError(parsed.error)}`);
  const config = parsed.data;
  const [words, overlap] = CHUNKS[config.color];
  return {
    ...config,
    release: config.release ?? `${config.service}-${config.color}-1`,
    chunkWords: config.chunkWords ?? words,
    overlapWords: config.overlapWords ?? overlap,
    adminToken: env['DOCS_RAG_ADMIN_TOKEN'] ?? null,
    edgeToken: env['CUTOVER_EDGE_TOKEN'] ?? '',
    allowFaults: env['ALLOW_FAULTS'] === '1',
  };
}

/** Snippets handed to the model. */
export const TOP_K = 5;
/** Seconds a cached answer may live. */
export const CACHE_TTL_S = 300;

/** What must be equal in both colors, as fingerprints: a value is never shown. */
export function environment(config: ServiceConfig): Record<string, string> {
  const values: Record<string, unknown> = {
    TOP_K,
    CACHE_TTL_S,
    STORE_URL: config.store ?? '',
    QUEUE_ENDPOINT: endpointOf(config),
    MODEL: 'extractive-1',
    MODEL_TIME: config.modelTime,
    INSTANCES: config.instances,
    ADMIN_TOKEN: config.adminToken ?? '',
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16),
    ]),
  );
}

function endpointOf({ queue }: ServiceConfig): string {
  if (queue === null) return '';
  return queue.use === 'sqs' ? queue.endpoint : queue.url;
}
