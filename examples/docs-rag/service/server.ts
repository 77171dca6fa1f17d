/**
 * The sample service of one color: answers, notes, jobs, its health contract and its end.
 *
 * Invariants: the same code serves both colors; a write asks the guard before its first effect and then runs
 * to its end; nothing here knows which color is the new one.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { HealthContract } from '../../../src/domain/health.ts';
import { WriteRefusedError } from '../../../src/edge/index.ts';
import { HttpError, listen, readJson, sendJson } from '../shared/http.ts';
import type { Call } from '../shared/http.ts';
import { AnswerRoutes } from './answer-routes.ts';
import { identityOf } from './brain.ts';
import { environment } from './config.ts';
import type { ServiceConfig } from './config.ts';
import { faultNow, holdsJobs, instanceLife, isFaultName } from './faults.ts';
import type { FaultName } from './faults.ts';
import { openQueues } from '../queues/kinds.ts';
import { JobConsumer } from './jobs.ts';
import { InstancePool } from './pool.ts';
import { originHeaders } from './replies.ts';
import type { RouteName } from './replies.ts';
import { StoreClient } from './store-client.ts';
import { WriteGuard } from './write-guard.ts';
import { WriteRoutes } from './write-routes.ts';

export interface ServiceReady {
  readonly url: string;
  readonly color: string;
  readonly INDEX_HASH: string;
}

export interface RunningService {
  readonly ready: ServiceReady;
  close(): Promise<void>;
}

export async function startService(config: ServiceConfig): Promise<RunningService> {
  let fault: FaultName = 'none';
  const index = identityOf(config, config.color);
  const guard = new WriteGuard(
    config.color,
    config.edge === null ? null : { url: config.edge, token: config.edgeToken },
  );
  const pool = new InstancePool({
    ...config.instances,
    extraIdleMs: () => instanceLife(fault).extraIdleMs,
    settings: () => ({
      chunkWords: config.chunkWords,
      overlapWords: config.overlapWords,
      coldExtraMs: config.instances.coldExtraMs + instanceLife(fault).extraColdMs,
      fault,
    }),
  });
  const store = config.store === undefined ? null : new StoreClient(config.store);
  const queues =
    config.queue === null
      ? null
      : await openQueues(config.queue, {
          visibilityTimeoutS: config.visibilityTimeoutS,
          maxReceives: config.maxReceives,
        });
  const consumer =
    queues === null || store === null
      ? null
      : new JobConsumer({
          color: config.color,
          queues,
          visibilityTimeoutS: config.visibilityTimeoutS,
          store,
          mayConsume: () => guard.mayConsume,
          holds: () => holdsJobs(fault),
        });
  const answers = new AnswerRoutes({
    config,
    index,
    pool,
    guard,
    store,
    fault: () => faultNow(fault, guard.isProducer),
  });
  const writes = new WriteRoutes({ config, index, guard, store, queues });

  const health = (): HealthContract => ({
    service: config.service,
    color: config.color,
    release: config.release,
    region: config.region,
    ok: !guard.retired,
    index,
    env: environment(config),
    secrets: { edge: config.acceptKids, core: config.acceptKids },
    cachePrefix: `${config.service}:${config.color}`,
    tools: null,
    memoryPrefix: null,
    queue:
      config.queue === null
        ? null
        : {
            topic: config.queue[config.color].name,
            maxDeliveries: config.maxReceives,
            ackTimeoutMs: config.visibilityTimeoutS * 1000,
          },
    schedules: [],
    migration: { mode: 'compatible', tables: [] },
    writeGuard: true,
    configGeneration: guard.generation,
    capacity: guard.retired ? { ready: 0, max: 0 } : { ready: pool.ready, max: config.instances.max },
    counters: {
      ...(consumer?.counters ?? { jobsDone: 0, jobsDeduped: 0, egressCalls: 0, egressFailures: 0 }),
      lateWrites: guard.lateWrites,
    },
  });

  const admin = async ({ req, res, url }: Call): Promise<void> => {
    if (!isAdmin(req.headers, config.adminToken)) throw new HttpError(401, 'admin token needed');
    if (url.pathname === '/__fault') {
      if (!config.allowFaults)
        throw new HttpError(403, 'faults are switched off (ALLOW_FAULTS=1 allows them)');
      const { name } = (await readJson(req)) as { name?: unknown };
      if (!isFaultName(name)) throw new HttpError(400, `no fault "${String(name)}"`);
      fault = name;
      pool.prepare(fault);
      return sendJson(res, 200, { fault });
    }
    const was = guard.retired;
    guard.retire();
    return sendJson(res, 200, { retired: true, already: was, release: config.release });
  };

  const handle = async (call: Call): Promise<void> => {
    const { req, res, url } = call;
    const context = guard.see(req.headers);
    if (req.headers['x-warm'] !== undefined) return answers.warm(call);
    switch (`${req.method} ${url.pathname}`) {
      case 'POST /v1/answer':
        return answers.post(call, context);
      case 'POST /v1/retrieve':
        return answers.retrieve(call);
      case 'GET /answer':
        return answers.get(call);
      case 'POST /notes':
        return writes.postNote(call, context);
      case 'GET /notes':
        return writes.getNotes(call);
      case 'POST /jobs':
        return writes.postJob(call, context);
      case 'GET /.well-known/cutover':
        return sendJson(res, 200, health(), { 'cache-control': 'no-store' });
      case 'POST /.well-known/cutover/retire':
      case 'POST /__fault':
        return admin(call);
      default:
        throw new HttpError(404, `no ${req.method} ${url.pathname}`);
    }
  };

  const http = await listen(async (call) => {
    try {
      await handle(call);
    } catch (error) {
      const headers = originHeaders(index, routeName(call), null);
      if (call.res.headersSent) throw error;
      if (error instanceof WriteRefusedError) {
        const { status, message } = error.refusal;
        return sendJson(call.res, status, { error: message }, { ...headers, ...error.refusal.headers });
      }
      const status = error instanceof HttpError ? error.status : 500;
      if (status >= 500) process.stderr.write(`${config.color}: ${String(error)}\n`);
      return sendJson(
        call.res,
        status,
        { error: String(error) },
        { ...headers, 'cache-control': 'no-store' },
      );
    }
  }, config.port);
  await guard.start();
  consumer?.start();

  return {
    ready: { url: http.url, color: config.color, INDEX_HASH: index.INDEX_HASH },
    close: async () => {
      await http.close();
      await consumer?.stop();
      guard.stop();
      await queues?.close();
      await pool.close();
    },
  };
}

function routeName({ req, url }: Call): RouteName {
  const write = req.method === 'POST';
  if (url.pathname === '/v1/answer') return 'answer';
  if (url.pathname === '/v1/retrieve') return 'retrieve';
  if (url.pathname === '/answer') return 'answer.get';
  if (url.pathname === '/notes') return write ? 'note.write' : 'note.read';
  if (url.pathname === '/jobs') return 'job.write';
  return url.pathname.startsWith('/.well-known/') ? 'health' : 'other';
}

/** Without a configured token nobody is admin; compared in constant time. */
function isAdmin(headers: IncomingHttpHeaders, token: string | null): boolean {
  const given = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token ?? ''}`);
  return token !== null && given.length === wanted.length && timingSafeEqual(given, wanted);
}
