import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { folderEvidence } from '../../src/providers/folder/index.ts';
import { evidencePortSuite } from '../../src/conformance/evidence.ts';

evidencePortSuite('folder', async () => {
  const path = await mkdtemp(join(tmpdir(), 'cutover-evidence-'));
  return {
    port: folderEvidence({ use: 'folder', path }),
    another: () => folderEvidence({ use: 'folder', path }),
    tamper: (digest) =>
      writeFile(join(path, digest.slice(0, 2), `${digest}.json.gz`), gzipSync('{"verdict":"pass"}')),
    close: () => rm(path, { recursive: true }),
  };
});

void describe('folder', () => {
  void it('leaves no half-written file and keeps a switch’s files in its own folder', async () => {
    const path = await mkdtemp(join(tmpdir(), 'cutover-evidence-'));
    const port = folderEvidence({ use: 'folder', path });
    const digest = await port.put({ a: 1 });
    assert.deepEqual(await readdir(join(path, digest.slice(0, 2))), [`${digest}.json.gz`]);
    const file = await port.publish('cutover/docs', '../report.md', '# hi');
    assert.equal(file, join(path, 'cutover_docs', '.._report.md'));
    assert.equal(await readFile(file, 'utf8'), '# hi');
    await rm(path, { recursive: true });
  });

  void it('is for its owner only: files 0600, folders that it makes 0700 (D12)', async () => {
    const above = await mkdtemp(join(tmpdir(), 'cutover-evidence-'));
    const port = folderEvidence({ use: 'folder', path: join(above, 'new', 'evidence') });
    const digest = await port.put({ a: 1 });
    await port.publish('cutover/docs', 'report.md', '# hi');
    const modes = new Map<string, string>();
    for (const name of await readdir(above, { recursive: true })) {
      modes.set(name, ((await stat(join(above, name))).mode & 0o777).toString(8));
    }
    const root = join('new', 'evidence');
    assert.deepEqual(Object.fromEntries(modes), {
      new: '700',
      [root]: '700',
      [join(root, digest.slice(0, 2))]: '700',
      [join(root, digest.slice(0, 2), `${digest}.json.gz`)]: '600',
      [join(root, 'cutover_docs')]: '700',
      [join(root, 'cutover_docs', 'report.md')]: '600',
    });
    await rm(above, { recursive: true });
  });

  void it('refuses what is too large, before and after compression', async () => {
    const path = await mkdtemp(join(tmpdir(), 'cutover-evidence-'));
    const port = folderEvidence({ use: 'folder', path, maxBytes: 100 });
    await assert.rejects(port.put('x'.repeat(200)), /more than maxBytes/);
    await assert.rejects(port.publish('s', 'n', 'x'.repeat(200)), /more than maxBytes/);
    const big = await folderEvidence({ use: 'folder', path }).put('x'.repeat(200));
    await assert.rejects(port.get(big), /does not unpack/);
    await rm(path, { recursive: true });
  });
});
