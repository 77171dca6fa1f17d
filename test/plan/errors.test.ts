/** Every class of mistake, with the exact place and words it is answered with (`files/expected.txt`). */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { BUILT_IN_GATES } from '../../src/domain/gate.ts';
import { PlanError } from '../../src/plan/errors.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { corpus, FILES, linesOf, loadText, MINIMAL } from './support.ts';

const EXPECTED = path.join(FILES, 'expected.txt');

/** So that a new gate changes no expectation. */
const ALL_GATES = BUILT_IN_GATES.join(', ');

// UPDATE=1 writes the file anew; read the difference before you commit it.
void test('the corpus is answered line by line as expected', async () => {
  const lines: string[] = [];
  for (const name of corpus()) lines.push(...(await linesOf(name)));
  const text = `${lines.join('\n')}\n`.replaceAll(ALL_GATES, '(every built-in gate)');
  if (process.env['UPDATE'] === '1') writeFileSync(EXPECTED, text);
  assert.equal(text, readFileSync(EXPECTED, 'utf8'));
});

void test('what is named ok loads and everything else does not', async () => {
  for (const name of corpus()) {
    assert.equal((await linesOf(name)).length === 0, name.startsWith('ok-'), name);
  }
});

void test('all errors come as one UserError with exit code 2 and a JSON form', async () => {
  const error = await loadPlan('bad-mixed.yaml', { cwd: FILES }).catch((caught: unknown) => caught);
  assert.ok(error instanceof PlanError && error instanceof UserError);
  assert.equal(error.exitCode, 2);
  assert.deepEqual(JSON.parse(JSON.stringify(error)), {
    ok: false,
    file: 'bad-mixed.yaml',
    problems: [
      { line: 9, column: 1, path: 'canry', message: 'is not a known field', fix: 'did you mean canary?' },
      {
        line: 12,
        column: 5,
        path: 'ramp[1]',
        message: 'must be greater than the step before (25)',
        fix: 'write a larger weight or remove the step',
      },
    ],
  });
});

void test('a file that cannot be read is the user’s mistake, not a crash', async () => {
  await assert.rejects(
    loadPlan('nowhere.yaml', { cwd: FILES }),
    /^UserError: nowhere.yaml: cannot be read \(ENOENT\)/,
  );
  await assert.rejects(loadPlan('.', { cwd: FILES }), /cannot be read \(EISDIR\)/);
});

void test('no answer repeats a secret', async () => {
  const text = (await linesOf('secret-keys.yaml')).join('\n');
  for (const secret of ['not-a-real-one', 'hunter2', 'xoxb', 'Bearer abc'])
    assert.ok(!text.includes(secret), secret);
});

void test('secrets are found by name and by look, and plain options are not taken for them', async () => {
  const provider = (options: string): string =>
    MINIMAL.replace('use: cloudflare, account: cutover', `use: ./mine.mjs, ${options}`);
  for (const bad of [
    'token: abc',
    'api_key: abc',
    'secretAccessKey: abc',
    'clientSecret: abc',
    'nested: { password: 12345 }',
    'note: "AKIAABCDEFGHIJKLMNOP"',
    'url: "https://me:pw@example.com"',
    'list: [{ accessKey: x }]',
  ]) {
    assert.equal((await linesOf({ text: provider(bad) })).length, 1, bad);
  }
  for (const good of [
    'tokenEnv: MY_TOKEN',
    'max_tokens: 300',
    'tokens: many',
    'secretary: bob',
    'url: "https://example.com/a@b:c"',
  ]) {
    assert.deepEqual(await linesOf({ text: provider(good) }), [], good);
  }
});

void test('doubtful but legal is a warning with its place', async () => {
  const { warnings } = await loadText(MINIMAL.replace('cloudflare', 'cloudflair').replace('r42', 'r41'));
  assert.deepEqual(
    warnings.map(({ line, path }) => [line, path.join('.')]),
    [
      [5, 'colors.green.release'],
      [1, 'hold.peak'],
      [6, 'edge.use'],
    ],
  );
});
