/**
 * Records the replay corpus: runs the workflow tests and keeps the history of every switch they start.
 * Run after a deliberate change of the workflow: node --import tsx test/replay/record.ts
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = fileURLToPath(new URL('histories/', import.meta.url));
const PARTIAL = `${FOLDER.replace(/\/$/, '')}.partial`;

rmSync(PARTIAL, { recursive: true, force: true });
mkdirSync(PARTIAL, { recursive: true });
/** Many of one kind, histories of thousands of signals, or runs that a replay from a file takes for others than they were. */
const LEFT_OUT = ['races', 'storms', 'reset', 'versioning', 'attributes', 'budget', 'bundle'];
const files = readdirSync(new URL('../workflows/', import.meta.url)).filter(
  (name) => name.endsWith('.test.ts') && !LEFT_OUT.includes(name.replace('.test.ts', '')),
);
const child = spawn(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-concurrency=2', ...files.map((name) => `test/workflows/${name}`)],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, CUTOVER_RECORD: PARTIAL } },
);
const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
if (code !== 0) {
  process.stderr.write('a test failed: the corpus stays as it was\n');
  process.exit(1);
}
// A corpus from tests that all passed, or none.
rmSync(FOLDER, { recursive: true, force: true });
renameSync(PARTIAL, FOLDER);
process.stdout.write(`${readdirSync(FOLDER).length} histories in ${FOLDER}\n`);
