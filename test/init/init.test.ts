/** `cutover init` against real colors behind the TypeScript stub, in folders of its own. */
import assert from 'node:assert/strict';
import { lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { expressColor, makeColor } from '../../kits/color/typescript/color.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { bodyOf, httpServer } from '../probes/servers.ts';
import { folderOf, NOBODY, run } from './run-init.ts';

const DOCS = [
  { source: 'refunds', text: 'Refunds are paid within five days.' },
  { source: 'hours', text: 'The shop is open from nine to five.' },
];
const index = (color: string) => ({
  name: `shop-${color}`,
  INDEX_HASH: `hash-${color}`,
  metric: 'cosine',
  analyzer: 'std',
  embedModel: 'words',
  reranker: 'none',
});

/** A service with names of its own for everything, and what it was asked. */
async function startColor(
  t: TestContext,
  color: 'blue' | 'green',
  strict = false,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const options = { service: 'shop', color, release: color === 'blue' ? 'r1' : 'r2', index: index(color) };
  const stub = expressColor(makeColor({ ...options, token: 'secret' }));
  const url = await httpServer(t, (request, response) => {
    stub(request, response, () => {
      void bodyOf(request).then((text) => {
        asked.push(`${request.method} ${request.url} ${text}`);
        const { query, seed } = JSON.parse(text === '' ? '{}' : text) as { query?: string; seed?: number };
        const [path] = (request.url ?? '').split('?');
        const isKnown = path === '/ask' && query !== undefined && (!strict || seed === undefined);
        response.statusCode = path !== '/ask' ? 404 : isKnown ? 200 : 422;
        const first = query?.includes('open') === true ? 1 : 0;
        const sources = [DOCS[first], DOCS[1 - first]].map((doc) => ({
          page_content: doc?.text,
          metadata: { source: doc?.source },
        }));
        response.end(JSON.stringify(isKnown ? { result: sources[0]?.page_content, sources } : {}));
      });
    });
  });
  return { url, asked };
}

async function textsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const texts = files.map(async (file): Promise<[string, string]> => [
    file.slice(folder.length + 1),
    await readFile(file, 'utf8'),
  ]);
  return new Map(await Promise.all(texts));
}

void describe('init', () => {
  for (const strict of [false, true]) {
    void it(`writes a plan that is valid and knows the answers of a ${strict ? 'strict ' : ''}service`, async (t) => {
      const [folder, blue, green] = [
        await folderOf(t),
        await startColor(t, 'blue', strict),
        await startColor(t, 'green'),
      ];
      await writeFile(
        join(folder, 'q.csv'),
        'question,paraphrase_1\nHow long do refunds take?,refund time\nWhen are you open?,\n',
      );
      const { code, document } = await run(
        folder,
        ...`--yes --blue ${blue.url} --green ${green.url} --answer answer:/ask --stack python`.split(' '),
        '--questions',
        join(folder, 'q.csv'),
      );
      assert.deepEqual([code, document.findings, document.open], [0, [], []]);
      const set = await loadProbeSet(join(folder, 'probes'));
      assert.deepEqual(
        set.probes.map(({ targets }) => targets),
        [[{ section_id: 'refunds' }], [{ section_id: 'hours' }]],
      );
      assert.equal(set.probes[0]?.paraphrases[0], 'refund time');
      assert.equal(set.sections.get('hours')?.text, DOCS[1]?.text);
      const { plan, warnings } = await loadPlan(join(folder, 'cutover.yaml'));
      assert.deepEqual(warnings, []);
      assert.deepEqual(
        [plan.service, plan.colors.blue.release, plan.colors.green.release],
        ['shop', 'r1', 'r2'],
      );
      assert.equal(plan.colors.green.index?.INDEX_HASH, 'hash-green');
      const { response, request } = plan.probes;
      assert.deepEqual(
        [response.answer, response.retrieved, response.snippet.section, response.snippet.text],
        ['$.result', '$.sources[*]', '/metadata/source', '/page_content'],
      );
      assert.equal(response.identity.INDEX_HASH, 'header:x-index-hash');
      assert.match(JSON.stringify(request), /\{\{question\}\}.*\{\{seed\}\}|\{\{seed\}\}.*\{\{question\}\}/);
      // Nothing was done to the colors but asked, and green was asked nothing at all.
      assert.deepEqual(green.asked, []);
      assert.ok(
        blue.asked.every((one) => one.startsWith('POST /ask')),
        blue.asked.join('\n'),
      );
    });
  }

  void it('keeps what is there, and puts other text beside it', async (t) => {
    const [folder, blue, green] = [
      await folderOf(t),
      await startColor(t, 'blue'),
      await startColor(t, 'green'),
    ];
    const words = [folder, '--yes', '--blue', blue.url, '--green', green.url, '--answer', 'answer:/ask'];
    await run(...words);
    const secrets = await readFile(join(folder, '.env'), 'utf8');
    assert.equal((await stat(join(folder, '.env'))).mode & 0o777, 0o600);
    assert.match(secrets, /^CUTOVER_ADMIN_TOKEN=[0-9a-f]{48}$/m);
    assert.match(await readFile(join(folder, '.gitignore'), 'utf8'), /^\.env$/m);
    await writeFile(join(folder, 'cutover.yaml'), 'service: mine\n');
    await writeFile(join(folder, '.env'), secrets.replace(/^CUTOVER_PIN_SECRET=.*\n/m, ''));
    const { document } = await run(...words);
    const changed = document.files
      .filter(({ how }) => how !== 'same')
      .map(({ path, how }) => `${path} ${how}`);
    assert.deepEqual(changed, ['cutover.yaml beside', '.env beside']);
    assert.equal(await readFile(join(folder, 'cutover.yaml'), 'utf8'), 'service: mine\n');
    assert.match(await readFile(join(folder, 'cutover.yaml.new'), 'utf8'), /^service: shop$/m);
    assert.match(await readFile(join(folder, '.env.new'), 'utf8'), /^CUTOVER_PIN_SECRET=[0-9a-f]{48}\n$/);
    assert.equal((await stat(join(folder, '.env.new'))).mode & 0o777, 0o600);
    assert.deepEqual(document.findings, []);
  });

  void it('never writes through a link, fills empty secrets, and says that .gitignore lacks .env', async (t) => {
    const [folder, elsewhere] = [await folderOf(t), await folderOf(t)];
    await writeFile(join(elsewhere, 'theirs'), 'theirs');
    await writeFile(join(folder, '.gitignore'), 'dist/\n');
    await writeFile(join(folder, '.env'), 'CUTOVER_ADMIN_TOKEN=\n');
    await symlink(join(elsewhere, 'theirs'), join(folder, '.env.new'));
    const { document } = await run(folder, '--yes', ...NOBODY, '--stack', 'none');
    assert.equal(await readFile(join(elsewhere, 'theirs'), 'utf8'), 'theirs');
    assert.match(await readFile(join(folder, '.env.new'), 'utf8'), /^CUTOVER_ADMIN_TOKEN=[0-9a-f]{48}$/m);
    assert.equal((await lstat(join(folder, '.env.new'))).mode & 0o777, 0o600);
    assert.match(document.open.join('\n'), /append the lines of \.gitignore\.new/);
  });

  void it('takes no line of a file from what a color says it is', async (t) => {
    const folder = await folderOf(t);
    const health = { service: 'a"\nbackend x', color: 'blue', release: 'r', ok: true, index: index('blue') };
    const url = await httpServer(t, (_, response) => void response.end(JSON.stringify(health)));
    const green = 'http://127.0.0.1:2/$HOME:';
    const sticky = 'cookie:$sid';
    const { code, document } = await run(
      folder,
      '--yes',
      '--blue',
      url,
      '--green',
      green,
      '--sticky',
      sticky,
    );
    assert.deepEqual([code, document.service, document.findings], [0, 'a-backend-x', []]);
    const texts = await textsIn(folder);
    assert.doesNotMatch(texts.get('edge/haproxy.cfg') ?? '', /^backend x/m);
    const compose = texts.get('edge/docker-compose.yml') ?? '';
    assert.match(compose, /STICKY_COOKIE: "\$\$sid"$/m);
    assert.match(compose, /ORIGIN_GREEN: "http:\/\/host\.docker\.internal:2\/\$\$HOME:"$/m);
    assert.match(
      texts.get('edge/k8s/router.yaml') ?? '',
      /ORIGIN_GREEN: "http:\/\/127\.0\.0\.1:2\/\$HOME:"$/m,
    );
  });

  void it('makes a set that loads of any question', async (t) => {
    const folder = await folderOf(t);
    const rows = [`"???",${'t'.repeat(400)}`, `${'w'.repeat(5000)},x`];
    await writeFile(join(folder, 'q.csv'), ['question,topic', ...rows, ''].join('\n'));
    const { document } = await run(folder, '--yes', ...NOBODY, '--questions', join(folder, 'q.csv'));
    assert.deepEqual(document.findings, []);
    assert.equal((await loadProbeSet(join(folder, 'probes'))).probes.length, 2);
  });

  void it('writes nothing in a dry run', async (t) => {
    const [folder, blue, green] = [
      await folderOf(t),
      await startColor(t, 'blue'),
      await startColor(t, 'green'),
    ];
    const { code, document } = await run(
      folder,
      '--yes',
      '--dry-run',
      '--blue',
      blue.url,
      '--green',
      green.url,
    );
    assert.equal(code, 0);
    assert.ok(document.files.some(({ path, how }) => path === 'cutover.yaml' && how === 'new'));
    assert.deepEqual(await readdir(folder), []);
  });

  void it('says what is open where the colors are no colors yet, and its plan is valid all the same', async (t) => {
    const folder = await folderOf(t);
    const { code, document } = await run(
      folder,
      ...`--yes ${NOBODY.join(' ')} --platform cloudflare --stack none --service docs`.split(' '),
    );
    assert.deepEqual([code, document.findings, document.service], [0, [], 'docs']);
    assert.match(
      document.open.join('\n'),
      /what blue is [^]*what green is .*ECONNREFUSED[^]*how blue answers[^]*entry/,
    );
    const texts = await textsIn(folder);
    assert.deepEqual(
      [...texts].filter(([, text]) => text.includes('@@')).map(([name]) => name),
      [],
    );
    assert.ok(!texts.has('color/README.md'));
    const worker = JSON.parse(
      (texts.get('edge/wrangler.jsonc') ?? '').replaceAll(/^\s*\/\/.*$|,(?=\s*[}\]])/gm, ''),
    ) as {
      vars: Record<string, string>;
    };
    assert.deepEqual([worker.vars['SERVICE'], worker.vars['STICKY_ANONYMOUS']], ['docs', '1']);
  });

  void it('says that a color takes itself for the other one', async (t) => {
    const [folder, blue] = [await folderOf(t), await startColor(t, 'blue')];
    const { document } = await run(
      folder,
      '--yes',
      '--dry-run',
      '--blue',
      'http://127.0.0.1:1',
      '--green',
      blue.url,
    );
    assert.match(document.open.join('\n'), /what green is \(.* says that it is blue\)/);
  });

  void it('leaves no placeholder in any file of the self-hosted kit, and leads containers to the machine', async (t) => {
    const folder = await folderOf(t);
    await run(
      folder,
      '--yes',
      '--blue',
      'http://127.0.0.1:1',
      '--green',
      'http://localhost:2/x',
      '--sticky',
      'header:X-User',
    );
    const texts = await textsIn(folder);
    assert.deepEqual(
      [...texts].filter(([, text]) => text.includes('@@')).map(([name]) => name),
      [],
    );
    const compose = texts.get('edge/docker-compose.yml') ?? '';
    assert.match(compose, /ORIGIN_BLUE: "http:\/\/host\.docker\.internal:1"$/m);
    assert.match(compose, /ORIGIN_GREEN: "http:\/\/host\.docker\.internal:2\/x"$/m);
    assert.match(compose, /STICKY_HEADER: "x-user"$/m);
  });
});
