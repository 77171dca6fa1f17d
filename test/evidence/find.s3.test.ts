/** A past switch is verified, replayed and reported from a bucket as from a folder, with nothing but what a person has at hand. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { verify } from '../../src/cli/commands/verify.ts';
import { whatif } from '../../src/cli/commands/whatif.ts';
import { readReport } from '../../src/evidence/index.ts';
import { s3Evidence } from '../../src/providers/s3/index.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { sharedS3 } from '../support/s3-server.ts';
import { pastSwitch, SWITCH_ID } from '../cli/past-switch.ts';
import { runCommand } from '../cli/run-command.ts';
import { planWith } from './plan-with.ts';

async function inBucket(): Promise<{ env: NodeJS.ProcessEnv; root: string; plan: string }> {
  const { env, bucket, endpoint } = await sharedS3();
  const Bucket = await bucket();
  await pastSwitch('', { store: s3Evidence({ use: 's3', bucket: Bucket, prefix: 'a/b' }, { env }) });
  const plan = path.join(await tempFolder(), 'cutover.yaml');
  await writeFile(plan, planWith(`{ use: s3, bucket: ${Bucket}, prefix: a/b, endpoint: "${endpoint}" }`));
  return { env, root: `s3://${Bucket}/a/b`, plan };
}

void describe('evidence in a bucket (A21)', () => {
  void it('verifies by address, by switch id and store, and by the plan', async () => {
    const { env, root, plan } = await inBucket();
    const withoutEndpoint = { ...env, AWS_ENDPOINT_URL_S3: undefined };
    for (const [words, known] of [
      [[`${root}/${SWITCH_ID}/evidence-pack.json`], env],
      [[`${root}/${SWITCH_ID}/`], env],
      [[SWITCH_ID, '--dir', root], env],
      [[SWITCH_ID, '--plan', plan], withoutEndpoint],
    ] as const) {
      const { code, lines } = await runCommand(verify, words, known);
      assert.deepEqual(
        [code, lines],
        [0, [`✔ 2 verdicts of 2 looks of ${SWITCH_ID} recompute bit for bit`]],
        words.join(' '),
      );
    }
  });

  void it('replays by other thresholds', async () => {
    const { env, plan } = await inBucket();
    const gates = path.join(path.dirname(plan), 'gates.yaml');
    await writeFile(gates, 'latencyRatio: 1.1\n');
    const { lines } = await runCommand(whatif, [SWITCH_ID, '--plan', plan, '--gates', gates], env);
    assert.match(lines.join('\n'), /latency pass .*→ (fail|inconclusive)/);
  });

  void it('reads a report by its address, by the plan of its switch, and says when it is not there', async () => {
    const { env, root, plan: file } = await inBucket();
    const { plan } = await loadPlan(file, { world: { isFolder: () => true } });
    const address = `${root}/${SWITCH_ID}/report.md`;
    const switchId = SWITCH_ID;
    assert.match(
      (await readReport(address, { switchId, plan: null, named: { env } })) ?? '',
      /^# Switch of docs/,
    );
    const withoutEndpoint = { ...env, AWS_ENDPOINT_URL_S3: undefined };
    assert.match(
      (await readReport(address, { switchId, plan, named: { env: withoutEndpoint } })) ?? '',
      /^# Switch of docs/,
    );
    assert.equal(await readReport(`${root}/other/report.md`, { switchId, plan: null, named: { env } }), null);
    assert.equal(
      await readReport('/of/another/machine/report.md', { switchId, plan: null, named: { env } }),
      null,
    );
  });

  void it('says in one line what it needs', async () => {
    const { env, root, plan } = await inBucket();
    const user = (words: string[], message: RegExp): Promise<void> =>
      assert.rejects(runCommand(verify, words, env), { name: 'UserError', message });
    await user([`${root}/nothing/evidence-pack.json`], /no evidence pack of s3:.*nothing.* is not there/);
    await user([`${root}-x/${SWITCH_ID}`], /no evidence pack/);
    await user(['s3://no-such-bucket/x'], /cannot be read: bucket no-such-bucket: there is no such bucket/);
    await user([SWITCH_ID, '--dir', root, '--plan', plan], /two stores/);
    await user(['s3://A_/x/y'], /bucket: must be the name/);
  });
});
