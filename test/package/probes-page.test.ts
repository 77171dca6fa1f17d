/** docs/probes.md as a reader follows it: every file, every command and every line that is printed, in an empty folder with two real colors. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { IMPORT_FORMATS } from '../../src/probes/import/index.ts';
import { freePort } from '../probes/servers.ts';
import { PROGRAM } from '../support/program.ts';

const run = promisify(execFile);
const PAGE = 'docs/probes.md';
/** Where the page says that it is. */
const FOLDER = '/home/you/handbook';
/** Ports that the page takes; here whichever are free. */
const PORTS = ['4001', '4002'];

interface Step {
  readonly commands: readonly string[];
  readonly printed: readonly string[];
}

let folder = '';
let ports: readonly string[] = [];
let page = '';
const colors: ChildProcess[] = [];

/** What the page says, in this folder and on these ports. */
function here(text: string): string {
  return PORTS.reduce((all, port, i) => all.replaceAll(port, ports[i] ?? port), text).replaceAll(
    FOLDER,
    folder,
  );
}

async function answers(port: string): Promise<void> {
  const ask = { method: 'POST', body: '{"question":""}' };
  for (let tries = 0; ; tries += 1) {
    const found = await fetch(`http://127.0.0.1:${port}`, ask).catch(() => null);
    if (found?.ok === true) return;
    assert.ok(tries < 100, `nobody answers at ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @returns what it prints, whatever its exit code */
async function printedBy(command: string): Promise<string> {
  const [program = '', ...words] = here(command).split(' ');
  if (program === 'node') {
    assert.equal(words.pop(), '&', command);
    colors.push(spawn(process.execPath, words, { cwd: folder, stdio: 'ignore' }));
    await answers(words.at(-1) ?? '');
    return '';
  }
  assert.deepEqual([program, words.shift()], ['npx', 'cutover'], command);
  const env = { ...process.env, NO_COLOR: '1' };
  // A finding is an exit code of 1.
  const { stdout } = await run(process.execPath, [...PROGRAM.map(absolute), ...words], {
    cwd: folder,
    env,
  }).catch((cause: { code?: number; stdout?: string; stderr?: string }) => {
    assert.equal(cause.code, 1, cause.stderr);
    return { stdout: cause.stdout ?? '' };
  });
  return stdout;
}

/** `tsx` is found from here, not from the reader's folder. */
const absolute = (word: string): string => (word === 'tsx' ? import.meta.resolve('tsx') : word);

/** A digest holds the ports, which are others here. */
const withoutDigest = (line: string): string => line.replaceAll(/\b[0-9a-f]{12}\b/g, 'digest');

/** Shown lines stand in what was printed in this order, one after the other but where lines are left out. */
function assertShows(printed: readonly string[], shown: readonly string[]): void {
  let at = 0;
  for (const [i, line] of shown.entries()) {
    if (line === '…') continue;
    if (shown[i - 1] === '…') {
      at = printed.indexOf(line, at);
      assert.ok(at >= 0, `${line}\nis not in\n${printed.join('\n')}`);
    }
    assert.equal(printed[at], line);
    at += 1;
  }
  if (shown.at(-1) !== '…')
    assert.equal(at, printed.length, `more is printed: ${printed.slice(at).join('\n')}`);
}

void describe('docs/probes.md', () => {
  before(async () => {
    page = await readFile(PAGE, 'utf8');
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'cutover-page-')));
    ports = [String(await freePort()), String(await freePort())];
  });
  after(async () => {
    for (const color of colors) color.kill();
    await rm(folder, { recursive: true, force: true });
  });

  void it('is followed to the end, and prints what it shows', async () => {
    for (const [, name = '', content = ''] of page.matchAll(/^`(\S+)`, [^\n]*:\n\n```\w+\n([\s\S]*?)```/gm))
      await writeFile(path.join(folder, name), content);
    const steps = [...page.matchAll(/^```sh\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/gm)].map(
      ([, commands = '', printed = '']): Step => ({
        commands: commands.trimEnd().split('\n'),
        printed: here(printed.trimEnd()).split('\n').map(withoutDigest),
      }),
    );
    assert.equal(steps.length, 4);
    for (const { commands, printed } of steps) {
      const lines: string[] = [];
      for (const command of commands)
        lines.push(
          ...(await printedBy(command))
            .split('\n')
            .filter((line) => line !== '')
            .map(withoutDigest),
        );
      assertShows(lines, printed);
    }
  });

  void it('names commands, options and formats that there are', async () => {
    const named = [...page.matchAll(/`(?:npx )?cutover ([^`\n]+)`/g)].map(([, words = '']) =>
      words.split(/\s+/),
    );
    assert.ok(named.length > 8, `${named.length}`);
    for (const [name, ...words] of named) {
      const spec = await COMMANDS.find((one) => one.name === name)?.load();
      assert.ok(spec, `cutover ${name ?? ''}`);
      for (const word of words.filter((one) => one.startsWith('--')))
        assert.ok(Object.hasOwn(spec.options ?? {}, word.slice(2)), `cutover ${name ?? ''} ${word}`);
      const format = words[words.indexOf('import') + 1];
      if (words.includes('import') && format !== undefined && format !== '<format>')
        assert.ok((IMPORT_FORMATS as readonly string[]).includes(format), format);
    }
  });
});
