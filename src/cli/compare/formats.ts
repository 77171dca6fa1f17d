/** In which forms a comparison is given, and where each goes. */
import { accessSync, constants, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { nearest } from '../../plan/nearest.ts';
import { noPaint } from '../output.ts';
import { list, text, type Context, type OptionSpec } from '../spec.ts';
import { junitOf } from './junit.ts';
import { markdownOf } from './markdown.ts';
import type { Page } from './page.ts';
import { textOf } from './text.ts';

const FORMATS = ['text', 'markdown', 'json', 'junit'] as const;
type Format = (typeof FORMATS)[number];

/** By the end of a file's name. */
const BY_NAME: Readonly<Record<string, Format>> = {
  '.txt': 'text',
  '.md': 'markdown',
  '.json': 'json',
  '.xml': 'junit',
};
const FILE_WIDTH = 110;

export const FORMAT_OPTIONS = {
  format: {
    type: 'string',
    value: '<form>',
    help: `of what is printed: ${FORMATS.join(', ')} (default: text)`,
  },
  out: {
    type: 'string',
    multiple: true,
    value: '<[form:]file>',
    help: 'also write it there, any number of times; the form by .txt, .md, .json or .xml, or said: markdown:<file>',
  },
} as const satisfies Record<string, OptionSpec>;

export interface Wanted {
  readonly printed: Format;
  readonly files: readonly { readonly format: Format; readonly file: string }[];
}

/** Read before anything is asked. @throws UserError for a form that is none. */
export function wantedForms(context: Context): Wanted {
  return {
    printed: context.out.json ? 'json' : formatOf(text(context, 'format') ?? 'text', '--format'),
    files: list(context, 'out').map((given) => {
      const [, named, rest] = /^(\w{2,}):(.+)$/s.exec(given) ?? [];
      if (named !== undefined && rest !== undefined) {
        return { format: formatOf(named, '--out'), file: writable(rest) };
      }
      const format = BY_NAME[path.extname(given).toLowerCase()];
      if (format !== undefined) return { format, file: writable(given) };
      throw new UserError(`--out ${given.slice(0, 100)}: its name does not say which form`, {
        hint: `end it with ${Object.keys(BY_NAME).join(', ')}, or write markdown:${given.slice(0, 100)}`,
      });
    }),
  };
}

/** Found out before minutes of questions. @throws UserError */
function writable(file: string): string {
  try {
    accessSync(path.dirname(path.resolve(file)), constants.W_OK);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found !== undefined) accessSync(file, constants.W_OK);
    if (found?.isDirectory() !== true) return file;
  } catch (cause) {
    throw notWritten(file, cause);
  }
  throw new UserError(`${file} is a folder`, { hint: 'name a file in it' });
}

function notWritten(file: string, cause: unknown): UserError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new UserError(`${file} cannot be written (${why})`, { hint: 'name a folder that is there', cause });
}

function formatOf(given: string, option: string): Format {
  const format = FORMATS.find((one) => one === given);
  if (format !== undefined) return format;
  const meant = nearest(given, FORMATS);
  throw new UserError(`${option} knows no form ${JSON.stringify(given.slice(0, 60))}`, {
    hint: meant === null ? `it knows ${FORMATS.join(', ')}` : `did you mean ${meant}?`,
  });
}

export async function give(page: Page, { printed, files }: Wanted, { out }: Context): Promise<void> {
  const drawn = (format: Format): string => {
    switch (format) {
      case 'text':
        return `${textOf(page, { width: FILE_WIDTH, paint: noPaint }).join('\n')}\n`;
      case 'markdown':
        return markdownOf(page);
      case 'json':
        return `${JSON.stringify(documentOf(page), null, 2)}\n`;
      case 'junit':
        return junitOf(page);
    }
  };
  for (const { format, file } of files) {
    await writeFile(file, drawn(format)).catch((cause: unknown) => {
      throw notWritten(file, cause);
    });
  }
  if (out.json) return out.document(documentOf(page));
  const lines = printed === 'text' ? textOf(page, out) : drawn(printed).trimEnd().split('\n');
  for (const line of lines) out.line(line);
}

/** All of it; texts of answers stand with the questions that decided something. */
function documentOf(page: Page): unknown {
  const { verdict, exitCode, conclusion, from, to, notes, gates, input, tookMs } = page;
  const { probes } = input;
  return {
    verdict,
    exitCode,
    conclusion,
    from,
    to,
    notes,
    probeSet:
      probes === null
        ? null
        : {
            digest: probes.setDigest,
            questions: probes.probes.length,
            embedder: probes.embedderId,
            calibration: probes.calibration,
          },
    tookMs,
    gates: gates.map(({ record, found }) => {
      const { questions, advice } = found;
      const shown = questions.map((question) => {
        const { runs: _, ...one } = question;
        return one;
      });
      return { ...record, questions: shown, advice };
    }),
    replays: input.replays,
  };
}
