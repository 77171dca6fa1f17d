/**
 * Provider `folder`: evidence in a directory. For one machine: workers on others do not see it, unless it is a shared disk.
 * Invariant: a file is either absent or whole (written beside, then renamed), and evidence, which quotes users' questions and
 * answers, is readable by the worker's user only.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { parseOptions } from '../options.ts';
import { defineProvider, type EvidencePort } from '../../ports/index.ts';
import { contentStore } from '../content-store.ts';
import { manifest } from './manifest.ts';

/** @throws UserError when an option is wrong. */
export function folderEvidence(ref: ProviderRef): EvidencePort {
  const { path, maxBytes } = parseOptions(manifest.ports.evidence, ref, 'evidence');
  const root = resolve(path);
  const place = (key: string): string => join(root, key);
  return contentStore(
    {
      name: 'folder',
      // A folder is one machine's: say whose, or people look on the wrong one.
      root: `${root} on ${hostname()}`,
      place,
      has: async (key) =>
        stat(place(key)).then(
          () => true,
          () => false,
        ),
      write: (key, bytes) => writeWhole(place(key), bytes),
      async read(key, limit) {
        const file = place(key);
        try {
          const { size } = await stat(file);
          if (size > limit) {
            throw new ProviderError('fatal', 'folder', `${file} has ${size} bytes, more than ${limit}`);
          }
          return await readFile(file);
        } catch (cause) {
          if (cause instanceof ProviderError) throw cause;
          if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
          throw ioError(file, cause);
        }
      },
    },
    maxBytes,
  );
}

async function writeWhole(file: string, content: Uint8Array): Promise<void> {
  const beside = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(beside, content, { flush: true, mode: 0o600 });
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    throw ioError(file, cause);
  }
}

/** A full or read-only disk may be mended while we wait: the caller retries. */
function ioError(file: string, cause: unknown): ProviderError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'I/O error';
  return new ProviderError('retry', 'folder', `${file}: ${code}`, { cause });
}

export const provider = defineProvider({ name: 'folder', evidence: folderEvidence });
