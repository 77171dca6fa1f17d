/** Options of every built-in provider are checked when the plan is read: names, types and what is missing, each at its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPlan } from '../../src/plan/load.ts';
import { MANIFEST_PORTS, type ManifestPort } from '../../src/ports/manifest.ts';
import { manifestsWith } from '../../src/providers/registry.ts';
import { FILES, linesOf, loadText, MINIMAL } from './support.ts';

/** Those that a plan names by themselves; the parts of an edge come with it. */
const PORTS = MANIFEST_PORTS.filter((port) => !['store', 'router', 'traffic'].includes(port));

/** A plan in which one port is given as `yaml`. */
function planWith(port: ManifestPort, yaml: string): string {
  const rest = MINIMAL.split('\n').filter((line) => !line.startsWith(`${port}:`));
  const of: Partial<Record<ManifestPort, string>> = {
    warmup: `warmup: { provider: ${yaml} }`,
    notify: `notify: [ ${yaml} ]`,
    embedder: `probes: { embedder: ${yaml} }`,
    gate: `customGates: [ ${yaml.replace('use:', 'name: g, kind:')} ]`,
    step: `steps: [{ at: frozen, name: s, undo: keep, reason: r, do: ${yaml.replace(/use: (\w+), (.*) }/, '$1: { $2 } }')} }]`,
  };
  return [...rest.filter((line) => line !== ''), of[port] ?? `${port}: ${yaml}`, ''].join('\n');
}

test('an option that a built-in provider does not have is an error with line and column, for each port of each', async () => {
  let checked = 0;
  for (const port of PORTS) {
    for (const { name } of manifestsWith(port)) {
      const text = planWith(port, `{ use: ${name}, wrongOption: 1 }`);
      const lines = await linesOf({ text });
      const [found = ''] = lines.filter((line) => line.includes('wrongOption: is not a known field'));
      const line = text.split('\n').findIndex((one) => one.includes('wrongOption')) + 1;
      const column = (text.split('\n')[line - 1] ?? '').indexOf('wrongOption') + 1;
      assert.ok(found.startsWith(`cutover.yaml:${line}:${column} `), `${port} ${name}: ${lines.join(' | ')}`);
      checked += 1;
    }
  }
  assert.ok(checked >= 18, String(checked));
});

test('a value of the wrong type is an error for each option of each provider', async () => {
  let checked = 0;
  for (const port of PORTS) {
    for (const { name, ports } of manifestsWith(port)) {
      for (const key of Object.keys(ports[port]?.options.shape ?? {})) {
        // Any JSON is a body.
        if (key === 'body') continue;
        const lines = await linesOf({ text: planWith(port, `{ use: ${name}, ${key}: [[]] }`) });
        assert.ok(
          lines.some((line) => new RegExp(`[.\\]]${key}(\\[|:)`).test(line)),
          `${port} ${name} ${key}: ${lines.join(' | ')}`,
        );
        checked += 1;
      }
    }
  }
  assert.ok(checked > 60, String(checked));
});

test('what the plan that nobody checked said is all found', async () => {
  const text = MINIMAL.replace('account: cutover', 'admn: "http://127.0.0.1:1", acount: x, timeoutMs: "fast"')
    .replace('path: ./edge.ndjson', 'pth: ./edge.ndjson')
    .concat('queue: { use: sqs, blu: "https://q.example.com/1/a", green: "https://q.example.com/1/b" }\n')
    .concat('notify: [{ use: webhook, urlEnv: not-a-name }]\n');
  const lines = await linesOf({ text });
  const shown = lines.map((line) => line.replace(/^cutover\.yaml:/, ''));
  assert.deepEqual(shown, [
    '6:26 edge.admn: is not a known field; did you mean admin?',
    '6:54 edge.acount: is not a known field; did you mean account?',
    '6:76 edge.timeoutMs: must be a number, not text; write a number',
    '7:1 telemetry.path: is required; add `path: …`',
    '7:27 telemetry.pth: is not a known field; did you mean path?',
    '8:1 queue.blue: is required; add `blue: …`',
    '8:20 queue.blu: is not a known field; did you mean blue?',
    '9:34 notify[0].urlEnv: must be the name of an environment variable, like CUTOVER_WEBHOOK_URL; correct the value',
  ]);
});

test('a provider that has not the port is refused at its name', async () => {
  const [line, ...others] = await linesOf({ text: planWith('queue', '{ use: cloudflare }') });
  assert.deepEqual(others, []);
  assert.match(
    line ?? '',
    /^cutover\.yaml:8:15 queue\.use: has no queue port; cloudflare has edge; built in here: /,
  );
});

test('a bare name that needs options says which', async () => {
  const [line] = await linesOf({ text: planWith('queue', 'sqs') });
  assert.equal(
    line,
    'cutover.yaml:8:8 queue: needs its options blue, green; write `queue: { use: sqs, blue: …, green: … }`',
  );
});

test('options that go together are checked at their place', async () => {
  const [line] = await linesOf({ text: MINIMAL.replace('account: cutover', 'namespace: 4e5f') });
  assert.match(line ?? '', /^cutover\.yaml:6:\d+ edge\.account: is needed with `namespace`/);
});

test('an embedder that is none is an error, since no module can be one', async () => {
  const [line] = await linesOf({ text: planWith('embedder', 'use-lit') });
  assert.match(line ?? '', /probes\.embedder: is no embedder; did you mean use-lite\?/);
});

test('a gate may be judged by a module of the user’s own', async () => {
  const text = planWith('gate', '{ use: ./judge.mjs, limit: 3, anything: { at: all } }');
  const { plan } = await loadText(text);
  assert.deepEqual(plan.customGates, [
    { name: 'g', kind: `${FILES}judge.mjs`, options: { limit: 3, anything: { at: 'all' } } },
  ]);
  const wrong = await linesOf({ text: planWith('gate', '{ use: webhook, url: "https://x.example.com" }') });
  assert.match(wrong.join(), /customGates\[0\]\.kind: has no gate port/);
});

test('no module is loaded unless that is asked for, and then its manifest is asked', async () => {
  const text = planWith('queue', '{ use: ./queue.mjs, retires: 3 }');
  await loadText(text);
  const asked: string[] = [];
  const { queue } = manifestsWith('queue').find(({ name }) => name === 'sqs')?.ports ?? {};
  assert.ok(queue !== undefined);
  const lines = await loadPlan(
    { text },
    {
      cwd: FILES,
      readModule: async (use) => {
        asked.push(use);
        return { state: 'read', manifest: { name: 'mine', about: 'Mine.', ports: { queue } } };
      },
    },
  ).then(
    () => [],
    (error: unknown) => String(error).split('\n'),
  );
  assert.deepEqual(asked, [`${FILES}queue.mjs`]);
  assert.match(lines.join(), /8:28 queue\.retires: is not a known field; known here: blue, green/);
});

test('a traffic that cannot do what the plan asks is refused in words, where the plan asks it', async () => {
  const read = async (can: string, more = '', sticky = true): Promise<string> => {
    const text = `${planWith('edge', `{ store: cloudflare, traffic: { use: simulated, sticky: ${sticky}${can} } }`)}${more}`;
    return loadPlan({ text }, { cwd: FILES }).then(
      ({ warnings }) =>
        warnings
          .map(({ message }) => message)
          .filter((one) => /anew/.test(one))
          .join(),
      (error: unknown) => String(error),
    );
  };
  assert.equal(await read(''), '');
  assert.match(await read(', memory: none', '', false), /deals each request anew/);
  assert.match(
    await read(', canLower: false'),
    /edge\.traffic: simulated cannot lower a weight: a rollback would/,
  );
  assert.match(
    await read(', granularityPercent: 10'),
    /canary\.weight: simulated cannot set 1 %: its steps are 10 %/,
  );
  assert.match(
    await read(', stages: [1, 5, 10, 25, 50]'),
    /edge\.traffic: simulated cannot set 100 %: it is none/,
  );
  assert.match(
    await read('', 'topology: header\ncanary: { cohorts: [staff] }\n'),
    /topology: simulated holds a weight and nothing else/,
  );
});

test('the long form of an edge names its parts; the router is ours where it is left out', async () => {
  const { plan } = await loadText(
    planWith('edge', '{ store: { use: cloudflare, admin: "https://x.example.com" }, traffic: simulated }'),
  );
  assert.deepEqual(plan.providers.edge, {
    store: { use: 'cloudflare', admin: 'https://x.example.com' },
    router: { use: 'router' },
    traffic: { use: 'simulated' },
  });
  assert.deepEqual(plan.providers.cache, { use: 'router' });
});

for (const [what, edge, says] of [
  [
    'a wrong option of a part',
    '{ store: { use: cloudflare, admn: x } }',
    /edge\.store\.admn: is not a known field/,
  ],
  ['a store that is missing', '{ router: router }', /edge\.(store|use): is required/],
  [
    'a part that is no part',
    '{ store: cloudflare, wieght: simulated }',
    /edge\.wieght: is not a known field/,
  ],
  [
    'a traffic that has no weight',
    '{ store: cloudflare, traffic: sqs }',
    /edge\.traffic: has no traffic port/,
  ],
] as const) {
  test(`${what} has its line and column`, async () => {
    const lines = await linesOf({ text: planWith('edge', edge) });
    assert.match(lines.join('\n'), says);
    assert.match(lines.join('\n'), /\d+:\d+ edge/);
  });
}

test('a step that looks at some regions needs telemetry that tells them apart', async () => {
  const ramp = 'ramp:\n  - { weight: 10, for: 15m, regions: [eu-west] }\n';
  const query = (by: string): string =>
    `'sum(increase(requests_total{${by}color="{{color}}"}[{{window}}s]))'`;
  const prometheus = (by: string): string =>
    `{ use: prometheus, url: "http://p:9090", requests: ${query(by)}, failures: ${query(by)} }`;
  const cloudwatch =
    '{ use: cloudwatch, namespace: N, requests: R, failures: [F], dimensions: { blue: { C: b }, green: { C: g } } }';
  const wrong = async (telemetry: string): Promise<string[]> =>
    (await linesOf({ text: planWith('telemetry', telemetry).replace(/^ramp:.*\n/m, '') + ramp })).filter(
      (line) => line.includes('does not tell regions apart'),
    );
  assert.match(
    (await wrong(prometheus(''))).join(),
    /regions: telemetry prometheus .*; write region=~"\{\{regions\}\}" into each/,
  );
  assert.match((await wrong(cloudwatch)).join(), /telemetry cloudwatch does not tell .*; leave regions out/);
  assert.deepEqual(await wrong(prometheus('region=~"{{regions}}",')), []);
  assert.deepEqual(await wrong('{ use: duckdb, path: ./x.ndjson }'), []);
});
