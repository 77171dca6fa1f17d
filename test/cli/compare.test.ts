/** `cutover compare` on two colors of the sample service over HTTP: a healthy pair, and each defect that its gate must name. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FaultName } from '../../examples/docs-rag/service/faults.ts';
import type { RunningService } from '../../examples/docs-rag/service/server.ts';
import { compare } from '../../src/cli/commands/compare.ts';
import { ADMIN, post, service } from '../examples/service-kit.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { runCommand, type CommandRun } from './run-command.ts';

const SET = 'examples/docs-rag/probes';

interface Document {
  readonly verdict: string;
  readonly exitCode: number;
  readonly conclusion: string;
  readonly notes: readonly string[];
  readonly from: { readonly answers: number; readonly release: string };
  readonly gates: readonly {
    readonly gate: string;
    readonly verdict: string;
    readonly arms: { readonly to: { readonly ci: readonly number[] | null } };
    readonly questions: readonly {
      readonly question: string;
      readonly pair: { readonly from: { readonly answer: string }; readonly to: { readonly answer: string } };
    }[];
  }[];
}

void describe('cutover compare', () => {
  let blue: RunningService;
  let green: RunningService;
  before(async () => {
    blue = await service('blue', null);
    green = await service('green', null);
  });
  after(() => Promise.all([blue.close(), green.close()]));

  const breakGreen = async (name: FaultName): Promise<void> => {
    const { 'content-type': _, ...headers } = { ...ADMIN, 'content-type': '' };
    assert.equal((await post(`${green.ready.url}/__fault`, { name }, headers)).status, 200);
  };
  const compared = (...words: string[]): Promise<CommandRun> =>
    runCommand(compare, [blue.ready.url, green.ready.url, '--probes', SET, ...words]);
  const asDocument = ({ document }: CommandRun): Document => document as Document;

  void test('passes a healthy pair in two grids, with bounds, on the scale that is kept beside the set', async () => {
    await breakGreen('none');
    const run = await compared('--json');
    const { verdict, conclusion, notes, from, gates } = asDocument(run);
    assert.deepEqual([run.code, verdict], [0, 'pass'], conclusion);
    assert.equal(from.answers, 97 * 6 * 2);
    assert.equal(from.release, 'docs-rag-blue-1');
    assert.match(notes[0] ?? '', /on the scale that is kept beside the set/);
    const coverage = gates.find(({ gate }) => gate === 'coverage');
    assert.equal(coverage?.arms.to.ci?.length, 2);
    assert.deepEqual(
      gates.map(({ gate }) => gate),
      ['identity', 'schema', 'delta-s', 'coverage', 'lambda', 'assertions', 'error-novelty', 'refusals'],
    );
  });

  const DEFECTS: readonly (readonly [FaultName, string])[] = [
    ['bad-index', 'delta-s'],
    ['fragments', 'coverage'],
    ['near-miss', 'coverage'],
    ['stemmer-mismatch', 'identity'],
    ['shard-missing', 'coverage'],
    ['seed-unstable', 'lambda'],
    ['new-error-class', 'error-novelty'],
  ];
  for (const [fault, gate] of DEFECTS) {
    void test(`fails ${fault} by ${gate}`, async () => {
      await breakGreen(fault);
      const run = await compared('--grids', '1', '--json');
      const { conclusion } = asDocument(run);
      assert.equal(run.code, 1, conclusion);
      assert.ok(conclusion.startsWith(`fail: green is worse than blue by ${gate}`), conclusion);
    });
  }

  void test('fails answers that break a schema by schema, as a file says it, in every form', async () => {
    await breakGreen('schema-break');
    const folder = await tempFolder();
    const answer = path.join(folder, 'answer.yaml');
    await writeFile(
      answer,
      'response:\n  schema: { type: object, required: [answer, citations, retrieved] }\n',
    );
    const [page, report, document] = ['compare.md', 'compare.xml', 'compare.json'].map((name) =>
      path.join(folder, name),
    ) as [string, string, string];
    const words = ['--answer', answer, '--grids', '1', '--out', page, '--out', report];
    const run = await compared(...words, '--out', `json:${document}`);
    assert.equal(run.code, 1, run.lines.join('\n'));
    assert.match(run.lines.at(-1) ?? '', /^✖ fail: green is worse than blue by schema/);
    const markdown = await readFile(page, 'utf8');
    assert.match(markdown, /^### ✖ fail: green is worse than blue by schema/);
    assert.match(markdown, /\| schema \| ✖ fail \|/);
    const xml = await readFile(report, 'utf8');
    assert.match(xml, /<testsuites name="cutover compare" tests="8" failures="[12]" errors="0"/);
    assert.match(xml, /<testcase classname="cutover\.compare" name="schema">\n\s+<failure /);
    const { gates } = JSON.parse(await readFile(document, 'utf8')) as Document;
    const schema = gates.find((one) => one.gate === 'schema');
    const [question] = schema?.questions ?? [];
    assert.ok((question?.question ?? '').length > 10);
    // Both answers stand side by side.
    assert.ok(question !== undefined && question.pair.from.answer.length > 0, 'an answer of blue');
    assert.match(markdown, /\| question \| blue \| green \|/);
  });
});
