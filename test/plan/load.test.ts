/** From file to plan: defaults, forms, digest. */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { stringify, parse } from 'yaml';
import { planDigest } from '../../src/plan/digest.ts';
import { loadPlan, pinProbes } from '../../src/plan/load.ts';
import { corpus, FILES, loadText, MINIMAL, read } from './support.ts';

void test('seven lines are a plan with every default filled in', async () => {
  const { plan, digest, file } = await loadPlan('ok-minimal.yaml', { cwd: FILES });
  assert.equal(file, 'ok-minimal.yaml');
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.equal(planDigest(plan), digest);
  assert.deepEqual([plan.from, plan.to, plan.topology], ['blue', 'green', 'weight']);
  assert.deepEqual(plan.entry, [{ region: 'default', url: 'http://127.0.0.1:8787' }]);
  assert.deepEqual(
    plan.ramp.map((step) => [step.weightPercent, step.forMs, step.looks]),
    [5, 10, 25, 50].map((weight) => [weight, 900_000, 3]),
  );
  assert.deepEqual(plan.canary, { weightPercent: 1, forMs: 900_000, looks: 3, cohorts: [] });
  const ours = { use: 'cloudflare', account: 'cutover' };
  assert.deepEqual(plan.providers.edge, { store: ours, router: ours, traffic: null });
  // Our router brings its cache.
  assert.deepEqual(plan.providers.cache, { use: 'router' });
  assert.equal(plan.providers.queue, null);
  assert.equal(plan.probes.set, path.join(FILES, 'probes'));
  assert.equal(plan.gates.minSamples, 59);
  assert.ok(!JSON.stringify(plan).includes('null,null'), 'no duration is lost');
});

void test('a step by a module is that module’s, whatever its options are called', async () => {
  const { plan } = await loadText(
    `${MINIMAL}steps: [{ at: preflight, name: up, do: { use: ./a.mjs, http: { url: 'https://a.example.com' } }, undo: keep, reason: r }]\n`,
  );
  assert.deepEqual(plan.steps?.[0]?.do, {
    use: path.join(FILES, 'a.mjs'),
    http: { url: 'https://a.example.com' },
  });
});

void test('a plan survives JSON, as Temporal will send it', async () => {
  for (const name of corpus('ok-')) {
    const { plan } = await loadPlan(name, { cwd: FILES });
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan, name);
  }
});

void test('every field of a full plan arrives', async () => {
  const { plan, warnings } = await loadPlan('ok-full.yaml', { cwd: FILES });
  assert.deepEqual(warnings, []);
  assert.deepEqual([plan.from, plan.to], ['green', 'blue']);
  assert.deepEqual(plan.providers.telemetry, { use: 'duckdb', path: path.join(FILES, 'edge-*.ndjson') });
  assert.equal(plan.providers.cache, null);
  assert.equal(plan.probes.request.via, 'direct');
  assert.equal(plan.probes.response.snippet.start, '/from');
  assert.equal(plan.probes.response.identity.metric, '$.index.metric');
  assert.deepEqual(plan.ramp.at(-1), {
    weightPercent: 40,
    forMs: 3_600_000,
    looks: 12,
    cohorts: ['staff', 'beta', 'free'],
    regions: ['eu-west'],
  });
  assert.deepEqual(plan.shadow.deadline, { afterMs: 3_600_000, then: 'rollback' });
  assert.deepEqual(plan.hold.peak, { at: '18:00', zone: 'Europe/Paris', days: [1, 2, 3, 4, 5] });
  assert.deepEqual(plan.customGates[0], {
    name: 'judge',
    kind: 'http',
    options: { url: 'https://judge.example.com/verdict' },
  });
  assert.deepEqual(plan.approvals[0], {
    before: 'cutover',
    approvers: [],
    count: 1,
    deadline: { afterMs: 3 * 86_400_000, then: 'pause' },
  });
});

void test('quiet follows the queue, and freeze follows quiet', async () => {
  const queue = 'queue: { use: sqs, blue: https://q.example.com/b, green: https://q.example.com/g }\n';
  const sqs = await loadText(MINIMAL + queue);
  assert.deepEqual([sqs.plan.cutover.quietMs, sqs.plan.cutover.freezeMs], [75_000, 150_000]);
  const local = await loadText(`${MINIMAL}${queue}cutover: { quiet: 2s }\n`);
  assert.deepEqual([local.plan.cutover.quietMs, local.plan.cutover.freezeMs], [2000, 30_000]);
  assert.ok(local.warnings.some((warning) => warning.path.join('.') === 'cutover.quiet'));
});

void test('the digest depends on values alone', async () => {
  const { digest } = await loadText(MINIMAL);
  const reversed = Object.fromEntries(Object.entries(parse(MINIMAL) as object).toReversed());
  assert.equal((await loadText(stringify(reversed))).digest, digest, 'key order');
  assert.equal((await loadText(JSON.stringify(reversed))).digest, digest, 'JSON is YAML');
  assert.equal((await loadText(`# why\n\n${MINIMAL.replaceAll('\n', ' # x\n')}`)).digest, digest, 'comments');
  assert.equal(
    (await loadText(`${MINIMAL}canary: { for: 15m, weight: 1 }\n`)).digest,
    digest,
    'defaults written out',
  );
  assert.equal((await loadText(`${MINIMAL}canary: { for: 900s }\n`)).digest, digest, 'the same time');
  assert.notEqual((await loadText(MINIMAL.replace('r42', 'r43'))).digest, digest);
});

void test('with cohorts a step that no cohort joins is warned of: its weight moves nobody', async () => {
  const header = `${MINIMAL}topology: header\ncanary: { cohorts: [staff] }\n`;
  const warned = async (ramp: string): Promise<string[]> =>
    (await loadText(header + ramp)).warnings
      .filter(({ message }) => /moves? no(body| cohort)/.test(message))
      .map(({ path }) => path.join('.'));
  assert.deepEqual(await warned(''), ['ramp']);
  assert.deepEqual(await warned('ramp: []\n'), []);
  assert.deepEqual(
    await warned('ramp: [{ weight: 5, cohorts: [beta] }, 20, { weight: 30, cohorts: [staff] }]\n'),
    ['ramp.1', 'ramp.2'],
  );
});

void test('a pinned probe set is part of the digest', async () => {
  const { plan, digest } = await loadPlan('ok-minimal.yaml', {
    cwd: FILES,
    probeDigest: () => Promise.resolve('abc'),
  });
  assert.equal(plan.probes.digest, 'abc');
  assert.notEqual(planDigest(pinProbes(plan, 'abd')), digest);
});

void test('the example in docs/plan.md is a plan', async () => {
  const docs = read('../../../docs/plan.md');
  const example = /```yaml\n(.*?)```/s.exec(docs)?.[1];
  assert.ok(example !== undefined);
  const { plan } = await loadText(example);
  assert.equal(plan.service, 'docs-rag');
});

void test('`cacheDrop` is another name of `cache.drop`, and `off` leaves a block out', async () => {
  const gatesOf = async (yaml: string) => (await loadText(`${MINIMAL}gates: ${yaml}\n`)).plan.gates;
  const { cache } = await gatesOf('{ cacheDrop: 0.03 }');
  assert.deepEqual(cache, { drop: 0.03, maxShare: 0.5 });
  const { catastrophe, history } = await gatesOf('{ catastrophe: off, history: off }');
  assert.deepEqual(catastrophe, { share: 0.25, overFrom: 4, overP95: 5, level: 0 });
  assert.deepEqual(history, { hours: 0, early: 'auto', ignore: [] });
  const own = await gatesOf("{ history: { early: 'off' }, clusters: { block: 10m } }");
  assert.deepEqual(own.history, { hours: 24, early: 'off', ignore: [] });
  assert.deepEqual(own.clusters, { blockMs: 600_000, sameFailureMs: 60_000, minUsers: 3 });
});

void test('what `serverErrors` names without effect is told', async () => {
  const { plan, warnings } = await loadText(
    `${MINIMAL}gates: { serverErrors: { also: [503, 429, headers:http_4xx], not: [404, client:closed, 501] } }\n`,
  );
  assert.deepEqual(plan.gates.serverErrors.not, [404, 'client:closed', 501]);
  assert.deepEqual(
    warnings
      .filter(({ path }) => path.includes('serverErrors'))
      .map(({ path, message }) => `${path.join('.')} ${message}`),
    [
      'gates.serverErrors.also.0 counts anyway (503)',
      'gates.serverErrors.not.1 does not count anyway (client:closed)',
    ],
  );
});
