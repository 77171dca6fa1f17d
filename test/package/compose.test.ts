/** docker-compose.yml: no engine may run here, so it is held to what compose itself would check, and to what exists. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly network_mode?: string;
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const KEYS = new Set([
  'image',
  'build',
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

const compose = parse(readFileSync('docker-compose.yml', 'utf8')) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};

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
    const needed = Array.isArray(service.depends_on)
      ? service.depends_on
      : Object.keys(service.depends_on ?? {});
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
