/** `edge/run.sh`, the self-hosted edge without Docker, with stand-ins for the router and Redis. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { folderOf, NOBODY, run } from './run-init.ts';

/** Says how it was started, and when it is told to end. */
const STAND_IN = `#!/bin/sh
trap 'echo "$(basename "$0") ended" >> ended.txt; exit 0' TERM
echo "$(basename "$0") $* blue=$ORIGIN_BLUE green=$ORIGIN_GREEN cookie=$STICKY_COOKIE service=$SERVICE from=$DEFAULT_COLOR admin=$ADMIN_TOKEN"
while :; do sleep 0.05; done
`;

async function edgeIn(
  t: TestContext,
  { redisAnswers }: { readonly redisAnswers: boolean },
): Promise<{
  readonly folder: string;
  /** @param at script and the folder in which it is started */
  readonly start: (
    env: NodeJS.ProcessEnv,
    at?: readonly [script: string, cwd: string],
  ) => ReturnType<typeof spawn>;
}> {
  const folder = await folderOf(t);
  const blue = "http://127.0.0.1:1/it's-$HOME";
  await run(folder, '--yes', ...NOBODY, '--blue', blue, '--sticky', 'cookie:$sid', '--service', 'shop');
  const bin = join(folder, 'node_modules', '.bin');
  await mkdir(bin, { recursive: true });
  const executable = { mode: 0o755 };
  await writeFile(join(bin, 'cutover'), STAND_IN, executable);
  await writeFile(join(bin, 'redis-server'), STAND_IN, executable);
  await writeFile(join(bin, 'redis-cli'), `#!/bin/sh\nexit ${redisAnswers ? 0 : 1}\n`, executable);
  const start: Awaited<ReturnType<typeof edgeIn>>['start'] = (
    env,
    [script, cwd] = [join(folder, 'edge', 'run.sh'), '.'],
  ) => {
    const child = spawn('sh', [script], {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  return { folder, start };
}

const SECRETS = { CUTOVER_ADMIN_TOKEN: 'adm', CUTOVER_PIN_SECRET: 'pin', CUTOVER_USER_SECRET: 'usr' };

void describe('the edge without Docker', () => {
  const RUNS = [
    { redisAnswers: false, signal: 'SIGTERM' },
    { redisAnswers: true, signal: 'SIGTERM' },
    // The terminal was closed.
    { redisAnswers: false, signal: 'SIGHUP' },
  ] as const;
  for (const { redisAnswers, signal } of RUNS)
    void it(`starts the router ${redisAnswers ? 'on the Redis that answers' : 'and a Redis'}, and ends what it started at ${signal}`, async (t) => {
      const { folder, start } = await edgeIn(t, { redisAnswers });
      const child = start(SECRETS);
      assert.ok(child.stdout);
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      assert.match(
        line,
        /^cutover router --config redis:\/\/127\.0\.0\.1:6379\/0 --listen 127\.0\.0\.1:8080 /,
      );
      const told =
        " blue=http://127.0.0.1:1/it's-$HOME green=http://127.0.0.1:2 cookie=$sid service=shop from=blue admin=adm";
      assert.ok(line.endsWith(told), line);
      child.kill(signal);
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      const ended = await readFile(join(folder, 'ended.txt'), 'utf8');
      assert.equal(ended, redisAnswers ? 'cutover ended\n' : 'cutover ended\nredis-server ended\n');
    });

  void it('finds its own folder whatever CDPATH says', async (t) => {
    const { folder, start } = await edgeIn(t, { redisAnswers: true });
    const other = await folderOf(t);
    await mkdir(join(other, 'edge'));
    const child = start({ ...SECRETS, CDPATH: other }, ['edge/run.sh', folder]);
    assert.ok(child.stdout);
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    assert.match(line, /^cutover router /);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  void it('names the file with the secrets where they are not set', async (t) => {
    const { start } = await edgeIn(t, { redisAnswers: true });
    const child = start({});
    assert.ok(child.stderr);
    const [line] = (await once(createInterface(child.stderr), 'line')) as [string];
    assert.match(line, /CUTOVER_ADMIN_TOKEN: it is in \.env/);
  });
});
