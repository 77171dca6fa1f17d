/**
 * Activities that touch nothing, for the real workflow: what a switch does is decided by the name of its service. `…-refused` has a
 * blocking finding, `…-red` fails a gate in its first ramp step; everything else passes at once.
 */
import { ApplicationFailure } from '@temporalio/activity';
import type { Activities, WatchInput, WatchResult } from '../../src/activities/api.ts';
import type { EdgeState } from '../../src/activities/edge-api.ts';
import { overallVerdict, type GateSummary } from '../../src/domain/gate-record.ts';

const SEEN = { seen: true, detail: 'seen', behind: [], foreign: [] };

const IDENTITY = { INDEX_HASH: 'a', metric: 'cosine', analyzer: 'en', embedModel: 'm', reranker: 'none' };

/**
 * @param publish where reports of a test run are "published"
 * @param looked instead of the looks described above; null where they will do
 */
export function stubActivities(
  publish: (switchId: string, text: string) => Promise<string>,
  looked: (input: WatchInput) => Promise<WatchResult | null> = () => Promise.resolve(null),
): Activities {
  const edges = new Map<string, EdgeState>();
  const unwritten: EdgeState = {
    generation: 0,
    weightPercent: 0,
    freezeUntilMs: null,
    producer: 'blue',
    writes: { blue: 'open', green: 'open' },
    writer: '',
  };
  const edgeOf = (id: string): EdgeState => edges.get(id) ?? unwritten;
  return {
    inspect: async ({ targets }) => ({
      findings: targets.service.endsWith('refused')
        ? [
            {
              code: 'secrets-overlap',
              severity: 'blocking',
              message: 'green does not accept key k1',
              fix: 'add k1 to accept_kids of green',
              accepted: null,
            },
          ]
        : [],
      expected: { blue: IDENTITY, green: IDENTITY },
      baseline: null,
      deadLetters: { blue: 0, green: 0 },
      generation: 0,
      pinned: null,
    }),
    performStep: async () => ({ detail: '' }),
    undoStep: async () => ({ detail: '' }),
    watchGates: async (input) => {
      if (input.looks !== null) return (await looked(input)) ?? look(input);
      // A sentinel watches until it is cancelled: this is how the real one waits, too.
      throw ApplicationFailure.create({ type: 'LookAgain', message: 'later', nextRetryDelay: '1 hour' });
    },
    freezeTables: async () => ({ covers: 'orders' }),
    thawTables: async () => ({ covers: 'orders' }),
    writeEdge: async ({ targets, patch, step }) => {
      const before = edgeOf(targets.switchId);
      const next = {
        ...before,
        generation: before.generation + 1,
        weightPercent: patch.weightPercent ?? before.weightPercent,
        producer: patch.producer ?? before.producer,
        writer: `${targets.switchId}/${step}`,
      };
      edges.set(targets.switchId, next);
      return { ...next, ...SEEN };
    },
    readEdge: async ({ targets }) => edgeOf(targets.switchId),
    lookBeforeRetire: async ({ targets }) => ({
      edge: edgeOf(targets.switchId),
      jobs: { ready: 0, inFlight: 0, delayed: 0, dead: 0 },
    }),
    awaitGeneration: async () => SEEN,
    restoreTraffic: async ({ targets }) => {
      const generation = edgeOf(targets.switchId).generation + 1;
      const writer = `${targets.switchId}/rollback`;
      edges.set(targets.switchId, { ...edgeOf(targets.switchId), generation, weightPercent: 0, writer });
      return { restored: true, fromHealth: 'ok', generation, weightPercent: 0, unconfirmed: null };
    },
    drainQueue: async () => ({ drained: true, detail: 'empty', dead: 0 }),
    guardFence: async () => ({
      closed: true,
      left: null,
      moved: 0,
      lateWrites: 0,
      lateBase: null,
      refused: null,
    }),
    moveJobs: async () => ({
      moved: 0,
      left: { ready: 0, inFlight: 0, delayed: 0 },
      refused: null,
    }),
    warm: async ({ pings }) => ({ sent: pings, cold: 0, failed: 0, flat: true, detail: 'flat' }),
    releaseWarmth: async () => undefined,
    moveCaches: async () => ({
      purged: 'blue:*',
      stillCached: 0,
      primed: 3,
      failed: 0,
      generation: null,
      weightPercent: 0,
    }),
    primeCache: async () => ({ primed: 3, failed: 0 }),
    peakWindow: async () => ({ startMs: 0, endMs: 1, expected: null, known: true, why: 'test' }),
    lookAround: async () => ({
      edge: null,
      edgeProblem: null,
      health: { blue: 'healthy', green: 'healthy' },
    }),
    attributesFit: async () => true,
    retire: async () => ({ detail: 'retired' }),
    appendEvents: async ({ firstIndex }) => ({ digest: String(firstIndex).padStart(64, '0') }),
    publishReport: async ({ switchId, plan, outcome }) => ({
      path: await publish(switchId, `# ${plan.service}: ${outcome.kind}\n`),
    }),
    notify: async () => undefined,
  };
}

function look({ gates, targets, step, looks }: WatchInput): WatchResult {
  const isRed = targets.service.endsWith('red') && step.startsWith('ramp');
  const judged = gates.map(({ gate, role }): GateSummary => {
    const verdict = isRed && gate === 'latency' ? 'fail' : 'pass';
    return { gate, verdict, role, advisory: false, summary: `${gate} is ${verdict}`, reason: '' };
  });
  const planned = looks ?? 1;
  return {
    verdict: overallVerdict(judged),
    look: { index: planned, planned, final: true },
    gates: judged,
    concerns: [],
    requests: null,
    evidence: 'e'.repeat(64),
  };
}
