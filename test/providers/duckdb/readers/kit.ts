/** One line through a reader. */
import type { Color } from '../../../../src/domain/color.ts';
import { readerNamed, translator } from '../../../../src/providers/duckdb/readers/index.ts';
import type { ReaderSettings } from '../../../../src/providers/duckdb/readers/reader.ts';

export interface NativeLine {
  readonly ts: string;
  readonly id?: string;
  readonly service: string;
  readonly route: string;
  readonly method?: string;
  readonly kind: string;
  readonly color: Color;
  readonly user?: string;
  readonly user_by?: string;
  readonly region: string;
  readonly instance?: string;
  readonly cfg_gen?: number;
  readonly cold?: boolean;
  readonly INDEX_HASH?: string;
  readonly cache?: { readonly key: string; readonly hit: boolean | null };
  readonly status: number;
  readonly error: string | null;
  readonly latency_ms: { readonly tffb?: number; readonly tusable?: number; readonly tfinal: number };
}

const PLAIN: ReaderSettings = { service: 'docs', region: '', colors: null, fields: {}, columns: null };

export function opened(format: string, over: Partial<ReaderSettings> = {}) {
  const reader = readerNamed(format);
  if (reader === null) throw new Error(`no reader ${format}`);
  return translator(reader, { ...PLAIN, ...over });
}

/** What comes of lines of one file: request lines, and why others were left. */
export function read(format: string, lines: readonly string[], over: Partial<ReaderSettings> = {}) {
  const translate = opened(format, over);
  const all = lines.map((line) => translate(line));
  return {
    lines: all.flatMap((one) => one.lines.map((text) => JSON.parse(text) as NativeLine)),
    left: all.flatMap((one) => one.left.map((why) => why.left)),
  };
}
