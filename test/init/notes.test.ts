/** What init says beside its files: what is still open, what comes next, how a stub is mounted. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { parseCommand } from '../../src/cli/args.ts';
import { bodyOf, httpServer } from '../probes/servers.ts';
import { folderOf, NOBODY, run, type Document } from './run-init.ts';

const GREEN = ['--green', 'http://127.0.0.1:2'];

interface Said extends Omit<Document, 'open'> {
  readonly open: string;
  readonly read: (name: string) => Promise<string>;
}

async function said(
  t: TestContext,
  words: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const folder = await folderOf(t, files);
  const { document } = await run(folder, '--yes', ...words);
  return {
    ...document,
    open: document.open.join('\n'),
    read: (name) => readFile(join(folder, name), 'utf8'),
  };
}

void describe('what init says', () => {
  void it('names green, not blue, as what delivers sections where green has the users', async (t) => {
    const green = await httpServer(t, (_, response) => void response.end('{"answer":"a","retrieved":[]}'));
    const words = ['--blue', 'http://127.0.0.1:1', '--green', green, '--from', 'green'];
    const { open, read } = await said(t, words);
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
    const folder = await folderOf(t, { 'q.csv': 'question\nFirst?\nSecond?\n' });
    const { read } = await said(t, ['--blue', blue, ...GREEN, '--questions', join(folder, 'q.csv')]);
    assert.match(await read('probes/GAPS.md'), /^- q02: \S+ answered 422: write the section/m);
  });

  for (const service of ['123', 'null', 'true', '1e3'])
    void it(`writes the name ${service} of a service as text`, async (t) => {
      const { findings, read } = await said(t, [...NOBODY, '--service', service]);
      assert.deepEqual(findings, []);
      assert.match(await read('cutover.yaml'), new RegExp(`^service: "${service}"$`, 'm'));
    });

  for (const address of ['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1/x'])
    void it(`says that Cloudflare cannot reach ${address}`, async (t) => {
      const words = ['--platform', 'cloudflare', '--blue', address, '--green', 'https://green.example.com'];
      const { open } = await said(t, words);
      assert.match(open, /^edge\/wrangler\.jsonc: Cloudflare cannot reach blue at \S+: .*ORIGIN_BLUE/m);
      assert.doesNotMatch(open, /cannot reach green/);
    });

  void it('says that secrets in .env.new are still missing from .env', async (t) => {
    const { open } = await said(t, NOBODY, { '.env': 'CUTOVER_ADMIN_TOKEN=mine\n' });
    assert.match(open, /^\.env: append the lines of \.env\.new/m);
  });

  void it('names commands that there are, as they are called', async (t) => {
    const { next } = await said(t, NOBODY);
    const named = next.flatMap((line) => /^npx cutover (\S+)([^#]*)/.exec(line)?.slice(1, 3) ?? []);
    const names = named.filter((_, at) => at % 2 === 0);
    assert.deepEqual(names, ['check', 'compare', 'rehearse', 'dev', 'worker', 'doctor', 'start']);
    for (const [at, name] of names.entries()) {
      const spec = await COMMANDS.find((one) => one.name === name)?.load();
      assert.ok(spec);
      parseCommand(spec, (named[at * 2 + 1] ?? '').split(/\s+/).filter(Boolean));
    }
  });

  for (const [stack, name] of [
    ['python', /"name": "second-" \+ os\.environ\["CUTOVER_COLOR"\],/],
    ['fetch', /name: `second-\$\{process\.env\.CUTOVER_COLOR \?\? 'blue'\}`,/],
  ] as const)
    void it(`shows the ${stack} stub with an index of each color's own and with warm, which preflight wants`, async (t) => {
      const { read } = await said(t, [...NOBODY, '--stack', stack, '--service', 'second'], {
        'tsconfig.json': '{}',
      });
      const readme = await read('color/README.md');
      assert.match(readme, name);
      assert.match(readme, /^ +warm[=:]/m);
      assert.doesNotMatch(readme, /(?:release=?:? .*)"(?:blue|green)-release"/);
    });

  void it('shows a Python stub that runs as it stands, in both colors', async (t) => {
    if (spawnSync('python3', ['--version']).status !== 0) return;
    const folder = await folderOf(t);
    await run(folder, '--yes', ...NOBODY, '--stack', 'python', '--service', 'second');
    const readme = await readFile(join(folder, 'color/README.md'), 'utf8');
    const [, snippet = ''] = /```python\n([^]*?)```/.exec(readme) ?? [];
    const program = `import json\napp = None\n${snippet}\nprint(json.dumps([app._core["index"]["name"], app._core["release"]]))`;
    for (const color of ['blue', 'green']) {
      const env = {
        ...process.env,
        CUTOVER_COLOR: color,
        PYTHONPATH: join(folder, 'color'),
        RELEASE: undefined,
      };
      const { stdout } = await promisify(execFile)('python3', ['-B', '-c', program], { env });
      assert.deepEqual(JSON.parse(stdout), [`second-${color}`, `${color}-release`]);
    }
  });

  void it('names the routes that a service describes, and asks none of them', async (t) => {
    const asked: string[] = [];
    const paths = {
      '/items': { post: {} },
      '/health': { get: {} },
      '/v2/ask': { post: {} },
      '/a b\n': { post: {} },
    };
    const blue = await httpServer(t, (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.statusCode = request.url === '/openapi.json' ? 200 : 404;
      response.end(JSON.stringify({ paths }));
    });
    const { open } = await said(t, ['--blue', blue, ...GREEN]);
    assert.match(
      open,
      /answered 404.*; it takes a POST at \/v2\/ask, \/items; run init again with --answer answer:\/v2\/ask or/,
    );
    assert.ok(!asked.some((one) => /ask|items/.test(one)), asked.join('\n'));
    const again = await said(t, ['--blue', blue, ...GREEN, '--answer', 'answer:/v2/nope']);
    assert.match(again.open, /v2\/nope answered 404.*--answer answer:\/v2\/ask/);
    assert.match((await said(t, NOBODY)).open, /--answer answer:\/<path>/);
  });

  void it('says that both colors call their index the same, before preflight refuses it', async (t) => {
    const index = {
      name: 'x',
      INDEX_HASH: 'h',
      metric: 'm',
      analyzer: 'a',
      embedModel: 'e',
      reranker: 'none',
    };
    const color = (name: string): Promise<string> =>
      httpServer(t, (_, response) => {
        response.end(JSON.stringify({ service: 's', color: name, release: 'r', ok: true, index }));
      });
    const { open } = await said(t, ['--blue', await color('blue'), '--green', await color('green')]);
    assert.match(open, /^both colors call their index "x": each needs a name of its own/m);
  });

  void it('shows for Next.js how handlers that answer or write are wrapped', async (t) => {
    const { read } = await said(t, [...NOBODY, '--stack', 'next'], { 'tsconfig.json': '{}' });
    const readme = await read('color/README.md');
    assert.match(readme, /import \{ makeColor, nextColor, fetchColor \} from '\.\/color\/cutover-color';/);
    assert.match(readme, /= nextColor\(color\);/);
    assert.match(readme, /= fetchColor\(color, /);
  });
});
