/** Modules of a user's own: what they say of themselves is read as of built-in providers, and whatever is wrong with one is one line. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { moduleChecks, manifestsWith } from '../../src/cli/doctor/module-checks.ts';
import { packageChecks, variableChecks } from '../../src/cli/doctor/local-checks.ts';
import { PlanError, problemLine } from '../../src/plan/errors.ts';
import { loadPlan, type LoadedPlan } from '../../src/plan/load.ts';
import { readOwnModule } from '../../src/providers/read-own.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { MINIMAL } from './support.ts';

const PROVIDER = new URL('../../src/provider.ts', import.meta.url).href;
const HEAD = `import { defineProvider, z } from '${PROVIDER}';\n`;

/** A stranger's queue, whose manifest has one part replaced. */
const queue = (manifest: string, more = ''): string => `${HEAD}
export const provider = defineProvider({ name: 'mine', queue: () => ({}), ${more}
  manifest: { name: 'mine', about: 'A queue.', ports: { queue: { options: z.strictObject({ room: z.string(), size: z.number().optional() }), ${manifest} } } },
});`;

const dir = await tempFolder();

/** Loads a plan in which `field` names modules with this code. */
async function load(
  text: string,
  modules: Readonly<Record<string, string>>,
  waitMs = 20_000,
): Promise<LoadedPlan> {
  for (const [name, code] of Object.entries(modules)) await writeFile(path.join(dir, name), code);
  return loadPlan(
    { text: text.replace('set: ./probes', `set: ${dir}`) },
    {
      cwd: dir,
      world: { isFolder: () => true },
      readModule: (use, folder) => readOwnModule(use, folder, waitMs),
    },
  );
}

async function errorsOf(loading: Promise<LoadedPlan>): Promise<string> {
  try {
    await loading;
    return '';
  } catch (error) {
    assert.ok(error instanceof PlanError, String(error));
    return error.message.replaceAll(dir, '.');
  }
}

/** Node keeps a module by its address, so each case has a file of its own. */
let count = 0;
const fresh = (): string => `m${(count += 1)}.mjs`;

async function withQueue(code: string, options = 'room: a', waitMs?: number): Promise<LoadedPlan> {
  const name = fresh();
  return load(`${MINIMAL}queue: { use: ./${name}, ${options} }\n`, { [name]: code }, waitMs);
}

test('wrong options of a stranger’s module have their line and column', async () => {
  const line = MINIMAL.trimEnd().split('\n').length + 1;
  const errors = await errorsOf(withQueue(queue(''), 'room: 7, sise: 3'));
  const lines = errors.split('\n').map((one) => one.replace(/^cutover\.yaml:/, ''));
  assert.equal(lines.length, 2, errors);
  assert.match(lines[0] ?? '', new RegExp(`^${line}:\\d+ queue\\.room: must be text, not a number`));
  assert.match(
    lines[1] ?? '',
    new RegExp(`^${line}:\\d+ queue\\.sise: is not a known field; did you mean size\\?`),
  );
  const rule = `faults: ({ room }) => room === 'b' ? [{ key: 'room', message: 'is taken', fix: 'take another' }] : []`;
  assert.match(await errorsOf(withQueue(queue(rule), 'room: b')), /queue\.room: is taken; take another/);
  assert.equal(await errorsOf(withQueue(queue(rule), 'room: a')), '');
  const throws = queue('').replace('z.string()', `z.string().refine(() => { throw new Error('no luck'); })`);
  assert.match(await errorsOf(withQueue(throws)), /queue\.use: cannot be checked: no luck; mend the module$/);
});

test('a module is one module, however a plan spells its file: its options are checked at each place', async () => {
  const name = fresh();
  const code = `${HEAD}
export const provider = defineProvider({ name: 'two', queue: () => ({}), notify: () => ({}),
  manifest: { name: 'two', about: 'Both.', ports: {
    queue: { options: z.strictObject({ room: z.string() }) },
    notify: { options: z.strictObject({ room: z.string() }) } } } });`;
  const text = `${MINIMAL}queue: { use: ./${name}, room: a }\nnotify: [{ use: ././${name}, room: 7 }]\n`;
  const errors = await errorsOf(load(text, { [name]: code }));
  assert.match(errors, /notify\[0\]\.room: must be text, not a number/);
  assert.equal(await errorsOf(load(text.replace('room: 7', 'room: b'), { [name]: code })), '');
});

test('its defaults and capabilities are taken: quiet time, cache of the edge, steps of a weight', async () => {
  const { plan, warnings } = await withQueue(queue(`quiet: '3m', countsLagMs: 170_000`));
  assert.equal(plan.cutover.quietMs, 180_000);
  assert.equal(plan.cutover.freezeMs, 360_000);
  assert.deepEqual(
    warnings.filter(({ path: at }) => at[0] === 'cutover'),
    [],
  );

  const name = fresh();
  const edge = MINIMAL.replace(/^edge: .*$/m, `edge: { use: ./${name}, zone: z1, other: 2 }`);
  const code = `${HEAD}
export default defineProvider({ name: 'my-edge', edge: () => ({}), cache: () => ({}), manifest: { name: 'my-edge', ports: {
  edge: { options: z.strictObject({ zone: z.string(), other: z.number() }), propagationMs: 120_000, cache: { use: 'my-edge', options: ['zone'] } },
  cache: { options: z.strictObject({ zone: z.string() }) },
} } });`;
  const slow = await load(`${edge}cutover: { propagation: 3m }\n`, { [name]: code });
  assert.deepEqual(slow.plan.providers.cache, { use: path.join(dir, name), zone: 'z1' });
  assert.match(
    await errorsOf(load(`${edge}cutover: { propagation: 30s }\n`, { [name]: code })),
    /cutover\.propagation: must be at least 2m/,
  );

  const weight = fresh();
  const traffic = (capabilities: string): string => `${HEAD}
export const provider = defineProvider({ name: 'my-lb', traffic: () => ({}), manifest: { name: 'my-lb', ports: {
  traffic: { options: z.strictObject({}), capabilities: () => (${capabilities}) } } } });`;
  const can = `{ granularityPercent: 10, maxPercent: 100, canLower: true, stages: null, isSticky: true, isVolatile: false, propagation: { maxMs: 5 } }`;
  const native = (file: string): string =>
    MINIMAL.replace(/^edge: .*$/m, `edge: { store: simulated, router: simulated, traffic: ./${file} }`);
  assert.match(
    await errorsOf(load(native(weight), { [weight]: traffic(can) })),
    /canary\.weight: .* cannot set 1 %: its steps are 10 %/,
  );
  for (const [wrong, says] of [
    ['{ canLower: true }', /manifest\.ports\.traffic\.capabilities breaks: granularityPercent: /],
    [`(() => { throw new Error('no\\nluck') })()`, /capabilities breaks: no; mend the module$/],
  ] as const) {
    const file = fresh();
    const errors = await errorsOf(load(native(file), { [file]: traffic(wrong) }));
    assert.match(errors, /^cutover\.yaml:\d+:\d+ edge\.traffic: cannot be checked: the manifest of/);
    assert.match(errors, says);
  }
});

test('a module that cannot be used is one line at its name, whatever it does', async () => {
  const cases = [
    [`throw new Error('no luck\\n    at somewhere');`, /does not load: no luck; mend the module$/],
    [`throw 7;`, /does not load: 7; /],
    [`export const provider = ;`, /does not load: Unexpected token/],
    [`export const provider = 7; export default null;`, /exports no provider; export `provider`/],
    [`export const provider = { name: 'x' };`, /exports no provider/],
    [`await new Promise(() => {});`, /is still loading after 0\.3 s; connect to a vendor when/],
    [
      queue('').replace('z.strictObject', 'z.object'),
      /manifest\.ports\.queue\.options: must be a z\.strictObject/,
    ],
    [queue(`quiet: 'soon'`), /manifest\.ports\.queue\.quiet: must be a duration/],
    [queue(`env: [{ oneOf: [], why: 'x' }]`), /manifest\.ports\.queue\.env\.0\.oneOf: /],
    [queue(`envs: []`), /manifest\.ports\.queue: Unrecognized key: "envs"/],
    [queue('', 'color: () => ({}),'), /manifest\.ports\.color is missing: it has that port/],
    [queue('').replace('queue: () => ({})', 'color: () => ({})'), /manifest\.ports\.color is missing/],
    [`${HEAD}export const provider = { name: 'x', queue: () => 1, manifest: 7 };`, /manifest: Invalid input/],
  ] as const;
  for (const [code, says] of cases) {
    const errors = await errorsOf(withQueue(code, 'room: a', 300));
    assert.match(errors, says, code);
    assert.match(errors, /^cutover\.yaml:\d+:\d+ queue\.use: cannot be used: [^\n]*$/, code);
  }
});

test('a module that is not installed here is a warning that says what was not checked', async () => {
  for (const use of ['./not-here.mjs', '@my/queue']) {
    const { plan, warnings, modules } = await load(`${MINIMAL}queue: { use: "${use}", anything: 1 }\n`, {});
    const lines = warnings
      .map((one) => problemLine('cutover.yaml', one))
      .filter((one) => one.includes('queue'));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /queue\.use: was not read, so its options are not checked and no default/);
    assert.equal(plan.cutover.quietMs > 0, true);
    const [check] = moduleChecks(modules);
    assert.deepEqual(
      [check?.state, check?.todo],
      ['wrong', 'install it, with what it imports, where the worker runs'],
    );
  }
  const { modules } = await withQueue(`import 'not-installed-anywhere';`);
  assert.equal([...modules.values()][0]?.state, 'missing', 'nor is one whose imports are not');
});

test('a module without a manifest takes any option, and `doctor` says that it says nothing', async () => {
  const { modules } = await withQueue(
    `export const provider = { name: 'mine', queue: () => ({}) };`,
    'any: 1',
  );
  assert.deepEqual(
    moduleChecks(modules).map(({ state }) => state),
    ['unknown'],
  );
});

test('`doctor` names its variables and its packages', async () => {
  const said = `env: [{ oneOf: ['MY_BROKER_TOKEN', 'MY_BROKER'], why: 'opens the broker' }, { oneOf: ['MY_TRACE'], why: 'traces', when: { set: 'size' } }]`;
  const code = queue(said).replace(`about: 'A queue.'`, `packages: { 'my-broker-sdk': '^2', zod: '^4' }`);
  const { plan, modules } = await withQueue(code);
  const find = manifestsWith(modules);
  const checks = variableChecks({ MY_BROKER: 'x' }, plan, find);
  assert.match(
    checks.find(({ name }) => name === 'MY_BROKER_TOKEN')?.detail ?? '',
    /MY_BROKER is set \(opens/,
  );
  assert.equal(checks.find(({ name }) => name === 'MY_TRACE')?.state, 'unknown');
  const packages = packageChecks(plan, find).filter(({ detail }) => detail.includes('mine'));
  assert.deepEqual(
    packages.map(({ name, state }) => [name, state]),
    [
      ['my-broker-sdk', 'wrong'],
      ['zod', 'ok'],
    ],
  );
  assert.deepEqual(
    moduleChecks(modules).map(({ state, detail }) => [state, detail]),
    [['ok', 'is here: mine']],
  );

  const secret = await errorsOf(withQueue(code, 'room: a, brokerToken: abc'));
  assert.match(secret, /queue\.brokerToken: looks like a secret.*; remove it and set MY_BROKER_TOKEN in/);
});

test('the variable that a secret belongs in is the provider’s own', async () => {
  const of = (yaml: string): Promise<string> => errorsOf(load(`${MINIMAL}${yaml}\n`, {}));
  assert.match(
    await errorsOf(load(MINIMAL.replace('account: cutover', 'apiToken: abc'), {})),
    /set CLOUDFLARE_API_TOKEN in/,
  );
  assert.match(await of('queue: { use: sqs, secretAccessKey: abc }'), /set AWS_SECRET_ACCESS_KEY in/);
  assert.match(await of('notify: [{ use: webhook, token: abc }]'), /set CUTOVER_WEBHOOK_URL in/);
  assert.match(await of('queue: { use: ./not-here.mjs, clientSecret: abc }'), /set CLIENT_SECRET in/);
});
