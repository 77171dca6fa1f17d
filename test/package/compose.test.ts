/** docker-compose.yml: held to what compose itself would check and to what exists, and its processes are run without an engine. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, describe, it, test } from 'node:test';
import { faultsOf, needsOf, readCompose } from './compose-model.ts';
import { ComposeRun } from './compose-run.ts';

const KEYS = new Set([
  'image',
  'build',
  'user',
  'entrypoint',
  'command',
  'ports',
  'volumes',
  'environment',
  'depends_on',
  'healthcheck',
  'restart',
  'working_dir',
  'network_mode',
]);

const TEXT = readFileSync('docker-compose.yml', 'utf8');
const DOCKERFILE = readFileSync('Dockerfile', 'utf8');
const compose = readCompose(TEXT);

test('every service says what it runs, with keys that compose knows', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.ok(
      (service.image === undefined) !== (service.build === undefined),
      `${name}: image or build, exactly one`,
    );
    const unknown = Object.keys(service).filter((key) => !KEYS.has(key));
    assert.deepEqual(unknown, [], `${name} has unknown keys`);
    if (service.build !== undefined) assert.ok(existsSync('Dockerfile'));
  }
});

test('what services refer to exists', () => {
  const services = Object.keys(compose.services);
  for (const [name, service] of Object.entries(compose.services)) {
    const needed = needsOf(service).map(([other]) => other);
    for (const other of needed) assert.ok(services.includes(other), `${name} depends on ${other}`);
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0] ?? '';
      assert.ok(Object.hasOwn(compose.volumes, source), `${name} mounts ${source}`);
    }
    const network = service.network_mode?.replace('service:', '');
    if (network !== undefined)
      assert.ok(services.includes(network), `${name} shares the network of ${network}`);
  }
  const entry = compose.services['sample']?.command?.[1]
    ?.replace('/opt/cutover/dist/', '')
    .replace(/\.js$/, '.ts');
  assert.ok(entry !== undefined && existsSync(entry), `${entry} is a source file`);
});

test('Temporal keeps its state, is reachable from this machine alone, and is waited for', () => {
  const temporal = compose.services['temporal'];
  assert.ok(temporal !== undefined);
  assert.ok(temporal.command?.some((word) => word.startsWith('--db-filename=/data/')));
  assert.ok(temporal.volumes?.some((volume) => volume.endsWith(':/data')));
  assert.ok(temporal.healthcheck !== undefined);
  for (const port of temporal.ports ?? []) assert.match(port, /^127\.0\.0\.1:/);
  const needs = compose.services['worker']?.depends_on;
  assert.deepEqual(needs, { temporal: { condition: 'service_healthy' } });
});

describe('what an engine would do (E2)', () => {
  it('nothing goes wrong as it is written (E2)', () => {
    assert.deepEqual(faultsOf(compose, DOCKERFILE), []);
  });

  const without = (pattern: RegExp, instead = ''): string => {
    assert.match(TEXT, pattern);
    return TEXT.replace(pattern, instead);
  };
  for (const [what, text, dockerfile, says] of [
    [
      'nobody gives the volumes away',
      without(/entrypoint: \[chown.*\]/, 'entrypoint: [true]'),
      DOCKERFILE,
      /^temporal runs as 1000 and cannot write \/data/,
    ],
    ['they are given to another user', without(/1000:1000/, '999:999'), DOCKERFILE, /cannot write \/data/],
    [
      'one of them is forgotten',
      without(/, \/var\/lib\/cutover\]/, ']'),
      DOCKERFILE,
      /^worker runs as 1000 and cannot write \/var\/lib\/cutover/,
    ],
    [
      'the explorer without its path',
      without(/(8899)\/cdn-cgi\/explorer\/api/, '$1'),
      DOCKERFILE,
      /CLOUDFLARE_BASE_URL/,
    ],
    ['a port that is not published', without(/ +- 127\.0\.0\.1:8787:8787\n/), DOCKERFILE, /port 8787 is not/],
    ['a listener on loopback', without(/ +SAMPLE_HOST: .*\n/), DOCKERFILE, /does not reach a listener/],
    ['no CA bundle', TEXT, DOCKERFILE.replace('ca-certificates', ''), /no CA bundle/],
  ] as const) {
    it(`${what}: found (E2)`, () => {
      assert.match(faultsOf(readCompose(text), dockerfile).join('\n'), says);
    });
  }
});

describe('its processes, run as it says (E2)', () => {
  const runs: ComposeRun[] = [];
  after(async () => {
    for (const run of runs) await run.down();
  });

  it(
    "a database on a volume that is root's does not open (E2)",
    { skip: process.getuid?.() !== 0 },
    async () => {
      const broken = readCompose(TEXT.replace(/entrypoint: \[chown.*\]/, "entrypoint: ['true']"));
      const { 'volume-owner': owner, temporal } = broken.services;
      assert.ok(owner !== undefined && temporal !== undefined);
      const run = await ComposeRun.open(
        { ...broken, services: { 'volume-owner': owner, temporal } },
        DOCKERFILE,
      );
      runs.push(run);
      await run.up().catch(() => undefined);
      // Nothing waits for it here, so it is asked what it said.
      assert.match(await run.line('temporal', /unable to open database file|permission denied/i), /./);
    },
  );

  it('users are served, and a switch writes the edge and reads it back in time (E2)', async () => {
    const run = await ComposeRun.open(compose, DOCKERFILE);
    runs.push(run);
    await run.up();
    const ready = JSON.parse(await run.line('sample', /"ready":true/)) as { plan: string };
    const answer = await fetch(`http://${run.at('127.0.0.1:8787')}/answer?q=vacuum`);
    assert.equal(answer.status, 200, 'the published port leads to the sample');
    const plan = run.at('/var/lib/cutover/sample/cutover.yaml');
    assert.equal(ready.plan, plan);
    const start = run.exec('worker', ['start', 'sample/cutover.yaml', '--wait']);
    // The first write of the switch: by the router's admin routes, read back from KV by the explorer.
    const first = await run.line('worker exec', /canary.*read back|ROLL|REFUSED|refused at preflight/);
    assert.match(first, /weight (\d+) %, read back \1 % \(generation \d+\)/);
    start.kill('SIGINT');
  });
});
