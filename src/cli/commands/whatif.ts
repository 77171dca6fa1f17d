/** `cutover whatif`: replays a past switch against other thresholds, from its evidence. */
import { whatIf, type WhatIfRow } from '../../evidence/index.ts';
import { UserError } from '../../domain/errors.ts';
import type { GateTune } from '../../domain/settings.ts';
import { openPack, STORE_OPTIONS } from '../evidence.ts';
import { EXIT } from '../exit-codes.ts';
import { readGates } from '../gates-input.ts';
import { flag, text, type CommandSpec } from '../spec.ts';

export const whatif: CommandSpec = {
  name: 'whatif',
  usage: '<pack | switch id> --gates <other.yaml>',
  maxPositionals: 1,
  about:
    'Judges the evidence of a past switch by other thresholds and shows which verdicts would have been others. The file holds what a plan has under `gates`, or a whole plan. Changes nothing.',
  options: {
    gates: { type: 'string', value: '<yaml>', help: 'the thresholds; those it does not name stay' },
    all: { type: 'boolean', help: 'also show the verdicts that stay the same' },
    ...STORE_OPTIONS,
  },
  examples: [
    'cutover whatif 0192f0c2-… --gates strict.yaml',
    'cutover whatif pack.json --gates g.yaml --json',
  ],
  run: async (context) => {
    const { out } = context;
    const file = text(context, 'gates');
    if (file === undefined) throw new UserError('--gates is missing: a YAML file with thresholds');
    const override: GateTune = await readGates(file);
    const pack = await openPack(context);
    for (const fault of pack.faults) out.note(`warning: ${fault}`);
    let rows: WhatIfRow[];
    try {
      rows = await whatIf(pack.store, pack.looks, override);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UserError(`the evidence of ${pack.switchId} cannot be replayed: ${why}`, {
        hint: 'name the store with --dir; `cutover verify` lists what is missing',
        cause,
      });
    }
    const changed = rows.filter((row) => row.changed);
    for (const row of flag(context, 'all') ? rows : changed) out.line(lineOf(row));
    const looks = rows.filter(({ gate }) => gate === 'overall');
    const overall = looks.filter((row) => row.changed).length;
    out.line(
      changed.length === 0
        ? `no verdict of ${looks.length} looks would have been another`
        : `${changed.length - overall} verdicts and ${overall} of ${looks.length} looks would have been others`,
    );
    if (rows.some(({ otherVersion }) => otherVersion)) {
      out.line('some verdicts were judged by other rules then, so not every change is due to the thresholds');
    }
    out.document({ switchId: pack.switchId, override, faults: pack.faults, looks: looks.length, rows });
    return EXIT.ok;
  },
};

function lineOf({ step, look, gate, before, beforeReason, after, afterReason }: WhatIfRow): string {
  const why = (verdict: string, reason: string): string =>
    reason === '' ? verdict : `${verdict} (${reason})`;
  const mark = before === after ? ' ' : '→';
  return `${mark} ${step}, look ${look}: ${gate} ${why(before, beforeReason)} → ${why(after, afterReason)}`;
}
