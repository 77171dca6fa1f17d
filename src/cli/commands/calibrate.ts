/** `cutover calibrate`: measures where right and random text lie for an embedder, and keeps it beside the probe set. */
import { UserError } from '../../domain/errors.ts';
import type { Calibration } from '../../domain/look-input.ts';
import { DISCRIMINATION } from '../../domain/probes/delta-s.ts';
import { loadCalibration, saveCalibration } from '../../probes/calibration-file.ts';
import { calibrate as measure } from '../../probes/index.ts';
import { EXIT } from '../exit-codes.ts';
import { EMBEDDER_OPTION, openProbeSource } from '../probe-source.ts';
import { flag, required, text, type CommandSpec, type Context } from '../spec.ts';

export const calibrate: CommandSpec = {
  name: 'calibrate',
  usage: '<cutover.yaml | probe folder>',
  maxPositionals: 1,
  about:
    'Finds the scale of ΔS: the distance of questions to their own sections and to random ones. Writes calibration/<embedder>.json beside the probe set, which workers read. Refuses (exit 1) an embedder that cannot tell the two apart.',
  options: {
    ...EMBEDDER_OPTION,
    k: { type: 'string', value: '<n>', help: 'snippets the service delivers; recorded (default 5)' },
    check: { type: 'boolean', help: 'write nothing; exit 1 unless the stored one says the same' },
  },
  examples: ['cutover calibrate cutover.yaml', 'cutover calibrate probes/ --check'],
  run: async (context) => {
    const { out, signal } = context;
    const k = kOf(context);
    const { set, embedder } = await openProbeSource(
      required(context, 0, 'the plan or probe folder'),
      context,
    );
    try {
      const result = await measure(set, embedder, { signal, k });
      const { calibration } = result;
      print(context, calibration);
      if (!result.ok) {
        const { gap, auc } = DISCRIMINATION;
        out.line(
          `${out.paint('bad', '✘')} refused: the embedder does not tell right from random here (needs m_neg − m_pos ≥ ${gap} and AUC ≥ ${auc}); quality gates would be blind`,
        );
        out.document({ ok: false, reason: result.reason, calibration, path: null });
        return EXIT.checkFailed;
      }
      if (flag(context, 'check')) return await check(context, calibration, set, embedder);
      const path = await saveCalibration(set, calibration);
      out.line(`${out.paint('good', '✔')} wrote ${path}`);
      out.document({ ok: true, calibration, path });
      return EXIT.ok;
    } finally {
      await embedder.close();
    }
  },
};

function kOf(context: Context): number {
  const given = text(context, 'k') ?? '5';
  const k = Number(given);
  if (Number.isInteger(k) && k >= 1 && k <= 1000) return k;
  throw new UserError(`--k ${given} is no whole number from 1 to 1000`);
}

/** Compared to 1e-9: sums of floats may differ in their last digit on another machine. */
async function check(
  { out }: Context,
  fresh: Calibration,
  ...[set, embedder]: Parameters<typeof loadCalibration>
): Promise<number> {
  const stored = await loadCalibration(set, embedder);
  const differs =
    stored === null
      ? ['nothing is stored']
      : (['mPos', 'mNeg', 'auc'] as const)
          .filter((field) => !(Math.abs(stored[field] - fresh[field]) <= 1e-9))
          .map((field) => `${field} is ${stored[field]}, measured ${fresh[field]}`);
  const ok = differs.length === 0;
  out.line(
    ok
      ? `${out.paint('good', '✔')} the stored calibration says the same`
      : `${out.paint('bad', '✘')} ${differs.join('; ')}`,
  );
  out.document({ ok, calibration: fresh, stored, differs });
  return ok ? EXIT.ok : EXIT.checkFailed;
}

function print({ out }: Context, of: Calibration): void {
  const row = (name: string, value: number, what: string): void =>
    out.line(`  ${name.padEnd(8)} ${value.toFixed(4)}  ${out.paint('dim', what)}`);
  out.line(`embedder ${of.embedderId}, windows of ${of.windowWords} words, k ${of.k}`);
  out.line(`probe set ${of.goldHash.slice(0, 12)}, corpus ${of.corpusHash.slice(0, 12)}`);
  row('m_pos', of.mPos, 'median ΔS of a question and its own section');
  row('m_neg', of.mNeg, 'median ΔS of a question and a random other section');
  row('AUC', of.auc, 'how often the own section is nearer');
  row('t_pass', of.tPass, 'raw ΔS that reads 0.45: half-way to random');
  row('t_block', of.tBlock, 'raw ΔS that reads 0.60: as bad as random');
}
