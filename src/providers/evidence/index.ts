/**
 * Provider `folder`: evidence in a directory, each value a gzip file named by its digest in one of 256 shards.
 * Invariant: a file is either absent or whole (written beside, then renamed) and what `get` returns has the
 * digest that was asked for: evidence that was changed on disk is an error, not an answer.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { EvidenceGoneError, ProviderError, UserError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { parseOptions } from '../options.ts';
import { defineProvider, type EvidencePort } from '../ports.ts';
import { sha256Hex } from './digest.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Options of `use: folder`. */
const optionsSchema = z.strictObject({
  use: z.string(),
  /** Directory; made when missing. Default `.cutover/evidence` where the worker runs. */
  path: z.string().min(1).default('.cutover/evidence'),
  /** Largest value or file before compression, bytes. Default 64 MiB: a look with full probe runs is about 2 MiB. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .max(1 << 30)
    .default(64 * 1024 * 1024),
});

/** @throws UserError when an option is wrong. */
export function folderEvidence(ref: ProviderRef): EvidencePort {
  const { path, maxBytes } = parseOptions(optionsSchema, ref, 'evidence');
  const root = resolve(path);

  function fileOf(digest: string): string {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw fault(`"${digest.slice(0, 80)}" is not a sha256 digest`);
    return join(root, digest.slice(0, 2), `${digest}.json.gz`);
  }

  function bound(text: string, what: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) throw fault(`${what} has ${bytes} bytes, more than maxBytes ${maxBytes}`);
  }

  return {
    async put(value): Promise<string> {
      const text = canonicalJson(value);
      bound(text, 'the value');
      const digest = sha256Hex(text);
      const file = fileOf(digest);
      // Same address, same content: a repeated put (a retried activity) has nothing left to do.
      if (!(await exists(file))) await writeWhole(file, await zip(text));
      return digest;
    },

    async get(digest): Promise<unknown> {
      const file = fileOf(digest);
      const packed = await readFile(file).catch((cause: unknown) => {
        throw isCode(cause, 'ENOENT')
          ? new EvidenceGoneError('folder', digest, root, cause)
          : ioError(file, cause);
      });
      let text: string;
      try {
        text = (await unzip(packed, { maxOutputLength: maxBytes })).toString('utf8');
      } catch (cause) {
        throw fault(`${file} is damaged: it does not unpack`, cause);
      }
      if (sha256Hex(text) !== digest) {
        throw fault(`${file} was changed: its content has digest ${sha256Hex(text)}`);
      }
      return JSON.parse(text) as unknown;
    },

    async publish(switchId, name, content): Promise<string> {
      bound(content, name);
      const file = join(root, safeName(switchId, 'switch id'), safeName(name, 'file name'));
      await writeWhole(file, content);
      return file;
    },
  };
}

/** A switch id (`cutover/docs`) or file name as one path segment; dots and slashes cannot leave the folder. */
function safeName(name: string, what: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9._-]+/g, '_');
  if (safe === '' || safe.length > 200 || /^\.+$/.test(safe))
    throw new UserError(`bad ${what} "${name.slice(0, 80)}"`);
  return safe;
}

async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const beside = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(beside, content, { flush: true });
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    throw ioError(file, cause);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

function fault(message: string, cause?: unknown): ProviderError {
  return new ProviderError('fatal', 'folder', message, { cause });
}

/** A full or read-only disk may be mended while we wait: the caller retries. */
function ioError(file: string, cause: unknown): ProviderError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'I/O error';
  return new ProviderError('retry', 'folder', `${file}: ${code}`, { cause });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

export const provider = defineProvider({ name: 'folder', evidence: folderEvidence });
