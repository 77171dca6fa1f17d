/**
 * docs/connect-a-service.md, sections 5 and 6, followed literally: the router on this machine with the page's settings, the plan's lines
 * and variables, two colors behind it, and `cutover check`.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { check } from '../../src/cli/commands/check.ts';
import { healthContract } from '../../src/conformance/color.ts';
import { freePorts } from '../../src/dev-server/free-port.ts';
import type { Color } from '../../src/domain/color.ts';
import { startLocalEdge, type LocalEdgeOptions } from '../../src/edge/local/local-edge.ts';
import { probe } from '../probes/support.ts';
import { section, tempFolder, writeSet } from '../probes/set-folder.ts';
import { serve } from '../providers/http-server.ts';
import { runCommand } from './run-command.ts';

const PAGE = await readFile('docs/connect-a-service.md', 'utf8');

function block(what: RegExp): string {
  const found = what.exec(PAGE)?.[1];
  assert.ok(found !== undefined, `the page has ${what}`);
  return found;
}

/** Variables that the page gives to the worker. */
function variables(): Record<string, string> {
  const said = block(/and the worker gets ([\s\S]*?)\n\n/);
  const named = [...said.matchAll(/`([A-Z_]+)(?:=([^`]+))?`/g)].map(
    ([, name = '', value]) => [name, value ?? 'any'] as const,
  );
  return Object.fromEntries(named);
}

const color = (name: Color) =>
  serve(({ method, path: at, headers }) => {
    const text = 'Thirty days.';
    const hit = { snippet_id: 's1', section_id: 'section-a', text, offsets: { start: 0, end: text.length } };
    if (at === '/.well-known/cutover')
      return { body: JSON.stringify(healthContract({ service: 'my-service', color: name, release: 'r1' })) };
    if (at === '/.well-known/cutover/warm') return { body: '{}' };
    if (at === '/.well-known/cutover/retire') return { status: 401 };
    if (method === 'POST' && at === '/notes') {
      if (headers['x-cutover-kind'] === 'shadow')
        return { status: 409, headers: { 'x-cutover-write': 'shadow' } };
      const isOpen = headers['x-cutover-writes'] === 'open';
      return isOpen
        ? { status: 503, headers: { 'x-cutover-write': 'frozen' } }
        : { status: 409, headers: { 'x-cutover-write': 'late' } };
    }
    return {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ answer: text, citations: [{ section_id: 'section-a' }], retrieved: [hit] }),
    };
  });

void describe('docs/connect-a-service.md', () => {
  void test('the router of the page, its plan and its variables pass cutover check', async () => {
    const folder = await tempFolder();
    const [blue, green] = [await color('blue'), await color('green')];
    const [entry, api] = (await freePorts(2)) as [number, number];
    // The page's own addresses, on ports that are free here.
    const moved = (text: string): string =>
      text
        .replaceAll('127.0.0.1:9101', new URL(blue.url).host)
        .replaceAll('127.0.0.1:9102', new URL(green.url).host)
        .replaceAll('9100', String(entry))
        .replaceAll('9109', String(api))
        .replaceAll('edge-logs/', `${folder}/edge-logs/`)
        .replaceAll(`./${folder}`, folder);
    await mkdir(path.join(folder, 'edge-logs'));
    assert.match(PAGE, /```sh\nCUTOVER_CHILD_SETTINGS='\{[\s\S]*?\}' node \S+\/edge\/local\/main\.js\n```/);
    const settings = JSON.parse(
      moved(block(/'(\{\n {2}"service": "my-service"[\s\S]*?\})'/)),
    ) as LocalEdgeOptions;
    const edge = await startLocalEdge(settings);
    try {
      await writeSet(path.join(folder, 'probes'), [probe('a')], [section('section-a', 'Thirty days.')]);
      const plan = path.join(folder, 'cutover.yaml');
      const said = moved(block(/The plan says\n\n```yaml\n([\s\S]*?)```/));
      await writeFile(
        plan,
        `service: my-service\ncolors:\n  blue: { url: ${blue.url}, release: r1 }\n  green: { url: ${green.url}, release: r1 }\n${said}probes: { set: ./probes }\n`,
      );
      const env = Object.fromEntries(
        Object.entries(variables()).map(([name, value]) => [name, moved(value)]),
      );
      const write = 'POST /notes {"text":"check"}';
      assert.ok(PAGE.includes(`cutover check http://127.0.0.1:9102 --write '${write}'`));
      assert.equal((await runCommand(check, [green.url, '--write', write])).code, 0);
      assert.ok(PAGE.includes(`cutover check --plan cutover.yaml --write '${write}'`));
      const run = await runCommand(check, ['--plan', plan, '--write', write, '--json'], {
        ...env,
        PATH: process.env['PATH'],
      });
      const { checks } = run.document as { checks: { name: string; state: string; detail: string }[] };
      const told = checks.map(({ name, state, detail }) => `${state} ${name}: ${detail}`).join('\n');
      assert.equal(run.code, 0, told);
      for (const name of ['health', 'retire refused', 'warm', 'answer', 'store', 'pin', 'telemetry'])
        assert.equal(checks.find((one) => one.name === name)?.state, 'ok', `${name}\n${told}`);
    } finally {
      await edge.close();
      await Promise.all([blue.close(), green.close()]);
    }
  });
});
