/**
 * Text for terminals: bounded lines, without control characters.
 * Invariant: nothing here depends on the terminal; widths count code points, since every mark used is one column wide.
 */

/* oxlint-disable no-control-regex -- taking them out is this file's job */
const COLOR = /\u001b\[[0-9;]*m/g;
const CONTROL = /\u001b(?!\[[0-9;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;
/** Marks that turn the direction of what follows, up to the end of the line. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text without control characters, color sequences and line breaks excepted. */
export function plain(text: string): string {
  return text.replaceAll(CONTROL, '').replaceAll(DIRECTION, '');
}

/** Untrusted text on one line: no control character at all. */
export function oneLine(text: string): string {
  return plain(text.replaceAll(COLOR, '').replaceAll(/\s*[\t\n\r\u2028\u2029]+\s*/g, ' ')).trimEnd();
}

/** Columns a text takes, color sequences not counted. */
export function widthOf(text: string): number {
  return Array.from(text.replaceAll(COLOR, '')).length;
}

/** At most `width` columns; a cut shows as `…`. */
export function clip(text: string, width: number): string {
  const clean = oneLine(text);
  const points = Array.from(clean);
  return points.length <= width ? clean : `${points.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Exactly `width` columns. */
export function pad(text: string, width: number): string {
  const cut = clip(text, width);
  return cut + ' '.repeat(Math.max(0, width - widthOf(cut)));
}

/** Words in lines of at most `width` columns; later lines begin with `indent` spaces. A word that is longer is broken. */
export function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(/\s+/).filter((one) => one !== '');
  for (const word of words.flatMap((one) => broken(one, width - indent))) {
    const isFirst = line.trim() === '';
    if (!isFirst && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else {
      line = isFirst ? line + word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

function broken(word: string, most: number): string[] {
  // Painted words are ours, and short.
  if (widthOf(word) <= most || word.includes('\u001b')) return [word];
  const points = Array.from(word);
  return Array.from({ length: Math.ceil(points.length / most) }, (_, at) =>
    points.slice(at * most, (at + 1) * most).join(''),
  );
}

/** A table with columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd(),
  );
}

/** `12:03:11` in UTC: logs and colleagues in other time zones say the same. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** `7m12s`, `1h03m`, `2d04h`: two units, for countdowns. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`;
  return `${Math.floor(seconds / 86_400)}d${two(Math.floor((seconds % 86_400) / 3600))}h`;
}

/** A bar of `width` columns, `share` from 0 to 1 of it filled. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
