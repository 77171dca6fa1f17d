/** `doctor` on a healthy server with workers, and without them. */
import assert from 'node:assert/strict';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import {
  evidenceCheck,
  nodeCheck,
  packageChecks,
  variableChecks,
} from '../../src/cli/doctor/local-checks.ts';
import { sightChecks } from '../../src/cli/doctor/sight-checks.ts';
import type { Check } from '../../src/cli/doctor/check.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { json, openBench } from './support.ts';

const bench = openBench();

interface Checks {
  readonly ok: boolean;
  readonly checks: { name: string; state: string; detail: string; todo: string | null }[];
}

test('a healthy server with workers: exit 0, every check of the server is green', async () => {
  const ran = await bench.run(['doctor', '--task-queue', bench.taskQueue, '--json']);
  const { ok, checks } = json(ran) as Checks;
  assert.equal(ran.code, 0, ran.stdout);
  assert.equal(ok, true);
  for (const name of [
    'Node.js',
    'Temporal',
    'namespace',
    'search attributes',
    'workflow workers',
    'activity workers',
    'clock',
    'evidence',
  ]) {
    const check = checks.find((one) => one.name === name);
    assert.equal(check?.state, 'ok', JSON.stringify(check));
  }
});

test('no worker on the task queue, an unknown namespace: exit 1, with what to do', async () => {
  const idle = await bench.run(['doctor', '--task-queue', 'nobody-is-here']);
  assert.equal(idle.code, 1);
  assert.match(
    idle.stdout,
    /✖ workflow workers +none on task queue nobody-is-here\n +start one: `cutover worker`/,
  );
  assert.match(idle.stdout, /✖ activity workers/);
  const lost = await bench.run(['doctor', '--namespace', 'nowhere']);
  assert.equal(lost.code, 1);
  assert.match(lost.stdout, /✖ namespace +nowhere: /);
});

test('variables: what a plan needs is wrong when missing, names only', async () => {
  const { plan } = await loadPlan('test/plan/files/ok-full.yaml', { world: { isFolder: () => true } });
  const checks = variableChecks({ CUTOVER_ADMIN_TOKEN: 'hunter2' }, plan);
  assert.equal(JSON.stringify(checks).includes('hunter2'), false);
  const state = (name: string): string | undefined => checks.find((one) => one.name === name)?.state;
  assert.equal(state('CUTOVER_ADMIN_TOKEN'), 'ok');
  assert.equal(state('TEAM_WEBHOOK'), 'wrong');
  assert.equal(state('RAG_KEY'), 'wrong');
  assert.equal(state('CUTOVER_SIGNING_KEY'), 'unknown');
  for (const check of variableChecks({}, null)) assert.equal(check.state, 'unknown');
});

test('variables: of the provider that reads them, one for this service alone counts, retiring needs one only if the plan retires', async () => {
  const { plan } = await loadPlan('test/plan/files/ok-minimal.yaml');
  const state = (env: NodeJS.ProcessEnv, of: typeof plan, name: string): string | undefined =>
    variableChecks(env, of).find((one) => one.name === name)?.state;
  assert.equal(state({ CUTOVER_ADMIN_TOKEN: 'a' }, plan, 'CUTOVER_COLOR_TOKEN'), 'wrong');
  for (const name of ['CUTOVER_ADMIN_TOKEN', 'CUTOVER_COLOR_TOKEN', 'CUTOVER_PIN_SECRET']) {
    assert.equal(state({ [`${name}_DOCS_RAG`]: 'a' }, plan, name), 'ok', name);
    assert.equal(state({ [`${name}_OTHER`]: 'a' }, plan, name), 'wrong', name);
  }
  const kept = { ...plan, decommission: { ...plan.decommission, retire: false } };
  assert.equal(state({}, kept, 'CUTOVER_COLOR_TOKEN'), 'unknown');
  assert.ok(variableChecks({}, null).some(({ name }) => name === 'CUTOVER_COLOR_TOKEN'));
});

test('variables: every one that any stage of a plan reads is named with its reason (F4)', async () => {
  const { plan } = await loadPlan('test/plan/files/ok-full.yaml', { world: { isFolder: () => true } });
  const s3 = { ...plan, providers: { ...plan.providers, evidence: { use: 's3', bucket: 'b-1' } } };
  const checks = variableChecks({}, s3);
  const names = checks.map(({ name }) => name);
  for (const name of [
    'CUTOVER_ADMIN_TOKEN',
    'CUTOVER_PIN_SECRET',
    'CUTOVER_COLOR_TOKEN',
    'CLOUDFLARE_API_TOKEN',
    'AWS_REGION',
    'AWS_ACCESS_KEY_ID',
    'AWS_ENDPOINT_URL_S3',
    'OPENAI_API_KEY',
    'CUTOVER_SIGNING_KEY',
  ]) {
    assert.ok(names.includes(name), `${name} is not among ${names.join(', ')}`);
  }
  assert.ok(
    checks.every(({ detail }) => /\(.{8,}\)/.test(detail)),
    'each says why',
  );
  assert.equal(new Set(names).size, names.length, 'each once');
});

test('packages: those of the plan’s providers are looked for, without a plan as information', async () => {
  const { plan } = await loadPlan('test/plan/files/ok-minimal.yaml');
  const states = Object.fromEntries(packageChecks(plan).map(({ name, state }) => [name, state]));
  assert.equal(states['@duckdb/node-api'], 'ok');
  assert.equal(states['@aws-sdk/client-sqs'], undefined, 'no queue in the plan');
  const absent = { name: 'duckdb', about: 'x', ports: {}, packages: { 'no-such-package': '^1.0.0' } };
  const [missing] = packageChecks(plan, (use) => (use === 'duckdb' ? absent : undefined));
  assert.deepEqual(missing, {
    name: 'no-such-package',
    state: 'wrong',
    detail: 'not installed here (duckdb imports it)',
    todo: 'npm install no-such-package@^1.0.0 where the worker runs',
  });
  assert.ok(packageChecks(null).length >= 6);
});

test('nothing that doctor says is cut off on 80 columns', async () => {
  const { stdout } = await bench.run(['doctor', '--task-queue', bench.taskQueue]);
  assert.doesNotMatch(stdout, /…/);
});

test('Node: 20.19 and newer', () => {
  const states = ['18.20.0', '20.18.9', '20.19.0', '22.0.0'].map((version) => nodeCheck(version).state);
  assert.deepEqual(states, ['wrong', 'wrong', 'ok', 'ok']);
});

test('evidence: a folder that cannot be written', { skip: process.getuid?.() === 0 }, async () => {
  await bench.ready;
  const folder = path.join(bench.dir, 'locked');
  await mkdir(folder);
  await chmod(folder, 0o500);
  const { plan } = await loadPlan('test/plan/files/ok-minimal.yaml');
  const evidence = { use: 'folder', path: path.join(folder, 'evidence') };
  const check = await evidenceCheck({ ...plan, providers: { ...plan.providers, evidence } });
  assert.equal(check.state, 'wrong');
});

test('with a plan: what each hold could see, what the probes cost, and a set that does not fit its hold', async () => {
  const { plan } = await loadPlan({ text: SEEN });
  const checks: Check[] = [];
  for await (const check of sightChecks(plan, {}, new AbortController().signal)) checks.push(check);
  const of = (name: string): Check | undefined => checks.find((one) => one.name === name);
  assert.match(
    of('usual traffic')?.detail ?? '',
    /^Unknown traffic \(telemetry holds no request of the last 7 days\): for 1000 requests/,
  );
  assert.equal(of('usual traffic')?.state, 'unknown');
  assert.match(of('sees: ramp 10 %')?.detail ?? '', /^15m: /);
  assert.equal(of('history')?.state, 'unknown');
  assert.match(of('probes cost')?.detail ?? '', / at 0\.004 an answer/);
  assert.match(
    of('probes cost')?.todo ?? '',
    /^Probes do not fit canary 1 %: .* Probes do not fit ramp 10 %: /,
  );
  const quick = { ...plan, probes: { ...plan.probes, answerTimeMs: 100 } };
  for await (const check of sightChecks(quick, {}, new AbortController().signal)) {
    assert.equal(check.todo, null, JSON.stringify(check));
  }
});

const SEEN = `service: docs
entry: http://127.0.0.1:8787
colors:
  blue: { url: http://127.0.0.1:9001, release: r41 }
  green: { url: http://127.0.0.1:9002, release: r42 }
edge: { use: cloudflare }
telemetry: { use: duckdb, path: no-such.ndjson }
probes: { set: examples/docs-rag/probes, answerTime: 20s, costPerAnswer: 0.004 }
ramp: { for: 15m, looks: 3, steps: [10, 50] }
`;
