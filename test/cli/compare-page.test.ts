/** docs/compare.md, followed literally: its files, its commands, and what it says they answer. Its workflow runs commands that there are. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { parseCommand } from '../../src/cli/args.ts';
import { compare } from '../../src/cli/commands/compare.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { serve, type Asked, type Reply } from '../providers/http-server.ts';
import { runCommand } from './run-command.ts';

const PAGE = await readFile('docs/compare.md', 'utf8');
const WORKFLOW = await readFile('docs/compare-workflow.yml', 'utf8');

/** Words of a command as a shell takes them, with variables of the page filled in. */
function wordsOf(command: string, variables: Readonly<Record<string, string>>): string[] {
  const joined = command.replaceAll(/\\\n\s*/g, ' ');
  return [...joined.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare = '']) =>
    single === undefined
      ? (double ?? bare).replaceAll(/\$(\w+)/g, (_, name: string) => variables[name] ?? `$${name}`)
      : single,
  );
}

const sectionsText = /```json probes\/sections\.jsonl\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '';
const SECTIONS = sectionsText
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { section_id: string; text: string });

/** A service of the form that the page's answer.yaml reads: it finds the section with most of the question's words. */
function shop({ body, path: at }: Asked): Reply {
  if (at !== '/api/ask') return { status: 404 };
  const words = (JSON.parse(body) as { q: string }).q.toLowerCase().match(/\w{4,}/g) ?? [];
  const hits = (text: string): number => words.filter((word) => text.toLowerCase().includes(word)).length;
  const [best] = SECTIONS.toSorted((a, b) => hits(b.text) - hits(a.text));
  assert.ok(best !== undefined);
  const { section_id: section, text } = best;
  return {
    body: JSON.stringify({
      data: {
        text: text.slice(0, 60),
        sources: [section],
        hits: [{ id: `${section}/1`, section, body: text }],
      },
    }),
  };
}

void describe('docs/compare.md', () => {
  const servers: Awaited<ReturnType<typeof serve>>[] = [];
  after(() => Promise.all(servers.map((one) => one.close())));
  const started = async (reply: (asked: Asked) => Reply): Promise<string> => {
    const server = await serve(reply);
    servers.push(server);
    return server.url;
  };

  /** In a folder with the files of the page. */
  async function commands(green: string): Promise<{ folder: string; all: string[][] }> {
    const folder = await tempFolder();
    await mkdir(path.join(folder, 'probes'));
    for (const [, name = '', text = ''] of PAGE.matchAll(/```\w+ (\S+)\n([\s\S]*?)```/g))
      await writeFile(path.join(folder, name), text);
    const variables = { BLUE: await started(shop), GREEN: green };
    const all = [...PAGE.matchAll(/```sh\nnpx cutover compare (.*)\n```/g)].map(([, rest = '']) =>
      wordsOf(rest, variables).map((word) =>
        /^\.\/|^compare\.\w+$/.test(word) ? path.join(folder, word) : word,
      ),
    );
    return { folder, all };
  }

  const said = [...PAGE.matchAll(/```text\n(.*)\n```/g)].map(([, line = '']) => line);

  void test('its commands end as it says, with a build that is as good', async () => {
    const { folder, all } = await commands(await started(shop));
    assert.equal(all.length, 2);
    for (const words of all) {
      const run = await runCommand(compare, words);
      assert.equal(run.code, 3, run.lines.join('\n'));
      assert.ok(run.lines.join(' ').includes(said[0] ?? 'nothing'), run.lines.join('\n'));
    }
    assert.match(await readFile(path.join(folder, 'compare.xml'), 'utf8'), /^<\?xml/);
    assert.match(await readFile(path.join(folder, 'compare.json'), 'utf8'), /"verdict": "undecided"/);
  });

  void test('its workflow calls the command with options that there are', () => {
    const [, command = ''] = /npx cutover compare ([\s\S]*?) \|\| code/.exec(WORKFLOW) ?? [];
    const { values, positionals } = parseCommand(compare, wordsOf(command, {}));
    assert.deepEqual(positionals, ['$BLUE', '$GREEN']);
    assert.deepEqual(values['header'], ['authorization: Bearer ${env:API_KEY}']);
    assert.deepEqual(values['out'], ['markdown:$GITHUB_STEP_SUMMARY', 'compare.xml', 'compare.json']);
  });
});
