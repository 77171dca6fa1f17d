/** What is said to a person who mistyped, without a server: one line, what to do, the right exit code. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { findCommand, parseCommand } from '../../src/cli/args.ts';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { failureOf, type Failure } from '../../src/cli/failure.ts';
import { openOutput } from '../../src/cli/output.ts';
import { commandHelp } from '../../src/cli/render/help.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { cli, json } from './support.ts';

interface ErrorDocument {
  readonly error: { message: string; hint: string | null; code: string; exitCode: number };
}

let dir = '';
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'cutover-usage-'));
});
after(() => rm(dir, { recursive: true, force: true }));

const MISTAKES: readonly (readonly [words: string, message: RegExp, hint: RegExp])[] = [
  ['statsu', /there is no command "statsu"/, /cutover status/],
  ['frobnicate', /there is no command/, /--help lists/],
  ['status --wach', /cutover status has no option --wach/, /did you mean --watch/],
  ['list --zebra', /no option --zebra/, /usage: cutover list/],
  ['list extra', /cutover list does not take "extra"/, /usage/],
  ['status --interval', /--interval needs a value/, /--interval=/],
  ['status --watch=yes', /--watch takes no value/, /usage/],
  ['status --interval soon', /--interval must be a duration/, /2s/],
  ['start', /the plan file is missing/, /--help/],
  ['start no-such.yaml', /no-such.yaml: cannot be read \(ENOENT\)/, /name a file/],
  ['plan vaildate x', /cannot "vaildate"/, /cutover plan validate/],
  ['approve --stage cannary', /no stage "cannary"/, /did you mean canary/],
  ['override docs', /either --gate or --hold/, /--gate/],
  ['override docs --gate cache', /needs --reason/, /say why/],
  ['override docs --gate cach --reason x', /no gate "cach"/, /did you mean cache/],
  ['tune docs', /needs --set or --file/, /--set/],
  ['tune docs --set hold.for=soon', /forMs: "soon" is not a duration/, /15m/],
  ['tune docs --set holdd.for=5m', /"holdd" cannot be tuned/, /did you mean hold/],
  ['rollback docs --by=', /--by is empty/, /--by/],
  ['dev --port x', /--port must be a port/, /7233/],
  ['list --limit 0', /--limit must be/, /--limit 20/],
];

test('mistakes: exit 2, what is wrong and what to do', async () => {
  for (const [words, message, hint] of MISTAKES) {
    const failure = await failureIn(words.split(' '));
    assert.equal(failure.exitCode, 2, words);
    assert.match(failure.message, message);
    assert.match(failure.hint ?? '', hint);
    assert.equal(failure.message.includes('\n'), false);
  }
});

test('a mistake on the terminal: one line and a hint on stderr, nothing on stdout', async () => {
  for (const words of ['statsu', 'status --wach', 'start no-such.yaml']) {
    const ran = await cli(words.split(' '));
    assert.equal(ran.code, 2);
    assert.equal(ran.stdout, '');
    assert.match(ran.stderr, /^cutover: .+\n {2}.+\n$/);
  }
});

test('mistakes with --json: one document on stdout, nothing else', async () => {
  for (const words of ['statsu --json', 'status --wach --json', '--json start']) {
    const ran = await cli(words.split(' '));
    assert.equal(ran.code, 2);
    assert.equal(ran.stderr, '');
    const { error } = json(ran) as ErrorDocument;
    assert.deepEqual(Object.keys(error).sort(), ['code', 'exitCode', 'hint', 'message']);
    assert.deepEqual([error.code, error.exitCode], ['user', 2]);
  }
});

test('a dead address: exit 69 at the first refused connection, one line and what to do', async () => {
  for (const words of ['list', 'status docs', 'rollback docs', 'worker']) {
    const ran = await cli([...words.split(' '), '--address', '127.0.0.1:1']);
    assert.equal(ran.code, 69, ran.stderr);
    assert.match(
      ran.stderr,
      /^cutover: no Temporal server answers at 127\.0\.0\.1:1 .*refused\n {2}run `cutover dev`.*\n$/,
    );
  }
  const { error } = json(
    await cli(['list', '--json'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } }),
  ) as ErrorDocument;
  assert.deepEqual([error.code, error.exitCode], ['unreachable', 69]);
});

test('doctor without a server: exit 1, says which and what to do, shows no value of a variable', async () => {
  const ran = await cli(['doctor', '--address', '127.0.0.1:1', '--json'], {
    env: { CUTOVER_ADMIN_TOKEN: 'hunter2-secret' },
  });
  assert.equal(ran.code, 1);
  assert.equal((ran.stdout + ran.stderr).includes('hunter2'), false);
  const { ok, checks } = json(ran) as {
    ok: boolean;
    checks: { name: string; state: string; todo: string | null }[];
  };
  assert.equal(ok, false);
  const temporal = checks.find((check) => check.name === 'Temporal');
  assert.equal(temporal?.state, 'wrong');
  assert.match(temporal?.todo ?? '', /cutover dev/);
  assert.equal(checks.find((check) => check.name === 'CUTOVER_ADMIN_TOKEN')?.state, 'ok');
});

test('plan validate: every problem at once, as file:line:column', async () => {
  const file = path.join(dir, 'bad.yaml');
  await writeFile(file, 'service: docs\nentry: nowhere\ncolours: {}\n');
  const ran = await cli(['plan', 'validate', file]);
  assert.equal(ran.code, 2);
  const places = ran.stderr.split('\n').filter((line) => /bad\.yaml:\d+:\d+ /.test(line));
  assert.ok(places.length >= 3, ran.stderr);
  const { error } = json(await cli(['plan', 'validate', file, '--json'])) as ErrorDocument & {
    error: { problems: unknown[] };
  };
  assert.ok(error.problems.length >= 3);
});

test('plan preview and validate of a good plan need no server', async () => {
  const file = path.join(dir, 'cutover.yaml');
  const plan = await readFile('test/plan/files/ok-minimal.yaml', 'utf8');
  await writeFile(file, `${plan}probes: ${path.resolve('examples/docs-rag/probes')}\n`);
  const preview = await cli(['plan', 'preview', file]);
  assert.equal(preview.code, 0, preview.stderr);
  assert.match(preview.stdout, /POINT OF NO RETURN/);
  assert.match(
    preview.stdout,
    /What the gates could see[\s\S]*Unknown traffic \([\s\S]*Probes ask \d+ times/,
  );
  const { steps } = json(await cli(['plan', 'preview', file, '--json'])) as { steps: unknown[] };
  assert.ok(steps.length > 10);
  const validated = json(await cli(['plan', 'validate', file, '--json'])) as { ok: boolean; digest: string };
  assert.equal(validated.ok, true);
  // As a start records it: with the probe set.
  const pinned = await loadPlan(file, { probeDigest: async (set) => (await loadProbeSet(set)).digest });
  assert.equal(validated.digest, pinned.digest);

  await writeFile(file, plan);
  await mkdir(path.join(dir, 'probes'));
  const empty = await cli(['plan', 'validate', file]);
  assert.equal(empty.code, 2, 'a start would refuse it');
  assert.match(empty.stderr, /manifest\.json cannot be read/);
});

test('help and version: exit 0, 80 columns, an example for each command', async () => {
  const overview = await cli(['--help']);
  assert.equal(overview.code, 0);
  for (const { name } of COMMANDS) assert.match(overview.stdout, new RegExp(`^  ${name} `, 'm'));
  assert.match((await cli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal((await cli([])).code, 2);
  for (const command of COMMANDS) {
    const { name } = command;
    const spec = await command.load();
    const help = commandHelp(spec);
    assert.equal(spec.name, name);
    assert.match(help, new RegExp(`^usage: cutover ${name}[^]*\nexamples:\n  cutover ${name}`));
    for (const line of help.split('\n')) assert.ok(line.length <= 80, line);
  }
  assert.match((await cli(['status', '--help'])).stdout, /^usage: cutover status \[service\]/);
});

/** What a command throws, without a process of its own. */
async function failureIn(words: readonly string[]): Promise<Failure> {
  const { stdin, stdout, stderr } = process;
  const out = openOutput({ stdin, stdout, stderr, json: true, noColor: true, env: {} });
  try {
    const spec = await findCommand(words[0] ?? '', COMMANDS).load();
    const parsed = parseCommand(spec, words.slice(1));
    await spec.run({ out, ...parsed, env: {}, signal: new AbortController().signal });
  } catch (error) {
    return failureOf(error, false);
  }
  throw new Error(`${words.join(' ')} is accepted`);
}
