/** Follows the edge's log and writes each new request into the logs of vendors, while users ask. */
import { appendFile, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { RequestLine } from '../../../src/domain/request-line.ts';
import type { VendorFormat } from './format.ts';

export interface VendorLogs {
  /** What the telemetry of a plan reads. */
  glob(format: VendorFormat): string;
  /** What the edge has logged so far, and the vendors with it. */
  lines(): Promise<readonly RequestLine[]>;
  close(): Promise<void>;
}

/** @param everyMs how often vendors deliver */
export function followEdge(
  log: string,
  dir: string,
  formats: readonly VendorFormat[],
  everyMs: number,
): VendorLogs {
  const all: RequestLine[] = [];
  let [offset, index, fromMs] = [0, 0, Date.now()];
  let turn: Promise<void> = Promise.resolve();

  const deliver = async (): Promise<void> => {
    const { lines, end } = await linesFrom(log, offset);
    const toMs = Date.now();
    if (lines.length === 0) return;
    for (const format of formats) {
      const { name, isPacked } = format.file({ index, fromMs, toMs });
      const [text, file] = [format.batch(lines), join(dir, format.format, name)];
      if (!isPacked) {
        await appendFile(file, text);
        continue;
      }
      // A store shows an object when it is whole.
      await writeFile(`${file}.part`, gzipSync(text));
      await rename(`${file}.part`, file);
    }
    all.push(...lines);
    [offset, index, fromMs] = [end, index + 1, toMs];
  };
  const next = (): Promise<void> => {
    turn = turn.then(deliver);
    return turn;
  };
  const ready = Promise.all(formats.map(({ format }) => mkdir(join(dir, format), { recursive: true })));
  turn = ready.then(() => undefined);
  const timer = setInterval(() => void next().catch(() => undefined), everyMs);
  return {
    glob: ({ format, glob }) => join(dir, format, glob),
    lines: async () => {
      await next();
      return all;
    },
    close: async () => {
      clearInterval(timer);
      await turn.catch(() => undefined);
    },
  };
}

/** Whole lines only. */
async function linesFrom(file: string, offset: number): Promise<{ lines: RequestLine[]; end: number }> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return { lines: [], end: offset };
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(size - offset);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
    const text = buffer.subarray(0, end).toString();
    const lines = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RequestLine);
    return { lines, end: offset + end };
  } finally {
    await handle.close();
  }
}
