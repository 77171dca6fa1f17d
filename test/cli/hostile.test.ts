/**
 * Every command with words and files from strangers: each is refused in a line with its exit code; none is called a bug (70),
 * none waits for ever, none begins to work.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { findCommand } from '../../src/cli/args.ts';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { failureOf } from '../../src/cli/failure.ts';
import type { CommandSpec } from '../../src/cli/spec.ts';
import { MINIMAL } from '../plan/support.ts';
import { jsonl, section, writeSet } from '../probes/set-folder.ts';
import { probe } from '../probes/support.ts';
import { pastSwitch } from './past-switch.ts';
import { runCommand } from './run-command.ts';

/** Nobody listens there. */
const NOBODY = '127.0.0.1:1';
/** So that what would speak to a server is refused just before, and not after the seconds that a dead address is given. */
const NO_SERVER = 'torn.jsonl';
/** Of each command. */
const RUNS = Number(process.env['RUNS'] ?? 40);
/** Given side by side, because each mostly waits for a server that is not there. */
const AT_ONCE = 20;
/** Longer than any refusal takes on a loaded machine. */
const PATIENCE_MS = 30_000;

const WORDS = [
  '',
  ' ',
  '-',
  '--',
  '.',
  '..',
  '/',
  '/dev/null',
  '/dev/zero',
  '\0',
  'a\0b',
  '\r\n',
  '\u001b[31m',
  '%s%n',
  '$(id)',
  '{{question}}',
  '🟦'.repeat(40),
  'x'.repeat(5000),
  '\ud800',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  'Infinity',
  '-1',
  '1e999',
  '0x10',
  '99999999999999999999',
  'http://',
  'http://[::1',
  `http://${NOBODY}/`,
  's3://bucket/%zz',
  's3://',
  'file:///etc/passwd',
  'hold.for=15m',
  'hold.for=',
  '=',
  '__proto__.x=1',
  'ramp=[1,{}]',
];

let dir = '';
let files: readonly string[] = [];
after(async () => {
  process.chdir('/');
  await rm(dir, { recursive: true, force: true });
});
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'cutover-hostile-'));
  process.chdir(dir);
  process.env['TEMPORAL_CONFIG_FILE'] = path.join(dir, NO_SERVER);
  files = [...(await plainFiles()), ...(await brokenSets()), ...(await brokenPacks())];
});

async function plainFiles(): Promise<string[]> {
  const content: Readonly<Record<string, string | Buffer>> = {
    'empty.yaml': '',
    'null.json': 'null',
    'list.json': '[]',
    'number.json': '1e999',
    'deep.json': '['.repeat(100_000),
    'torn.jsonl': '{"user_input":"x"}\n{"user_inp',
    'binary.yaml': Buffer.from([0x61, 0xff, 0xfe, 0x00]),
    'bom.json': '\uFEFF{}',
    'rows.jsonl': jsonl([
      { user_input: 1, reference_contexts: {} },
      { user_input: 'x', metadata: 7 },
    ]),
    'tests.yaml': 'tests: [{ vars: { question: [1] }, assert: [{ type: 3 }] }, { assert: {} }]',
    'squad.json': '{"data":[{"paragraphs":[{"context":1,"qas":[{"answers":[1]}]}]}]}',
    'thresholds.yaml': 'latencyRatio: 1.1',
    'minimal.yaml': MINIMAL,
    'x.gz': Buffer.from([0x1f, 0x8b, 0x08]),
  };
  for (const [name, bytes] of Object.entries(content)) await writeFile(path.join(dir, name), bytes);
  await symlink('loop', path.join(dir, 'loop'));
  await mkdir(path.join(dir, 'folder.yaml'));
  execFileSync('mkfifo', [path.join(dir, 'pipe')]);
  return [...Object.keys(content), 'loop', 'folder.yaml', 'pipe', 'absent.yaml', 'empty.yaml/x'];
}

/** Probe sets that are whole but for one thing. */
async function brokenSets(): Promise<string[]> {
  const whole = await writeSet(
    path.join(dir, 'set'),
    [probe('p', { targets: [{ section_id: 's' }] })],
    [section('s', 'some text')],
  );
  const breaks: Readonly<Record<string, readonly [string, string]>> = {
    'set-manifest': ['manifest.json', '{"name":"n","version":"1","sections":"../../../../etc/passwd"}'],
    'set-null': ['manifest.json', 'null'],
    'set-torn': ['probes.jsonl', '{"id":'],
    'set-no-section': ['sections.jsonl', ''],
    'set-index': ['embeddings.json', '{"schema":1,"embedder":"use-lite@0.2.0/512/f16","dim":512,"keys":[]}'],
    'set-drafts': ['drafts.jsonl', '{"id":"d","question":"Why?","gaps":[{"code":"nonsense"}]}'],
  };
  for (const [name, [file, content]] of Object.entries(breaks)) {
    await mkdir(path.join(dir, name));
    for (const one of ['manifest.json', 'probes.jsonl', 'sections.jsonl']) {
      await copyFile(path.join(whole, one), path.join(dir, name, one));
    }
    await writeFile(path.join(dir, name, file), content);
  }
  await mkdir(path.join(dir, 'set-pipe'));
  execFileSync('mkfifo', [path.join(dir, 'set-pipe', 'manifest.json')]);
  return ['set', 'set-pipe', ...Object.keys(breaks)];
}

/** Evidence packs that are whole but for one field. */
async function brokenPacks(): Promise<string[]> {
  const { pack } = await pastSwitch(path.join(dir, 'evidence'));
  const content = JSON.parse(await readFile(pack, 'utf8')) as Record<string, unknown>;
  const made = [pack];
  for (const field of Object.keys(content)) {
    for (const [i, value] of [null, [null], { length: 1 }, '../../x', -1].entries()) {
      const folder = path.join(dir, 'evidence', `broken-${field}-${i}`);
      await mkdir(folder);
      const file = path.join(folder, 'evidence-pack.json');
      await writeFile(file, JSON.stringify({ ...content, [field]: value }));
      await writeFile(path.join(folder, 'evidence-pack.signature.json'), i % 2 === 0 ? '{}' : '[');
      made.push(file);
    }
  }
  return made;
}

/** Commands that would begin to work if nothing stopped them, and a word that has to. */
const STOPPED: Readonly<Record<string, readonly string[]>> = {
  demo: ['--fault', 'nonsense'],
  dev: ['--port', 'nonsense'],
  rehearse: ['--fault', 'nonsense'],
};

/** First words that lead into a command, so that what follows is looked at. */
const LEADS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  plan: [['validate'], ['preview']],
  probes: [
    ['lint'],
    ['curate'],
    ['rotate'],
    ...['ragas', 'deepeval', 'promptfoo', 'beir', 'squad', 'drafts', 'nonsense'].map((one) => [
      'import',
      one,
    ]),
  ],
};

function words(spec: CommandSpec): fc.Arbitrary<string[]> {
  const value = fc.oneof(
    fc.constantFrom(...WORDS),
    fc.constantFrom(...files),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const option = fc
    .constantFrom(...Object.entries(spec.options), ['json', { type: 'boolean' }] as const)
    .chain(([name, { type }]) =>
      type === 'boolean' ? fc.constant(`--${name}`) : value.map((one) => `--${name}=${one}`),
    );
  const options = fc.array(option, { maxLength: 3 });
  const leads = fc.constantFrom<readonly string[]>(...(LEADS[spec.name] ?? []), []);
  const positionals = fc.array(value, { maxLength: spec.maxPositionals });
  return fc
    .tuple(leads, positionals, options)
    .map(([lead, given, more]) => [...lead, ...given, ...more, ...(STOPPED[spec.name] ?? [])]);
}

async function exitOf(spec: CommandSpec, given: readonly string[]): Promise<[number, string]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    const { code } = await Promise.race([runCommand(spec, given, { USER: 'ana' }), late]);
    return [code, ''];
  } catch (error) {
    const { exitCode, stack } = failureOf(error, false);
    return [exitCode, stack ?? ''];
  } finally {
    clearTimeout(timer);
  }
}

/** Found once by chance. */
const FOUND: readonly (readonly [string, ...string[]])[] = [
  ['tune', 'docs', '--file=pipe'],
  ['whatif', 'x', '--gates=pipe'],
  ['whatif', 'x', '--gates=/dev/zero'],
  ['plan', 'validate', 'pipe'],
  ['probes', 'lint', 'set-pipe'],
  ['probes', 'import', 'ragas', 'pipe'],
];

void describe('what strangers type and hand over', () => {
  void it('is not waited for, when it is a pipe that nobody writes to (D12)', async () => {
    for (const [name, ...given] of FOUND) {
      const spec = await findCommand(name, COMMANDS).load();
      assert.deepEqual(await exitOf(spec, given), [EXIT.user, ''], `${name} ${given.join(' ')}`);
    }
  });

  void it('is no bug where the folder of the shell is gone (D12)', async () => {
    const gone = await mkdtemp(path.join(tmpdir(), 'cutover-gone-'));
    process.chdir(gone);
    await rm(gone, { recursive: true });
    try {
      const spec = await findCommand('plan', COMMANDS).load();
      assert.deepEqual(await exitOf(spec, ['validate', 'cutover.yaml']), [EXIT.user, '']);
    } finally {
      process.chdir(dir);
    }
  });
});

void describe('what strangers type to any command', { concurrency: COMMANDS.length }, () => {
  for (const entry of COMMANDS) {
    void it(`is no bug of cutover ${entry.name} (D12)`, { timeout: 300_000 }, async () => {
      const spec = await entry.load();
      const known = Object.values(EXIT) as number[];
      await fc.assert(
        fc.asyncProperty(fc.array(words(spec), { minLength: AT_ONCE, maxLength: AT_ONCE }), async (lines) => {
          const ended = await Promise.all(lines.map((given) => exitOf(spec, given)));
          for (const [code, stack] of ended) {
            assert.notEqual(code, EXIT.bug, stack);
            assert.ok(known.includes(code), `exit ${code}`);
          }
        }),
        { numRuns: Math.ceil(RUNS / AT_ONCE), seed: 70, includeErrorInReport: true },
      );
    });
  }
});
