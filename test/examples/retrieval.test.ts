/** The sample's request without generation: ΔS and coverage of every question are those of whole answers, on a good index and a bad one. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RunningService } from '../../examples/docs-rag/service/server.ts';
import type { ProbesPlan } from '../../src/domain/plan.ts';
import type { ProbeRun } from '../../src/domain/probe.ts';
import { answeredIds } from '../../src/domain/probes/answered.ts';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import { resolveRequest, resolveRetrieval } from '../../src/plan/presets.ts';
import { openProber } from '../../src/probes/prober.ts';
import { ADMIN, post, service } from './service-kit.ts';

const SET = fileURLToPath(new URL('../../examples/docs-rag/probes', import.meta.url));
const ANSWERS = 30;
const REQUEST = resolveRequest({ preset: 'answer', via: 'direct' });
const PLAN: ProbesPlan = {
  set: SET,
  digest: '',
  request: REQUEST,
  response: CONTRACT_MAP,
  embedder: { use: 'lexical' },
  scale: 'raw',
  concurrency: 4,
  timeoutMs: 10_000,
};

let blue: RunningService;
let green: RunningService;
before(async () => {
  [blue, green] = await Promise.all([service('blue', null), service('green', null)]);
  await post(`${green.ready.url}/__fault`, { name: 'near-miss' }, ADMIN);
});
after(() => Promise.all([blue.close(), green.close()]));

/** One round of the whole set on both colors. */
async function round(
  plan: ProbesPlan,
): Promise<{ runs: readonly ProbeRun[]; answered: ReadonlySet<string> }> {
  const colorUrls = { blue: blue.ready.url, green: green.ready.url };
  const scope = { service: 'docs', from: 'blue', to: 'green', entry: [], colorUrls, env: {} } as const;
  const prober = await openProber(scope, plan);
  const runs = await prober.run(prober.round(0), {
    colors: ['blue', 'green'],
    round: 0,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return {
    runs,
    answered: answeredIds(prober.probes, plan.retrieval?.answers ?? null, prober.setDigest),
  };
}

void describe('a request that retrieves and generates nothing', () => {
  void it('has the ΔS, coverage and identity of whole answers', async () => {
    const retrieval = resolveRetrieval({ path: '/v1/retrieve', answers: ANSWERS }, REQUEST, CONTRACT_MAP);
    const [whole, mixed] = [await round(PLAN), await round({ ...PLAN, retrieval })];
    const measured = (runs: readonly ProbeRun[]) =>
      runs.map(({ probeId, color, error, deltaS, deltaSControl, coverage, identity }) => ({
        at: `${color} ${probeId}`,
        error,
        deltaS,
        deltaSControl,
        coverage,
        identity,
      }));
    assert.deepEqual(measured(mixed.runs), measured(whole.runs));
    const without = mixed.runs.filter(({ probeId }) => !mixed.answered.has(probeId));
    assert.ok(without.length >= 2 * 50, `${without.length} requests for retrieved text only`);
    assert.ok(without.every(({ answer, answerClass }) => answer === undefined && answerClass === 'empty'));
    assert.ok(
      mixed.runs.every(({ probeId, answer }) => (answer !== undefined) === mixed.answered.has(probeId)),
      'all others were answered',
    );
  });
});
