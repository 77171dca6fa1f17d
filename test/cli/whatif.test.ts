/** `cutover whatif`: a past switch under other thresholds, and files that say nothing or nonsense. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { whatif } from '../../src/cli/commands/whatif.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { pastSwitch, SWITCH_ID } from './past-switch.ts';
import { runCommand, type CommandRun } from './run-command.ts';

async function asked(yaml: string, ...more: string[]): Promise<CommandRun> {
  const dir = await tempFolder();
  const { pack } = await pastSwitch(dir);
  const file = path.join(dir, 'other.yaml');
  await writeFile(file, yaml);
  return runCommand(whatif, [pack, '--gates', file, ...more]);
}

void describe('cutover whatif', () => {
  void it('shows the verdicts that would have been others', async () => {
    const { code, lines } = await asked('latencyRatio: 1.1');
    assert.equal(code, 0);
    assert.match(lines.join('\n'), /latency pass \(ok\) → fail \(p95_ratio_over_limit\)/);
    assert.match(lines.join('\n'), /overall pass → fail/);
    assert.equal(lines.at(-1), '1 verdicts and 1 of 2 looks would have been others');
  });

  void it('reads a plan’s `gates`, durations and lists, and says when nothing would change', async () => {
    const { lines, document } = await asked('gates: { queueAge: 1m, off: [cache], latencyRatio: 1.5 }');
    assert.equal(document, undefined);
    assert.deepEqual(lines, ['no verdict of 2 looks would have been another']);
    const json = (await asked('gates: { queueAge: 1m, advisory: [latency], latencyRatio: 1.05 }', '--json'))
      .document;
    const { override, rows, switchId } = json as { override: unknown; rows: object[]; switchId: string };
    assert.deepEqual(override, { latencyRatio: 1.05, queueAgeMs: 60_000, advisory: ['latency'] });
    assert.equal(switchId, SWITCH_ID);
    assert.equal(rows.length, 4);
  });

  void it('shows all verdicts when asked to', async () => {
    const { lines } = await asked('latencyRatio: 1.5', '--all');
    assert.match(lines.join('\n'), /delta-s pass \(ok\) → pass \(ok\)/);
  });

  void it('refuses a file that names no threshold, or a wrong one', async () => {
    const refused = (yaml: string, message: RegExp): Promise<void> =>
      assert.rejects(asked(yaml), (error: Error) => message.test(error.message));
    await refused('latencyratio: 1.1', /latencyratio is no threshold, did you mean latencyRatio\?/);
    await refused('latencyRatio: fast', /latencyRatio: /);
    await refused('deltaS: { passs: 1 }', /deltaS\.passs is no threshold/);
    await refused('advisory: [latencyy]', /latencyy is no gate/);
    await refused('gates: {}', /names no threshold/);
    await refused('- 1', /./);
  });

  void it('needs all the evidence: half a replay would mislead', async () => {
    const dir = await tempFolder();
    const { pack, looks } = await pastSwitch(dir);
    const [first = ''] = looks;
    await rm(path.join(dir, first.slice(0, 2), `${first}.json.gz`));
    const file = path.join(dir, 'g.yaml');
    await writeFile(file, 'latencyRatio: 1.1');
    await assert.rejects(runCommand(whatif, [pack, '--gates', file]), {
      name: 'UserError',
      message: /cannot be replayed: no evidence with digest/,
    });
    await assert.rejects(runCommand(whatif, [pack]), /--gates is missing/);
  });
});
