/** `cutover verify`: recomputes every verdict of a past switch from its evidence, offline. */
import { verifyEvidence, type RecordCheck } from '../../evidence/index.ts';
import { openPack, STORE_OPTIONS } from '../evidence.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandSpec } from '../spec.ts';

/** Differences shown of one record; `--json` has all. */
const SHOWN = 8;

export const verify: CommandSpec = {
  name: 'verify',
  usage: '<pack | switch id>',
  maxPositionals: 1,
  about:
    'Recomputes every verdict of a switch from the evidence it left, bit for bit, and checks the pack’s own sums (and its signature, where CUTOVER_SIGNING_KEY is set). Exit 1 when anything differs, 7 when another version of cutover judged it; needs no server.',
  options: STORE_OPTIONS,
  examples: [
    'cutover verify .cutover/evidence/0192f0c2-…/evidence-pack.json',
    'cutover verify 0192f0c2-… --dir /srv/evidence',
    'cutover verify 0192f0c2-… --plan cutover.yaml',
  ],
  run: async (context) => {
    const { out } = context;
    const pack = await openPack(context);
    const found = await verifyEvidence(pack.store, pack.looks);
    const wrong = found.checks.filter(({ result }) => result !== 'same');
    // Nothing recomputed is nothing verified: a pack can be emptied by whoever can write its sum anew.
    const faults = found.records === 0 ? [...pack.faults, 'it holds no verdict to recompute'] : pack.faults;
    const ok = found.ok && faults.length === 0;
    const isOther = found.isOtherVersion && faults.length === 0;
    const bad = out.paint('bad', '✘');
    for (const fault of faults) out.line(`${bad} ${fault}`);
    for (const { digest, message } of found.unreadable) {
      out.line(`${bad} look ${digest.slice(0, 12)} cannot be read: ${message}`);
    }
    const told = wrong.filter(({ result }) => !isOther || result !== 'other-version');
    for (const check of told) for (const line of linesOf(check)) out.line(line);
    if (pack.without > 0) out.line(`${pack.without} looks were recorded without evidence`);
    if (pack.signature === 'unchecked') out.line('signed; set CUTOVER_SIGNING_KEY to check the signature');
    const other = wrong.filter(({ result }) => result === 'other-version').length;
    if (ok) {
      const good = out.paint('good', '✔');
      out.line(
        `${good} ${found.records} verdicts of ${found.looks} looks of ${pack.switchId} recompute bit for bit`,
      );
    } else if (isOther) {
      out.line(
        `${out.paint('warn', '?')} ${other} of ${found.records} verdicts of ${pack.switchId} were reached by another version of cutover: neither confirmed nor refuted; verify with the version that wrote the pack`,
      );
    } else {
      out.line(
        `${bad} ${wrong.length} of ${found.records} verdicts differ, ${found.unreadable.length} looks cannot be read`,
      );
    }
    const { switchId, path, signature, without } = pack;
    out.document({
      ok,
      isOtherVersion: isOther,
      switchId,
      path,
      signature,
      faults,
      looks: found.looks,
      records: found.records,
      withoutEvidence: without,
      differing: wrong,
      unreadable: found.unreadable,
    });
    return ok ? EXIT.ok : isOther ? EXIT.otherVersion : EXIT.checkFailed;
  },
};

const MEANING = {
  same: 'is the same',
  differs: 'differs',
  'other-version': 'was judged by other rules (another gate version)',
  missing: 'was asked, but is not recorded',
  extra: 'is recorded, but was not asked',
} as const satisfies Record<RecordCheck['result'], string>;

function linesOf({ step, look, gate, result, differences }: RecordCheck): string[] {
  const shown = differences.slice(0, SHOWN);
  const more = differences.length - shown.length;
  const short = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
  return [
    `✘ ${step}, look ${look}: ${gate} ${MEANING[result]}`,
    ...shown.map(
      ({ field, stored, recomputed }) =>
        `    ${field}: stored ${short(stored)}, recomputed ${short(recomputed)}`,
    ),
    ...(more > 0 ? [`    and ${more} more fields`] : []),
  ];
}
