/**
 * Tables as text: CSV and TSV with a header, quoted by double quotes.
 *
 * Invariant: a row is never shifted: one with more cells than the header has is named, and a quote that does not end is refused.
 */
import { UserError } from '../../domain/errors.ts';
import { LIMITS } from '../probe-set-schema.ts';
import type { PlacedRow } from './rows.ts';

/** The character between cells: of comma, semicolon and tab the one that the header has most of. */
function separatorOf(text: string): string {
  const header = (/^.*$/mu.exec(text)?.[0] ?? '').replaceAll(/"[^"]*"/gu, '');
  const count = (char: string): number => header.split(char).length - 1;
  return [',', ';', '\t'].reduce((best, char) => (count(char) > count(best) ? char : best), ',');
}

/** @throws UserError naming `path` when a quote does not end or a column stands twice. */
export function tableRows(text: string, path: string): PlacedRow[] {
  const records = recordsOf(text, separatorOf(text), path);
  const header = records[0]?.cells.map((name) => name.trim()) ?? [];
  const twice = header.find((name, i) => name !== '' && header.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UserError(`${path}: two columns are called ${JSON.stringify(twice.slice(0, 60))}: rename one`);
  }
  return records.slice(1).map(({ line, cells }) => {
    const row = Object.fromEntries(
      header.flatMap((name, i) => (name === '' ? [] : [[name, cells[i] ?? '']])),
    );
    const where = `line ${line}`;
    if (cells.slice(header.length).every((cell) => cell === '')) return { where, row };
    const wrong = `it has ${cells.length} cells and the header ${header.length}: put quotes around a text that holds the separator`;
    return { where, row, wrong };
  });
}

interface TableRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

function recordsOf(text: string, separator: string, path: string): TableRecord[] {
  const records: TableRecord[] = [];
  let cells: string[] = [];
  let line = 1;
  let start = 1;
  let at = 0;
  const end = (): void => {
    if (cells.some((cell) => cell.trim() !== '')) records.push({ line: start, cells });
    if (records.length > LIMITS.lines) {
      throw new UserError(`${path}: more than ${LIMITS.lines} rows`, { hint: 'take a part of it' });
    }
    cells = [];
    start = line;
  };
  /** Where a quoted cell ends; it may hold separators and lines. */
  const quoted = (): string => {
    const from = line;
    const parts: string[] = [];
    for (at += 1; ; at += 1) {
      const close = text.indexOf('"', at);
      if (close < 0) throw new UserError(`${path}:${from}: a quoted text does not end`);
      const part = text.slice(at, close);
      parts.push(part);
      line += part.split('\n').length - 1;
      at = close + 1;
      if (text[at] !== '"') return parts.join('"');
    }
  };
  const plain = new RegExp(`[^${separator}\r\n]*`, 'uy');
  while (at < text.length) {
    const held = text[at] === '"' ? quoted() : '';
    plain.lastIndex = at;
    const rest = plain.exec(text)?.[0] ?? '';
    at += rest.length;
    cells.push(held + rest);
    if (text[at] === separator) {
      at += 1;
      // A separator at the very end: one more cell, that is empty.
      if (at === text.length) cells.push('');
      continue;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    end();
  }
  if (cells.length > 0) end();
  return records;
}
