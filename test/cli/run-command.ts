/** Runs one command in this process: parsed as the command line parses it, with its output kept. */
import { parseCommand } from '../../src/cli/args.ts';
import { noPaint, type Output } from '../../src/cli/output.ts';
import type { CommandSpec } from '../../src/cli/spec.ts';

export interface CommandRun {
  readonly code: number;
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  /** The JSON document; undefined without `--json`. */
  readonly document: unknown;
}

/** @throws what the command throws. */
export async function runCommand(
  spec: CommandSpec,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandRun> {
  const lines: string[] = [];
  const notes: string[] = [];
  const documents: unknown[] = [];
  const json = words.includes('--json');
  const out: Output = {
    json,
    live: false,
    width: 80,
    height: 24,
    paint: noPaint,
    line: (text = '') => void (json ? null : lines.push(text)),
    note: (text) => void notes.push(text),
    record: (value) => void documents.push(value),
    document: (value) => void (json ? documents.push(JSON.parse(JSON.stringify(value))) : null),
    raw: () => undefined,
    ask: null,
  };
  const { values, positionals } = parseCommand(spec, words);
  const signal = new AbortController().signal;
  const code = await spec.run({ out, values, positionals, env, signal });
  return { code, lines, notes, document: documents[0] };
}
