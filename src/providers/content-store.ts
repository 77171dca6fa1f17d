/**
 * Evidence over anything that keeps bytes under a key: values as gzip under their digest in one of 256 shards, published files
 * in a place of their switch.
 * Invariant: what `get` returns has the digest that was asked for; evidence that was changed is an error, not an answer.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { canonicalJson } from '../domain/canonical-json.ts';
import { EvidenceGoneError, ProviderError, UserError } from '../domain/errors.ts';
import type { EvidencePort } from '../ports/index.ts';
import { sha256Hex } from './digest.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Bytes under keys (`ab/abcd….json.gz`, `<switch>/report.md`). A key is either absent or whole, never half-written. */
export interface BlobStore {
  /** The provider's name, for messages. */
  readonly name: string;
  /** The store as a person names it. */
  readonly root: string;
  /** Where a person finds a key. */
  place(key: string): string;
  /** True when a stored value need not be written again. */
  has(key: string): Promise<boolean>;
  write(key: string, bytes: Uint8Array): Promise<void>;
  /** Null when there is nothing under the key. */
  read(key: string, maxBytes: number): Promise<Uint8Array | null>;
  close?(): Promise<void>;
}

export function contentStore(store: BlobStore, maxBytes: number): EvidencePort {
  const fault = (message: string, cause?: unknown): ProviderError =>
    new ProviderError('fatal', store.name, message, { cause });

  function keyOf(digest: string): string {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw fault(`"${digest.slice(0, 80)}" is not a sha256 digest`);
    return `${digest.slice(0, 2)}/${digest}.json.gz`;
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
      const key = keyOf(digest);
      // Same address, same content: a repeated put (a retried activity) has nothing left to do.
      if (!(await store.has(key))) await store.write(key, await zip(text));
      return digest;
    },

    async get(digest): Promise<unknown> {
      const key = keyOf(digest);
      const packed = await store.read(key, maxBytes);
      if (packed === null) {
        throw new EvidenceGoneError(store.name, `no evidence with digest ${digest} in ${store.root}`);
      }
      let text: string;
      try {
        text = (await unzip(packed, { maxOutputLength: maxBytes })).toString('utf8');
      } catch (cause) {
        throw fault(`${store.place(key)} is damaged: it does not unpack`, cause);
      }
      if (sha256Hex(text) !== digest) {
        throw fault(`${store.place(key)} was changed: its content has digest ${sha256Hex(text)}`);
      }
      return JSON.parse(text) as unknown;
    },

    async publish(switchId, name, content): Promise<string> {
      bound(content, name);
      const key = publishedKey(switchId, name);
      await store.write(key, Buffer.from(content, 'utf8'));
      return store.place(key);
    },

    async published(switchId, name): Promise<string> {
      const key = publishedKey(switchId, name);
      const bytes = await store.read(key, maxBytes);
      if (bytes === null) throw new EvidenceGoneError(store.name, `${store.place(key)} is not there`);
      return Buffer.from(bytes).toString('utf8');
    },

    async close() {
      await store.close?.();
    },
  };
}

function publishedKey(switchId: string, name: string): string {
  return `${safeName(switchId, 'switch id')}/${safeName(name, 'file name')}`;
}

/** A switch id (`cutover/docs`) or file name as one segment of a key; dots and slashes cannot leave the store. */
function safeName(name: string, what: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9._-]+/g, '_');
  if (safe === '' || safe.length > 200 || /^\.+$/.test(safe))
    throw new UserError(`bad ${what} "${name.slice(0, 80)}"`);
  return safe;
}
