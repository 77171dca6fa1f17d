/** Logs that were packed with gzip. */
import { createReadStream } from 'node:fs';
import { appendFile, open, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ProviderError } from '../../domain/errors.ts';
import type { Left } from './readers/reader.ts';
import { LONGEST_BYTES, TOO_LONG, translated, type ReadLine, type Took } from './translate.ts';

/** Translates a packed log into a file. */
export async function unpacked(
  log: string,
  file: string,
  read: ReadLine,
  signal: AbortSignal | undefined,
): Promise<Took> {
  const left: Left[] = [];
  let lines = 0;
  const take = async (text: string): Promise<void> => {
    const found = translated(text, read);
    if (found.text !== '') await appendFile(file, found.text);
    lines += found.took.lines;
    for (const why of found.took.left) left.push(why);
  };
  await writeFile(file, '', { mode: 0o600 });
  let rest = '';
  const decoder = new TextDecoder();
  try {
    await pipeline(createReadStream(log), createGunzip(), async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) {
        signal?.throwIfAborted();
        const whole = rest + decoder.decode(piece, { stream: true });
        const end = whole.lastIndexOf('\n') + 1;
        await take(whole.slice(0, end));
        rest = whole.slice(end);
        if (rest.length <= LONGEST_BYTES) continue;
        left.push(TOO_LONG);
        rest = '';
      }
    });
    await take(rest + decoder.decode());
    return { lines, left };
  } catch (cause) {
    signal?.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProviderError('retry', 'duckdb', `${log} was not read whole: ${why}`, { cause });
  }
}

/** By its first bytes: a name says nothing of an object that was unpacked on its way. */
export async function isPacked(log: string): Promise<boolean> {
  const handle = await open(log, 'r').catch(() => null);
  if (handle === null) return false;
  try {
    const head = Buffer.alloc(2);
    const { bytesRead } = await handle.read(head, 0, 2, 0);
    return bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
