/**
 * Reads one entry of a zip file (a Python wheel is one) as a stream, with node:zlib only.
 * Invariant: sizes come from the central directory and bounds are checked; zip64 and encryption are refused,
 * since no wheel we pin has them. Content is not trusted here: the caller checks its hash.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';

const END_OF_CENTRAL_DIRECTORY = 0x06054b50;
const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
/** End record (22 bytes) plus the longest comment it may carry. */
const TAIL_BYTES = 22 + 0xffff;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly compressedBytes: number;
  readonly headerOffset: number;
}

/** Opens the first entry whose name satisfies `matches`; undefined if there is none. */
export async function openZipEntry(
  path: string,
  matches: (name: string) => boolean,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const file = await open(path, 'r');
  try {
    const read = async (position: number, length: number): Promise<Buffer> => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, position);
      if (bytesRead !== length) throw new Error(`${path}: truncated zip file`);
      return buffer;
    };
    const { size } = await file.stat();
    const tailLength = Math.min(size, TAIL_BYTES);
    const tail = await read(size - tailLength, tailLength);
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
    if (end < 0 || tail.readUInt32LE(end) !== END_OF_CENTRAL_DIRECTORY)
      throw new Error(`${path}: not a zip file`);
    const directory = await read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    const entry = entriesOf(directory, path).find((candidate) => matches(candidate.name));
    if (!entry) return undefined;
    if (entry.method !== 0 && entry.method !== 8)
      throw new Error(`${path}: compression ${entry.method} is unknown`);
    const header = await read(entry.headerOffset, 30);
    if (header.readUInt32LE(0) !== LOCAL_ENTRY) throw new Error(`${path}: broken zip entry ${entry.name}`);
    const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const raw = createReadStream(path, { start, end: start + entry.compressedBytes - 1 });
    if (entry.method === 0) return raw;
    const inflated = createInflateRaw();
    // A read error must reach whoever consumes the inflated side.
    raw.on('error', (error) => inflated.destroy(error));
    return raw.pipe(inflated);
  } finally {
    await file.close();
  }
}

function entriesOf(directory: Buffer, path: string): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + 46 <= directory.length;) {
    if (directory.readUInt32LE(at) !== CENTRAL_ENTRY) throw new Error(`${path}: broken zip directory`);
    const nameBytes = directory.readUInt16LE(at + 28);
    const compressedBytes = directory.readUInt32LE(at + 20);
    const headerOffset = directory.readUInt32LE(at + 42);
    const encrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
    if (encrypted || compressedBytes === 0xffffffff || headerOffset === 0xffffffff) {
      throw new Error(`${path}: zip64 and encryption are not supported`);
    }
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    entries.push({ name, method: directory.readUInt16LE(at + 10), compressedBytes, headerOffset });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}
