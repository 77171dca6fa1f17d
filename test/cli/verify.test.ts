/** `cutover verify`: a past switch recomputes bit for bit, and every way of changing it is told. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { eventPage } from '../../src/domain/event-page.ts';
import { folderEvidence } from '../../src/providers/folder/index.ts';
import { verify } from '../../src/cli/commands/verify.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { pastSwitch, SWITCH_ID } from './past-switch.ts';
import { runCommand } from './run-command.ts';

void describe('cutover verify', () => {
  void it('says that everything recomputes, by path, by folder and by switch id', async () => {
    const { dir, pack } = await pastSwitch(await tempFolder());
    for (const words of [[pack], [path.dirname(pack)], [SWITCH_ID, '--dir', dir]]) {
      const { code, lines } = await runCommand(verify, words);
      assert.equal(code, 0, lines.join('\n'));
      assert.deepEqual(lines, [`✔ 2 verdicts of 2 looks of ${SWITCH_ID} recompute bit for bit`]);
    }
    const { document } = await runCommand(verify, [pack, '--json']);
    const { ok, looks, records, signature } = document as Record<string, unknown>;
    assert.deepEqual([ok, looks, records, signature], [true, 2, 2, 'none']);
  });

  void it('names a forged verdict with what it should be', async () => {
    const { pack } = await pastSwitch(await tempFolder(), {
      forge: (record) => (record.gate === 'latency' ? { ...record, verdict: 'fail' } : record),
    });
    const { code, lines } = await runCommand(verify, [pack]);
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /latency differs\n {4}verdict: stored "fail", recomputed "pass"/);
    assert.match(lines.at(-1) ?? '', /1 of 2 verdicts differ/);
  });

  void it('tells rules of another version from a forgery', async () => {
    const { pack } = await pastSwitch(await tempFolder(), {
      forge: (record) => ({ ...record, gateVersion: 1 }),
    });
    const { code, lines } = await runCommand(verify, [pack]);
    assert.equal(code, 7);
    assert.match(
      lines.join('\n'),
      /\d+ of \d+ verdicts .* by another version of cutover: neither confirmed nor refuted/,
    );
  });

  void it('finds evidence that was changed or is gone', async () => {
    const { dir, pack, looks } = await pastSwitch(await tempFolder());
    const [first = '', second = ''] = looks;
    const file = (digest: string): string => path.join(dir, digest.slice(0, 2), `${digest}.json.gz`);
    const text = gunzipSync(await readFile(file(first))).toString();
    await writeFile(file(first), gzipSync(text.replace('"pass"', '"fail"')));
    await rm(file(second));
    const { code, lines } = await runCommand(verify, [pack]);
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /cannot be read: .*was changed/);
    assert.match(lines.join('\n'), /cannot be read: no evidence with digest/);
  });

  void it('tells which page of events is gone, is another switch’s or is left out (A8)', async () => {
    const { dir, pack } = await pastSwitch(await tempFolder());
    const content = JSON.parse(await readFile(pack, 'utf8')) as { pages: string[] };
    const [first = '', second = ''] = content.pages;
    const says = async (pages: readonly string[]): Promise<string> => {
      await writeFile(pack, JSON.stringify({ ...content, pages }));
      const { code, lines } = await runCommand(verify, [pack]);
      assert.equal(code, 1);
      return lines.join('\n');
    };
    assert.match(await says([second]), /events are missing: page \w+ begins with 2, not 0/);
    assert.match(await says([first]), /the pages end with event 2, the pack says 3/);
    const foreign = eventPage('another', 2, [{ atMs: 1, type: 'started', by: 'ana', planDigest: 'p' }]);
    const store = folderEvidence({ use: 'folder', path: dir });
    assert.match(await says([first, await store.put(foreign)]), /holds events of another switch/);
    await rm(path.join(dir, first.slice(0, 2), `${first}.json.gz`));
    assert.match(await says(content.pages), /events \w+ cannot be read: no evidence with digest/);
  });

  void it('checks the sums and the signature of the pack itself', async () => {
    const signed = await pastSwitch(await tempFolder(), { key: 'k1' });
    const says = async (env: NodeJS.ProcessEnv): Promise<[number, string]> => {
      const { code, lines } = await runCommand(verify, [signed.pack], env);
      return [code, lines.join('\n')];
    };
    assert.equal((await says({ CUTOVER_SIGNING_KEY: 'k1' }))[0], 0);
    const [open, text] = await says({});
    assert.equal(open, 0);
    assert.match(text, /set CUTOVER_SIGNING_KEY to check/);
    const [other, why] = await says({ CUTOVER_SIGNING_KEY: 'k2' });
    assert.equal(other, 1);
    assert.match(why, /not by CUTOVER_SIGNING_KEY/);
    await writeFile(
      signed.pack,
      (await readFile(signed.pack, 'utf8')).replace('"planDigest":"p"', '"planDigest":"q"'),
    );
    assert.match((await says({}))[1], /the pack was changed/);
    const plain = await pastSwitch(await tempFolder());
    const { code, lines } = await runCommand(verify, [plain.pack], { CUTOVER_SIGNING_KEY: 'k1' });
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /is not signed, although/);
    await rm(path.join(path.dirname(plain.pack), 'evidence-pack.signature.json'));
    assert.equal((await runCommand(verify, [plain.pack])).code, 1, 'without sums nobody can tell');
  });

  void it('verifies nothing that holds no verdict, however whole its sums are (D12)', async () => {
    const { pack } = await pastSwitch(await tempFolder(), { key: 'k1' });
    const content = JSON.parse(await readFile(pack, 'utf8')) as object;
    const emptied = JSON.stringify({ ...content, pages: [], eventCount: 0 });
    await writeFile(pack, emptied);
    // As whoever may write the folder can: a sum of the emptied pack, and no signature.
    const sha256 = createHash('sha256').update(emptied).digest('hex');
    const sums = JSON.stringify({ sha256, 'hmac-sha256': null });
    await writeFile(path.join(path.dirname(pack), 'evidence-pack.signature.json'), sums);
    const { code, lines } = await runCommand(verify, [pack]);
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /✘ it holds no verdict to recompute/);
    assert.doesNotMatch(lines.join('\n'), /✔/);
  });

  void it('says what it needs when there is no pack', async () => {
    const folder = await tempFolder();
    const user = (words: string[], message: RegExp): Promise<void> =>
      assert.rejects(runCommand(verify, words), { name: 'UserError', message });
    await user([], /is missing/);
    await user(['cutover/docs', '--dir', folder], /no evidence pack of cutover\/docs: .*cutover_docs/);
    await user([folder], /no evidence pack/);
    await writeFile(path.join(folder, 'x.json'), '{"schema":1}');
    await user([path.join(folder, 'x.json')], /is no evidence pack/);
    await user(['../../etc/passwd', '--dir', folder], /no evidence pack/);
  });
});
