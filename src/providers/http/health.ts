/**
 * Parses a health contract that came over the wire.
 * Invariant: what leaves here has the required fields of `HealthContract`, and of the others those that the service tells; unknown fields are dropped, because a newer
 * service may say more than this version reads.
 */
import { z } from 'zod';
import { ProviderError } from '../../domain/errors.ts';
import type { HealthContract } from '../../domain/health.ts';

const count = z.number().nonnegative();
const names = z.array(z.string());

const healthSchema = z.object({
  service: z.string().min(1),
  color: z.enum(['blue', 'green']),
  release: z.string().min(1),
  ok: z.boolean(),
  index: z.object({
    name: z.string(),
    INDEX_HASH: z.string().min(1),
    metric: z.string(),
    analyzer: z.string(),
    embedModel: z.string(),
    reranker: z.string(),
  }),
  region: z.string().min(1).optional(),
  env: z.record(z.string(), z.string()).optional(),
  secrets: z.object({ edge: names, core: names }).optional(),
  cachePrefix: z.string().optional(),
  tools: z.object({ schemaHash: z.string().min(1) }).nullish(),
  memoryPrefix: z.string().min(1).nullish(),
  queue: z.object({ topic: z.string(), maxDeliveries: count, ackTimeoutMs: count }).nullish(),
  schedules: z.array(z.object({ name: z.string().min(1), state: z.enum(['on', 'off']) })).optional(),
  migration: z.object({ mode: z.enum(['compatible', 'forward-only']), tables: names }).optional(),
  writeGuard: z.boolean().optional(),
  configGeneration: count.int().optional(),
  capacity: z.object({ ready: count, max: count }).optional(),
  counters: z
    .object({
      jobsDone: count,
      jobsDeduped: count,
      egressCalls: count,
      egressFailures: count,
      lateWrites: count,
    })
    .optional(),
}) satisfies z.ZodType<HealthContract>;

/**
 * @param from where the text came from, for messages.
 * @throws ProviderError kind `fatal`: the service answers, but not with a health contract; retrying cannot help.
 */
export function parseHealth(text: string, from: string): HealthContract {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ProviderError('fatal', 'http', `${from}: the health contract is not JSON`, { cause });
  }
  const parsed = healthSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const field = issue.path.join('.') || 'the document';
    return isMissing(json, issue.path) ? `${field} is missing` : `${field}: ${issue.message}`;
  });
  throw new ProviderError('fatal', 'http', `${from}: health contract: ${faults.slice(0, 8).join('; ')}`);
}

function isMissing(json: unknown, path: readonly PropertyKey[]): boolean {
  let at: unknown = json;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return true;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at === undefined;
}
