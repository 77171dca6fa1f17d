/**
 * Request lines of an object store as files on this machine, so that everything else follows files.
 * Invariant: each object is fetched once by name and ETag. One that grew has the new bytes appended to its file; one whose content
 * is another now is told, because its old lines must go.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { assertPackages } from '../../ports/peer.ts';
import type { BucketReader, Content, Listed } from '../s3-objects.ts';
import { manifest as s3 } from '../s3/manifest.ts';
import { appendRest } from './append-rest.ts';

/** Objects fetched at a time. */
const AT_ONCE = 4;

interface Kept extends Listed {
  readonly file: string;
}

/** What the last look at the store changed. */
export interface Synced {
  readonly files: readonly string[];
  /** Some object's content is not the old one with more at its end. */
  readonly isReplaced: boolean;
}

export class ObjectMirror {
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #matches: RegExp;
  readonly #folder: string;
  readonly #env: ProviderScope['env'];
  readonly #kept = new Map<string, Kept>();
  #reader: BucketReader | null = null;
  #named = 0;
  /** Not told yet: a look that fails in the middle tells nobody. */
  #isReplaced = false;

  /** @param address `s3://bucket/keys`, where keys may hold `*`, `**`, `?` and `[…]` */
  constructor(address: string, folder: string, env: ProviderScope['env']) {
    const [bucket = '', ...keys] = address.slice('s3://'.length).split('/');
    const pattern = keys.join('/');
    this.#bucket = bucket;
    const wild = pattern.search(/[*?[]/);
    this.#prefix = wild === -1 ? pattern : pattern.slice(0, wild);
    this.#matches = globExpression(pattern);
    this.#folder = folder;
    this.#env = env;
  }

  /**
   * Fetches what is new.
   * @param sinceMs objects that were not written since hold nothing that is asked for
   * @throws ProviderError when the store does not answer as it should
   */
  async sync(sinceMs: number, signal: AbortSignal | undefined): Promise<Synced> {
    const reader = (this.#reader ??= await this.#open());
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const wanted = (await reader.list(this.#prefix, signal)).filter(
      ({ key, etag, writtenMs }) =>
        this.#matches.test(key) && writtenMs >= sinceMs && this.#kept.get(key)?.etag !== etag,
    );
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const several = wanted.slice(at, at + AT_ONCE);
      await Promise.all(several.map((one) => this.#fetch(reader, one, signal)));
    }
    const isReplaced = this.#isReplaced;
    this.#isReplaced = false;
    return { files: Array.from(this.#kept.values(), ({ file }) => file), isReplaced };
  }

  /** Gives the disk back, too; the next question fetches anew. */
  async close(): Promise<void> {
    this.#reader?.close();
    this.#reader = null;
    this.#kept.clear();
    this.#isReplaced = false;
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The SDK is loaded for those only who read a store. */
  async #open(): Promise<BucketReader> {
    assertPackages({ name: 'duckdb', packages: s3.packages });
    const { bucketReader } = await import('../s3-objects.ts');
    return bucketReader(this.#bucket, this.#env, 'duckdb');
  }

  async #fetch(reader: BucketReader, listed: Listed, signal: AbortSignal | undefined): Promise<void> {
    const { key } = listed;
    const old = this.#kept.get(key);
    this.#named += 1;
    const name = join(this.#folder, String(this.#named));
    const part = `${name}.part`;
    const content = await reader.read(key, signal);
    try {
      await unpack(content, key, part);
    } catch (cause) {
      signal?.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ProviderError('retry', 'duckdb', `s3://${this.#bucket}/${key} was not read whole: ${why}`, {
        cause,
      });
    }
    // It may have been written again after the listing: the answer knows what it holds.
    const kept = { ...listed, etag: content.etag ?? listed.etag };
    const writtenAt = new Date(listed.writtenMs);
    if (old !== undefined && (await appendRest(part, old.file))) {
      await utimes(old.file, writtenAt, writtenAt);
      this.#kept.set(key, { ...kept, file: old.file });
      return;
    }
    const file = `${name}.ndjson`;
    await utimes(part, writtenAt, writtenAt);
    await rename(part, file);
    this.#kept.set(key, { ...kept, file });
    if (old === undefined) return;
    this.#isReplaced = true;
    await rm(old.file, { force: true });
  }
}

async function unpack({ body, isPacked }: Content, key: string, file: string): Promise<void> {
  const into = createWriteStream(file, { mode: 0o600 });
  await (isPacked || key.endsWith('.gz') ? pipeline(body, createGunzip(), into) : pipeline(body, into));
}

/** `*` and `?` stop at a slash, `**` does not; the rest of a key stands for itself. */
function globExpression(pattern: string): RegExp {
  const parts = pattern.match(/\*\*\/?|\*|\?|\[!?[^\]]+\]|[\s\S]/g) ?? [];
  const source = parts.map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 1) return `[${part.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    return part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}
