/** `cutover compare`: is one address worse than another? The probe gates of the stage shadow, without Temporal and without an edge. */
import { COLORS, type Color } from '../../domain/color.ts';
import { UserError } from '../../domain/errors.ts';
import type { HealthContract } from '../../domain/health.ts';
import { askContract } from '../../providers/http/contract.ts';
import { compareColors } from '../compare/compare.ts';
import { FORMAT_OPTIONS, give, wantedForms } from '../compare/formats.ts';
import { pageOf } from '../compare/page.ts';
import { ASKING_OPTIONS, readSubject } from '../compare/subject.ts';
import { EMBEDDER_OPTION } from '../probe-source.ts';
import { text, type CommandSpec, type Context } from '../spec.ts';

export const compare: CommandSpec = {
  name: 'compare',
  usage: '<blue url> <green url>',
  maxPositionals: 2,
  about:
    'Asks both addresses the questions of a probe set and judges whether green answers worse than blue, by the gates that a switch asks before any user sees it. Needs no Temporal server and moves nothing. Exit 0: no worse; 1: worse; 3: undecided.',
  options: {
    probes: { type: 'string', value: '<folder>', help: 'the probe set (default: the plan’s, else ./probes)' },
    ...ASKING_OPTIONS,
    ...EMBEDDER_OPTION,
    gates: { type: 'string', value: '<yaml>', help: 'thresholds: what a plan has under `gates`' },
    grids: {
      type: 'string',
      value: '<n>',
      help: 'times each question is asked in 3 wordings × 2 seeds (default 2)',
    },
    concurrency: { type: 'string', value: '<n>', help: 'requests in flight at once, per color (default 4)' },
    rate: { type: 'string', value: '<n>', help: 'most requests per second, per color; a 429 is waited for' },
    ...FORMAT_OPTIONS,
  },
  examples: [
    'cutover compare https://old.example.com https://new.example.com',
    "cutover compare $BLUE $GREEN --answer a.yaml --header 'x-key: ${env:KEY}'",
    'cutover compare --plan cutover.yaml --out compare.md --out compare.xml',
  ],
  run: async (context) => {
    const { out, signal } = context;
    const wanted = wantedForms(context);
    const grids = gridsOf(context);
    const subject = await readSubject(context);
    const urls = subject.scope.colorUrls;
    const health = await contractsOf(urls, signal);
    out.note(`asking ${urls.blue} and ${urls.green} the questions of ${subject.probes.set}`);
    const compared = await compareColors(subject, {
      grids,
      health,
      signal,
      onProgress: (said) => out.note(said),
    });
    const release = (color: Color): string | null => health[color]?.release ?? null;
    const releases = { blue: release('blue'), green: release('green') };
    const page = pageOf(compared, { urls, releases });
    await give(page, wanted, context);
    return page.exitCode;
  },
};

/** For names of releases and indexes only: a color need not have one. */
async function contractsOf(
  urls: Readonly<Record<Color, string>>,
  signal: AbortSignal,
): Promise<Record<Color, HealthContract | null>> {
  const asked = await Promise.all(
    COLORS.map(async (color) => {
      try {
        return [color, await askContract(urls[color], { signal })] as const;
      } catch {
        signal.throwIfAborted();
        return [color, null] as const;
      }
    }),
  );
  return Object.fromEntries(asked) as Record<Color, HealthContract | null>;
}

function gridsOf(context: Context): number {
  const given = text(context, 'grids') ?? '2';
  const grids = Number(given);
  if (Number.isInteger(grids) && grids >= 1 && grids <= 20) return grids;
  throw new UserError(`--grids ${given} is no whole number from 1 to 20`);
}
