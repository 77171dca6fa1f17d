/**
 * Reads the YAML that a person named: a plan, thresholds, a change.
 * Invariant: ends for every path, whatever lies there, and reads no more than is needed to see that a text is too large.
 */
import { open, stat } from 'node:fs/promises';
import { UserError } from '../domain/errors.ts';
import { MAX_PLAN_BYTES } from './document.ts';

/**
 * At most one byte more than a plan may have.
 * @param shown how messages name the file; default as given.
 * @throws UserError when it cannot be read or is not UTF-8.
 */
export async function readText(absolute: string, shown = absolute): Promise<string> {
  const bytes = Buffer.alloc(MAX_PLAN_BYTES + 1);
  let length = 0;
  try {
    // Reading a pipe that nobody writes to would never end.
    const found = await stat(absolute);
    if (!found.isFile() && !found.isDirectory()) {
      throw Object.assign(new Error('a pipe or a device'), { code: 'a pipe or a device' });
    }
    const handle = await open(absolute, 'r');
    try {
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
        length += bytesRead;
        if (bytesRead === 0 || length === bytes.length) break;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UserError(`${shown}: cannot be read (${code})`, {
      hint: 'name a file of YAML text, e.g. cutover.yaml',
      cause: error,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    // A cut in the middle of a character is a too large file, which the parser reports by its size.
    if (length > MAX_PLAN_BYTES) return bytes.subarray(0, length).toString('latin1');
    throw new UserError(`${shown}: is not UTF-8 text`, { hint: 'save it as UTF-8', cause: error });
  }
}
