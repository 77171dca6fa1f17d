/** A past switch is verified, replayed and reported from any store that a plan can name, with nothing but what a person has at hand. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { verify } from '../../src/cli/commands/verify.ts';
import { whatif } from '../../src/cli/commands/whatif.ts';
import { readReport } from '../../src/evidence/index.ts';
import type { Provider } from '../../src/ports/index.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { pastSwitch, SWITCH_ID } from '../cli/past-switch.ts';
import { runCommand } from '../cli/run-command.ts';
import { planWith } from './plan-with.ts';

/** A store as a stranger writes it: values by digest and files by name in one JSON file, at addresses of its own kind. */
const MODULE = `
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { canonicalJson } from '${new URL('../../src/domain/canonical-json.ts', import.meta.url).href}';
import { EvidenceGoneError } from '${new URL('../../src/domain/errors.ts', import.meta.url).href}';
export const provider = {
  name: 'drawer',
  evidence: ({ file }) => {
    const all = () => { try { return JSON.parse(readFileSync(file, 'utf8')); } catch { return {}; } };
    const put = (key, text) => writeFileSync(file, JSON.stringify({ ...all(), [key]: text }));
    const get = (key) => {
      const text = all()[key];
      if (text === undefined) throw new EvidenceGoneError('drawer', key + ' is not in the drawer');
      return text;
    };
    return {
      put: async (value) => {
        const text = canonicalJson(value);
        const digest = createHash('sha256').update(text).digest('hex');
        put(digest, text);
        return digest;
      },
      get: async (digest) => JSON.parse(get(digest)),
      publish: async (id, name, content) => (put(id + name, content), 'drawer:' + id + '?what=' + name + '&v=1'),
      published: async (id, name) => get(id + name),
    };
  },
};
`;

async function inDrawer(): Promise<{ inline: string; plan: string; module: string }> {
  const dir = await tempFolder();
  const [module, file, plan] = ['drawer.mjs', 'drawer.json', 'cutover.yaml'].map((name) =>
    path.join(dir, name),
  );
  assert.ok(module !== undefined && file !== undefined && plan !== undefined);
  await writeFile(module, MODULE);
  await writeFile(plan, planWith(`{ use: ./drawer.mjs, file: ${file} }`));
  const { provider } = (await import(module)) as { provider: Provider };
  const store = provider.evidence?.({ use: module, file }, {} as never, {});
  assert.ok(store !== undefined);
  await pastSwitch('', { store });
  return { inline: `{ use: ${module}, file: ${file} }`, plan, module };
}

void describe('evidence in a store of one’s own', () => {
  void it('is verified and replayed, named by the plan or by a flag as a plan writes it', async () => {
    const { inline, plan } = await inDrawer();
    const gates = path.join(path.dirname(plan), 'gates.yaml');
    await writeFile(gates, 'latencyRatio: 1.1\n');
    for (const words of [
      ['--plan', plan],
      ['--dir', inline],
    ]) {
      const { code, lines } = await runCommand(verify, [SWITCH_ID, ...words]);
      assert.deepEqual(
        [code, lines],
        [0, [`✔ 2 verdicts of 2 looks of ${SWITCH_ID} recompute bit for bit`]],
        words.join(' '),
      );
      const replayed = await runCommand(whatif, [SWITCH_ID, ...words, '--gates', gates]);
      assert.match(replayed.lines.join('\n'), /latency pass .*→ (fail|inconclusive)/);
    }
  });

  void it('reads its report, whatever its addresses look like', async () => {
    const { inline, plan: file } = await inDrawer();
    const { plan } = await loadPlan(file, { world: { isFolder: () => true } });
    const address = `drawer:${SWITCH_ID}?what=report.md&v=1`;
    for (const known of [
      { plan, named: { env: {} } },
      { plan: null, named: { dir: inline, env: {} } },
      { plan: null, named: { plan: file, env: {} } },
    ]) {
      const content = await readReport(address, { switchId: SWITCH_ID, ...known });
      assert.match(content ?? '', /^# Switch of docs/);
    }
    assert.equal(await readReport(address, { switchId: 'other', plan, named: { env: {} } }), null);
  });

  void it('says in one line what is wrong with the flag', async () => {
    const refused = (dir: string, message: RegExp): Promise<void> =>
      assert.rejects(runCommand(verify, [SWITCH_ID, '--dir', dir]), { name: 'UserError', message });
    await refused('{ file: x }', /names no evidence store/);
    await refused('{ use: [', /names no evidence store/);
    await refused('{ use: ./not-there.mjs }', /no provider "\.\/not-there\.mjs"/);
    await refused('{ use: http }', /has no evidence port/);
  });
});

void describe('evidence on the disk of another machine', () => {
  void it('is read where that disk can be seen here, under another path', async () => {
    const here = await tempFolder();
    await pastSwitch(here);
    const address = `/var/lib/cutover/evidence/${SWITCH_ID}/report.md`;
    const unnamed = { switchId: SWITCH_ID, plan: null, named: { env: {} } };
    assert.equal(await readReport(address, unnamed), null);
    const content = await readReport(address, { ...unnamed, named: { dir: here, env: {} } });
    assert.match(content ?? '', /^# Switch of docs/);
  });
});
