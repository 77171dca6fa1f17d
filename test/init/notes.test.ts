/** What init says beside its files: what is still open, what comes next, how a stub is mounted. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { init } from '../../src/cli/commands/init.ts';
import { parseCommand } from '../../src/cli/args.ts';
import { runCommand } from '../cli/run-command.ts';
import { bodyOf, httpServer } from '../probes/servers.ts';

interface Said {
  readonly open: string;
  readonly next: readonly string[];
  readonly findings: readonly string[];
  readonly read: (name: string) => Promise<string>;
}

const GREEN = ['--green', 'http://127.0.0.1:2'];
const TWO = ['--blue', 'http://127.0.0.1:1', ...GREEN];

async function run(
  t: TestContext,
  words: readonly string[],
  files: Record<string, string> = {},
): Promise<Said> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-notes-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { document } = await runCommand(init, [folder, '--yes', '--json', ...words], { PATH: '/nowhere' });
  const { open, ...rest } = document as Pick<Said, 'next' | 'findings'> & { open: readonly string[] };
  return { ...rest, open: open.join('\n'), read: (name) => readFile(join(folder, name), 'utf8') };
}

void describe('what init says', () => {
  void it('names green, not blue, as what delivers sections where green has the users', async (t) => {
    const green = await httpServer(t, (_, response) => void response.end('{"answer":"a","retrieved":[]}'));
    const words = ['--blue', 'http://127.0.0.1:1', '--green', green, '--from', 'green'];
    const { open, read } = await run(t, words);
    const gaps = await read('probes/GAPS.md');
    assert.match(gaps, /it is what green delivered/);
    assert.match(gaps, /^- q01: green delivered no text/m);
    assert.match(await read('cutover.yaml'), /^from: green$/m);
    for (const text of [open, gaps, await read('questions.csv')])
      assert.doesNotMatch(text, /\bblue (?:delivers|delivered|answers)/);
  });

  void it('says of a question that was refused that it was refused, not that its answer is empty', async (t) => {
    const blue = await httpServer(t, (request, response) => {
      void bodyOf(request).then((text) => {
        response.statusCode = text.includes('Second') ? 422 : 200;
        response.end('{"answer":"a","retrieved":[{"section_id":"s","text":"t"}]}');
      });
    });
    const folder = await mkdtemp(join(tmpdir(), 'cutover-notes-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'q.csv'), 'question\nFirst?\nSecond?\n');
    const { read } = await run(t, ['--blue', blue, ...GREEN, '--questions', join(folder, 'q.csv')]);
    assert.match(await read('probes/GAPS.md'), /^- q02: \S+ answered 422: write the section/m);
  });

  for (const service of ['123', 'null', 'true', '1e3'])
    void it(`writes the name ${service} of a service as text`, async (t) => {
      const { findings, read } = await run(t, [...TWO, '--service', service]);
      assert.deepEqual(findings, []);
      assert.match(await read('cutover.yaml'), new RegExp(`^service: "${service}"$`, 'm'));
    });

  for (const address of ['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1/x'])
    void it(`says that Cloudflare cannot reach ${address}`, async (t) => {
      const words = ['--platform', 'cloudflare', '--blue', address, '--green', 'https://green.example.com'];
      const { open } = await run(t, words);
      assert.match(open, /^edge\/wrangler\.jsonc: Cloudflare cannot reach blue at \S+: .*ORIGIN_BLUE/m);
      assert.doesNotMatch(open, /cannot reach green/);
    });

  void it('says that secrets in .env.new are still missing from .env', async (t) => {
    const { open } = await run(t, TWO, { '.env': 'CUTOVER_ADMIN_TOKEN=mine\n' });
    assert.match(open, /^\.env: append the lines of \.env\.new/m);
  });

  void it('names commands that there are, as they are called', async (t) => {
    const { next } = await run(t, TWO);
    const named = next.flatMap((line) => /^npx cutover (\S+) ([^#]*)/.exec(line)?.slice(1, 3) ?? []);
    const names = named.filter((_, at) => at % 2 === 0);
    assert.deepEqual(names, ['check', 'compare', 'rehearse', 'doctor']);
    for (const [at, name] of names.entries()) {
      const spec = await COMMANDS.find((one) => one.name === name)?.load();
      assert.ok(spec);
      parseCommand(spec, (named[at * 2 + 1] ?? '').trim().split(/\s+/));
    }
  });

  void it('shows for Next.js how handlers that answer or write are wrapped', async (t) => {
    const { read } = await run(t, [...TWO, '--stack', 'next'], { 'tsconfig.json': '{}' });
    const readme = await read('color/README.md');
    assert.match(readme, /import \{ makeColor, nextColor, fetchColor \} from '\.\/color\/cutover-color';/);
    assert.match(readme, /= nextColor\(color\);/);
    assert.match(readme, /= fetchColor\(color, /);
  });
});
