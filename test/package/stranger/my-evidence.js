import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, defineProvider, EvidenceGoneError, ProviderError } from 'cutover/provider';
import { used, world } from './world.js';

const NAME = 'my-evidence';
const digestOf = (text) => createHash('sha256').update(text).digest('hex');

export function openEvidence(folder, w) {
  const write = async (path, text) => {
    await mkdir(join(path, '..'), { recursive: true });
    const half = `${path}.${randomUUID()}`;
    await writeFile(half, text);
    await rename(half, path);
  };
  const read = (path, what) =>
    readFile(path, 'utf8').catch((cause) => {
      if (cause.code === 'ENOENT') throw new EvidenceGoneError(NAME, `${what} is not in ${folder}`);
      throw new ProviderError('retry', NAME, `${path}: ${cause.message}`, { cause });
    });
  const fileOf = (switchId, name) => join(folder, ...[switchId, name].map(encodeURIComponent));
  return {
    async put(value) {
      used(w, 'evidence');
      const text = canonicalJson(value);
      const digest = digestOf(text);
      await write(join(folder, digest), text);
      return digest;
    },
    async get(digest) {
      if (!/^[0-9a-f]{64}$/.test(digest)) throw new ProviderError('fatal', NAME, `no digest: ${digest}`);
      const text = await read(join(folder, digest), digest);
      if (digestOf(text) !== digest) throw new ProviderError('fatal', NAME, `${digest} was changed`);
      return JSON.parse(text);
    },
    async publish(switchId, name, content) {
      await write(fileOf(switchId, name), content);
      return fileOf(switchId, name);
    },
    published: (switchId, name) => read(fileOf(switchId, name), `${switchId}/${name}`),
  };
}

export const provider = defineProvider({
  name: NAME,
  evidence: (ref) => openEvidence(ref.folder ?? './evidence', world(ref.world)),
});
