/** What `cutover compare` says where nothing can be compared, or too little is there to decide. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { compare } from '../../src/cli/commands/compare.ts';
import { UserError } from '../../src/domain/errors.ts';
import type { Probe } from '../../src/domain/probe.ts';
import { probe } from '../probes/support.ts';
import { section, tempFolder, writeSet } from '../probes/set-folder.ts';
import { serve, type Asked, type Reply } from '../providers/http-server.ts';
import { runCommand, type CommandRun } from './run-command.ts';

const WORDS = 40;

/** Questions whose words are those of their own section. */
async function setOf(count: number): Promise<string> {
  const ids = Array.from({ length: count }, (_, i) => `topic${i}`);
  const words = (id: string): string[] => Array.from({ length: WORDS }, (_, n) => `${id}word${n}`);
  const probes = ids.map((id): Probe => {
    const asked = [0, 3, 6].map((from) =>
      words(id)
        .slice(from, from + 6)
        .join(' '),
    );
    return probe(id, { paraphrases: asked });
  });
  const sections = ids.map((id) => section(`section-${id}`, words(id).join(' ')));
  return writeSet(path.join(await tempFolder(), 'set'), probes, sections);
}

/** Finds the section by the question's first word, as a good retriever would. */
function retriever({ body }: Asked): Reply {
  const { question } = JSON.parse(body) as { question: string };
  const topic = /^(topic\d+)word/.exec(question)?.[1] ?? 'topic0';
  const text = Array.from({ length: WORDS }, (_, n) => `${topic}word${n}`).join(' ');
  const id = `section-${topic}`;
  const retrieved = [
    { snippet_id: `${id}#1`, section_id: id, text, offsets: { start: 0, end: text.length } },
  ];
  return { body: JSON.stringify({ answer: text.slice(0, 80), citations: [{ section_id: id }], retrieved }) };
}

const onlyAnswers =
  (reply: (asked: Asked) => Reply) =>
  (asked: Asked): Reply =>
    asked.method === 'POST' ? reply(asked) : { status: 404 };

void describe('cutover compare', () => {
  const servers: Awaited<ReturnType<typeof serve>>[] = [];
  after(() => Promise.all(servers.map((one) => one.close())));
  const color = async (reply: (asked: Asked) => Reply = retriever): Promise<string> => {
    const server = await serve(onlyAnswers(reply));
    servers.push(server);
    return server.url;
  };
  const compared = async (
    blue: string,
    green: string,
    set: string,
    ...words: string[]
  ): Promise<CommandRun> =>
    runCommand(compare, [blue, green, '--probes', set, '--embedder', 'lexical', ...words]);

  void test('a set that is too small is undecided, and says how many questions more; its scale is measured now', async () => {
    const run = await compared(await color(), await color(), await setOf(12));
    assert.equal(run.code, 3, run.lines.join('\n'));
    const said = run.lines.join(' ').replaceAll(/\s+/g, ' ');
    assert.match(
      said,
      /\? undecided: 38 questions more are needed, 50 in all; so far .*coverage.* can fail a build/,
    );
    assert.match(said, /! the set is not calibrated: the scale of ΔS was measured now with lexical/);
    assert.match(said, /– identity Which index each color should have is not declared/);
  });

  void test('a set of fifty is enough, and colors need no health contract', async () => {
    const run = await compared(await color(), await color(), await setOf(50), '--grids', '1');
    assert.equal(run.code, 0, run.lines.join('\n'));
  });

  void test('ten are enough to fail a build that lost its index', async () => {
    const lost = await color((asked) => {
      const answer = JSON.parse(retriever(asked).body ?? '{}') as object;
      const text = 'our offices are closed on public holidays';
      const retrieved = [
        { snippet_id: 'x#1', section_id: 'x', text, offsets: { start: 0, end: text.length } },
      ];
      return { body: JSON.stringify({ ...answer, citations: [{ section_id: 'x' }], retrieved }) };
    });
    const run = await compared(await color(), lost, await setOf(10));
    assert.equal(run.code, 1, run.lines.join('\n'));
    assert.match(run.lines.join(' '), /blue +│ green/);
  });

  void test('a color that answers 429 with Retry-After is waited for', async () => {
    let refusals = 2;
    const busy = await color((asked) =>
      refusals-- > 0 ? { status: 429, headers: { 'retry-after': '0' } } : retriever(asked),
    );
    const run = await compared(await color(), busy, await setOf(50), '--grids', '1');
    assert.equal(run.code, 0, run.lines.join('\n'));
  });

  void test('a plan names colors, questions and thresholds; colors are asked past its edge', async () => {
    const set = await setOf(50);
    const file = path.join(path.dirname(set), 'cutover.yaml');
    await writeFile(
      file,
      `service: docs
entry: http://127.0.0.1:9
colors:
  blue: { url: ${await color()}, release: r1 }
  green: { url: ${await color()}, release: r2 }
edge: cloudflare
telemetry: { use: duckdb, path: ./edge.ndjson }
probes: { set: ./set, embedder: lexical }
gates: { off: [lambda] }
`,
    );
    const run = await runCommand(compare, ['--plan', file, '--grids', '1', '--json']);
    const { verdict, gates } = run.document as { verdict: string; gates: { gate: string }[] };
    assert.deepEqual([run.code, verdict], [0, 'pass'], JSON.stringify(gates.map((one) => one.gate)));
    assert.ok(gates.every(({ gate }) => gate !== 'lambda'));
  });

  void test('an unhealthy blue is no proof against green', async () => {
    const sick = await color((asked) => ({ ...retriever(asked), status: 500 }));
    const run = await compared(sick, await color(), await setOf(50), '--grids', '1');
    assert.equal(run.code, 3, run.lines.join('\n'));
  });

  void test('two colors that fail alike are named as such: more questions would not help', async () => {
    const down = (): Reply => ({ status: 500 });
    const run = await compared(await color(down), await color(down), await setOf(12), '--grids', '1');
    assert.equal(run.code, 3, run.lines.join('\n'));
    const said = run.lines.join(' ').replaceAll(/\s+/g, ' ');
    assert.match(said, /\? undecided: blue and green answered no question \(headers:http_5xx:500\)/);
    assert.doesNotMatch(said, /more are needed|more questions tell more/);
  });

  void test('its key goes along, from the environment', async () => {
    const seen = new Set<string | undefined>();
    const guarded = await color((asked) => {
      seen.add(asked.headers.authorization);
      return asked.headers.authorization === 'Bearer k3y' ? retriever(asked) : { status: 401 };
    });
    const words = [guarded, guarded, '--probes', await setOf(50), '--embedder', 'lexical', '--grids', '1'];
    const header = 'authorization: Bearer ${env:API_KEY}';
    const run = await runCommand(compare, [...words, '--header', header], { API_KEY: 'k3y' });
    assert.equal(run.code, 0, run.lines.join('\n'));
    assert.match(run.lines.join(' '), /! both addresses are the same: a build is compared with itself/);
    assert.deepEqual([...seen], ['Bearer k3y']);
    await assert.rejects(runCommand(compare, [...words, '--header', header]), /API_KEY is not set/);
  });

  const AWAY: readonly {
    readonly what: string;
    readonly reply?: Reply;
    readonly says: RegExp;
    readonly hint: RegExp;
  }[] = [
    {
      what: 'is away',
      says: /^green \(.*\/v1\/answer\) cannot be reached \(connect:refused\)$/,
      hint: /start it/,
    },
    {
      what: 'answers 401',
      reply: { status: 401 },
      says: /^green .*lets nobody in: HTTP 401$/,
      hint: /--header/,
    },
    {
      what: 'answers 404',
      reply: { status: 404 },
      says: /has no such route: HTTP 404 to POST \/v1\/answer$/,
      hint: /--answer <file>/,
    },
    {
      what: 'answers HTML',
      reply: { headers: { 'content-type': 'text/html' }, body: '<html>' },
      says: /no JSON, e\.g\. a page/,
      hint: /request: \{ path/,
    },
    {
      what: 'leads elsewhere',
      reply: { status: 307, headers: { location: 'http://127.0.0.1:9' } },
      says: /leads elsewhere: HTTP 307$/,
      hint: /address/,
    },
    {
      what: 'refuses the question',
      reply: { status: 422 },
      says: /refuses the question: HTTP 422$/,
      hint: /body/,
    },
  ];
  for (const { what, reply, says, hint } of AWAY) {
    void test(`a color that ${what} is one clear line, exit 2`, async () => {
      const green = reply === undefined ? 'http://127.0.0.1:9' : await color(() => reply);
      const error = await compared(await color(), green, await setOf(12)).catch((cause: unknown) => cause);
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, says);
      assert.match(error.hint ?? '', hint);
      assert.equal(error.exitCode, 2);
      assert.ok(!error.message.includes('\n'));
    });
  }

  void test('answers in which nothing is found are said before hundreds are asked', async () => {
    let asked = 0;
    const other = await color((): Reply => {
      asked += 1;
      return { body: '{"output":{"text":"hello"}}' };
    });
    await assert.rejects(
      compared(other, other, await setOf(12)),
      (error: unknown) =>
        error instanceof UserError &&
        error.message.startsWith('blue answers 3 questions, but nothing is found') &&
        /--answer <file>/.test(error.hint ?? ''),
    );
    assert.ok(asked < 10);
  });

  void test('what is wrong on the command line or in a file is said before anybody is asked', async () => {
    const set = await setOf(12);
    const url = 'http://127.0.0.1:9';
    const rejects = (words: string[], says: RegExp): Promise<void> =>
      assert.rejects(runCommand(compare, [...words, '--probes', set]), says);
    await rejects([], /the address of both colors is missing/);
    await rejects([url], /the address of the second color is missing/);
    await rejects([url, 'green.example.com'], /"green\.example\.com" is no address of a color/);
    await rejects([url, url, '--grids', '0'], /--grids 0/);
    await rejects([url, url, '--format', 'html'], /--format knows no form "html"/);
    await rejects([url, url, '--out', 'report'], /--out report: its name does not say which form/);
    await rejects([url, url, '--answer', 'openai'], /--answer openai is no preset and no file/);
    await rejects([url, url, '--answer', 'answer:ask'], /--answer answer:ask is no preset and no file/);
    const lost = await color(() => ({ status: 404 }));
    await rejects([lost, lost, '--answer', 'answer:/ask'], /HTTP 404 to POST \/ask$/);
    await rejects([url, url, '--header', 'secret'], /--header is not of the form name: value/);
    await rejects([url, url, '--rate', 'x'], /--rate x is no number above 0 and up to 10000/);
    const file = path.join(await tempFolder(), 'answer.yaml');
    await writeFile(file, 'request:\n  pth: /ask\nresponse:\n  answer: text\n');
    await rejects([url, url, '--answer', file], /answer\.yaml:2:3 request\.pth/);
    await writeFile(file, 'response:\n  answer: text\n');
    await rejects([url, url, '--answer', file], /answer\.yaml:2:11 response\.answer: must be a JSONPath/);
    await assert.rejects(runCommand(compare, [url, url, '--probes', 'nowhere']), /nowhere/);
  });
});
