/**
 * What `cutover probes` does with a color: lint and curate.
 * Invariant: a set is never changed in place; whatever leaves a probe out writes down which and why.
 */
import { otherColor, type Color } from '../domain/color.ts';
import { UserError } from '../domain/errors.ts';
import { loadCalibration } from '../probes/calibration-file.ts';
import { answeringColors, curate, CURATE_LIMITS, type CuratedProbe } from '../probes/curate.ts';
import { causeLines, causesOf, oneSidedText } from '../probes/curate-summary.ts';
import { writeSubset } from '../probes/curate-write.ts';
import {
  calibrate,
  lintAgainst,
  lintEmbedder,
  lintParaphrases,
  lintProbeSet,
  type LintFinding,
} from '../probes/index.ts';
import { probeCost } from '../domain/probes/cost.ts';
import type { ProbeRun } from '../domain/probe.ts';
import { probeCostLines, probeSightLines } from '../plan/sight-text.ts';
import { EXIT } from './exit-codes.ts';
import { askedOf, sightOfSet } from './plan-sight.ts';
import { askedUrl, openProbeSource, runGrid, type ProbeSource } from './probe-source.ts';
import { shareOf } from './probe-files.ts';
import { flag, required, text, type Context } from './spec.ts';

export async function lint(context: Context): Promise<number> {
  const { out, signal } = context;
  const source = await openProbeSource(required(context, 1, 'the plan or probe folder'), context);
  try {
    const { set, embedder } = source;
    const findings: LintFinding[] = [...lintProbeSet(set), ...(await lintEmbedder(set, embedder, signal))];
    if (flag(context, 'paraphrases')) findings.push(...(await lintParaphrases(set, embedder, signal)));
    const asked = askedUrl(source, context);
    const runs = asked === null ? [] : await runGrid(source, asked, context);
    if (asked !== null) findings.push(...lintAgainst(set, runs));
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    for (const { code, severity, probeId, message } of findings) {
      const mark = severity === 'error' ? out.paint('bad', '✘') : out.paint('warn', '!');
      out.line(`${mark} ${code} ${probeId === null ? '' : `${probeId}: `}${message}`);
    }
    out.line(`${set.probes.length} probes: ${errors} errors, ${findings.length - errors} warnings`);
    const sight = sightOfSet(set, source.plan);
    const cost =
      source.plan === null ? null : probeCost(source.plan, askedOf(set, source.plan), answerMs(runs));
    for (const line of [...probeSightLines(sight), ...(cost === null ? [] : probeCostLines(cost))])
      out.line(line);
    out.document({
      ok: errors === 0,
      digest: set.digest,
      probes: set.probes.length,
      asked: asked?.url ?? null,
      findings,
      sight,
      cost,
    });
    return errors === 0 ? EXIT.ok : EXIT.checkFailed;
  } finally {
    await source.embedder.close();
  }
}

/** As a color answers when it is asked like this; null when it was not. */
function answerMs(runs: readonly ProbeRun[]): number | null {
  const times = runs.flatMap(({ latencyMs }) => latencyMs?.tfinal ?? []).toSorted((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? null;
}

export async function curateSet(context: Context): Promise<number> {
  const { out } = context;
  const source = await openProbeSource(required(context, 1, 'the plan or probe folder'), context);
  try {
    const { set } = source;
    const asked = curatedOn(source, context);
    const folder = text(context, 'out');
    const limits = {
      coverage: shareOf(context, 'min-coverage', CURATE_LIMITS.coverage),
      deltaS: shareOf(context, 'max-delta-s', CURATE_LIMITS.deltaS),
    };
    const calibration = await scaleOf(source, context);
    const runs: ProbeRun[] = [];
    for (const one of asked) runs.push(...(await runGrid(source, one, context)));
    const verdicts = curate(set, runs, calibration, limits);
    const dropped = verdicts.filter(({ kept }) => !kept);
    for (const one of dropped) out.line(`${out.paint('bad', '✘')} ${one.id}: ${reasonsOf(one).join('; ')}`);
    const causes = causesOf(set, verdicts);
    for (const line of causeLines(causes)) out.line(`  ${line}`);
    const kept = new Set(verdicts.filter((one) => one.kept).map(({ id }) => id));
    const colors = answeringColors(runs).join(' or ');
    out.line(
      `${kept.size} of ${verdicts.length} probes pass on ${colors}, ${dropped.length} do not${calibration === null ? ' (ΔS raw)' : ''}`,
    );
    const oneSided = oneSidedText(runs);
    if (oneSided !== null) out.line(`${out.paint('warn', '!')} ${oneSided}`);
    const written =
      folder === undefined
        ? null
        : await writeSubset({
            set,
            keep: kept,
            leftOut: dropped.map((one) => ({ id: one.id, reasons: reasonsOf(one) })),
            notes: [...causeLines(causes), ...(oneSided === null ? [] : [oneSided])],
            folder,
            how: `Curated on ${asked.map(({ color, url }) => `${color} at ${new URL(url).origin}`).join(' and ')}: coverage ≥ ${limits.coverage}, λ convergent, ΔS < ${limits.deltaS}${calibration === null ? ' (raw)' : ''}`,
          });
    out.line(
      written === null
        ? 'nothing was written; --out <folder> writes the curated set'
        : `${out.paint('good', '✔')} wrote ${written.folder} (digest ${written.digest.slice(0, 12)}); DROPPED.md says what is missing`,
    );
    out.document({
      ok: true,
      asked: asked.map(({ url }) => url),
      causes,
      oneSided: oneSided !== null,
      limits,
      calibrated: calibration !== null,
      kept: kept.size,
      dropped: dropped.length,
      probes: verdicts,
      folder: written?.folder ?? null,
      digest: written?.digest ?? null,
    });
    return EXIT.ok;
  } finally {
    await source.embedder.close();
  }
}

/**
 * The colors that are asked: both of a plan, since a set that is curated on one is crooked for the other; the one that
 * `--ask` or `--against` names, with the one at `--and` beside it.
 */
function curatedOn(source: ProbeSource, context: Context): { url: string; color: Color }[] {
  const named = askedUrl(source, context);
  const and = text(context, 'and');
  if (named !== null)
    return and === undefined ? [named] : [named, { url: and, color: otherColor(named.color) }];
  if (and !== undefined) {
    throw new UserError('--and names the second color to ask, and nothing names the first', {
      hint: 'give --against <url> --and <url>, or leave --and out: both colors of a plan are asked',
    });
  }
  const { plan } = source;
  if (plan !== null) return [plan.from, plan.to].map((color) => ({ url: plan.colors[color].url, color }));
  throw new UserError('curate needs a healthy color to ask', {
    hint: 'give --against <url>, better --against <url> --and <url>, or name a plan',
  });
}

/** The stored scale, else a measured one; none where the embedder cannot tell, and the plan may want raw distances. */
async function scaleOf({ set, embedder, plan }: ProbeSource, { out, signal }: Context) {
  if (plan?.probes.scale === 'raw') return null;
  const stored = await loadCalibration(set, embedder);
  if (stored !== null) return stored;
  out.note('no stored calibration: measuring one (`cutover calibrate` keeps it)');
  const result = await calibrate(set, embedder, { signal });
  return result.ok ? result.calibration : null;
}

function reasonsOf({ reasons }: CuratedProbe): string[] {
  return reasons.map(({ message }) => message);
}
