/**
 * The only place that writes to the terminal, and reads from it.
 * Invariant: with `--json` stdout carries JSON documents and nothing else; text that came from elsewhere cannot move the
 * cursor or set colors, because control characters are taken out of every line.
 */
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Tone } from '../board/marks.ts';
import { plain } from './render/text.ts';

export type { Tone };

/** Colors a piece of text, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

const FORMATS = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  dim: 'dim',
  bold: 'bold',
  accent: 'cyan',
} as const;

export interface Output {
  readonly json: boolean;
  /** Stdout is a terminal. */
  readonly live: boolean;
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
  /** A line for people; nothing with `--json`. */
  line(text?: string): void;
  /** A line that is not the answer (progress, warnings): stderr. */
  note(text: string): void;
  /** A JSON document on one line, for NDJSON. */
  record(value: unknown): void;
  /** The one JSON document of a command; nothing without `--json`. */
  document(value: unknown): void;
  /** Raw text for a live view. */
  raw(text: string): void;
  /** Asks a person a question on stderr; null where nobody is there to answer. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string>) | null;
}

/** Of a process, or of a test. What is no terminal has no `isTTY`. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable;
}

export interface OutputSettings extends Streams {
  readonly json: boolean;
  readonly noColor: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** Paints nothing: for pipes, NO_COLOR and tests. */
export const noPaint: Paint = (_, text) => text;

export function openOutput({ stdin, stdout, stderr, json, noColor, env }: OutputSettings): Output {
  const live = stdout.isTTY === true && !json;
  const wantsColor = (env['NO_COLOR'] ?? '') === '' && !noColor && env['TERM'] !== 'dumb';
  const paint: Paint = live && wantsColor ? (tone, text) => styleText(FORMATS[tone], text) : noPaint;
  return {
    json,
    live,
    get width() {
      return Math.max(60, stdout.columns || 80);
    },
    get height() {
      return stdout.rows || 24;
    },
    paint,
    line: (text = '') => {
      if (!json) stdout.write(`${plain(text)}\n`);
    },
    note: (text) => void stderr.write(`${plain(text)}\n`),
    record: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    document: (value) => {
      if (json) stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    raw: (text) => void stdout.write(text),
    ask: live && stdin.isTTY === true ? asker(stdin, stderr) : null,
  };
}

function asker(input: Readable, output: Writable): NonNullable<Output['ask']> {
  return async (question, signal) => {
    const lines = createInterface({ input, output });
    try {
      return await lines.question(question, { signal });
    } finally {
      lines.close();
    }
  };
}
