/**
 * What `cutover probes` does with files alone: import and rotate.
 * Invariant: a set is never changed in place; a new one goes into a folder that was empty.
 */
import { UserError } from '../domain/errors.ts';
import { nearest } from '../plan/nearest.ts';
import { writeSubset } from '../probes/curate-write.ts';
import { HOLD_OUT_SHARE, holdOut } from '../probes/holdout.ts';
import { IMPORT_FORMATS, importProbes, type ImportFormat } from '../probes/import/index.ts';
import { loadProbeSet } from '../probes/index.ts';
import { EXIT } from './exit-codes.ts';
import { required, text, type Context } from './spec.ts';

export async function importSet(context: Context): Promise<number> {
  const { out } = context;
  const format = formatOf(required(context, 1, 'the format'));
  const folder = text(context, 'out');
  if (folder === undefined) throw new UserError('--out is missing: the folder the set is written to');
  const sections = text(context, 'sections');
  const result = await importProbes({
    format,
    path: required(context, 2, 'the file or folder to import'),
    folder,
    name: text(context, 'name') ?? `${format}-import`,
    ...(sections === undefined ? {} : { sections }),
  });
  const { complete, drafts, leftOut, notes } = result;
  out.line(
    `${complete.length} probes are complete, ${drafts.length} are drafts, ${result.sections} sections; of ${result.rows} rows ${leftOut.length} are left out`,
  );
  for (const note of notes) out.line(`  ${note}`);
  out.line(`${out.paint('good', '✔')} wrote ${result.folder}; GAPS.md says what is still to be written`);
  out.document({
    ok: true,
    folder: result.folder,
    complete: complete.length,
    drafts: drafts.map(({ id, gaps }) => ({ id, gaps })),
    rows: result.rows,
    leftOut,
    sections: result.sections,
    notes,
  });
  return EXIT.ok;
}

export async function rotate(context: Context): Promise<number> {
  const { out } = context;
  const set = await loadProbeSet(required(context, 1, 'the probe folder'));
  const release = text(context, 'release');
  if (release === undefined) throw new UserError('--release is missing: another release holds out others');
  const share = shareOf(context, 'share', HOLD_OUT_SHARE);
  if (share <= 0 || share >= 1) throw new UserError('--share must be between 0 and 1');
  const { open, heldOut } = holdOut(set, release, share);
  const folder = text(context, 'out');
  for (const { id, topic } of heldOut) out.line(`held out: ${id} (${topic})`);
  out.line(`${open.length} probes are open, ${heldOut.length} held out for ${release}`);
  const written =
    folder === undefined
      ? null
      : await writeSubset({
          set,
          keep: new Set(open.map(({ id }) => id)),
          // The reader of the open part must not learn the others' words.
          leftOut: [],
          folder,
          how: `The open part for release ${release}: ${heldOut.length} probes are held out, named by \`cutover probes rotate\``,
        });
  if (written !== null) out.line(`${out.paint('good', '✔')} wrote ${written.folder}`);
  out.document({
    ok: true,
    release,
    share,
    open: open.map(({ id }) => id),
    heldOut: heldOut.map(({ id }) => id),
    folder: written?.folder ?? null,
  });
  return EXIT.ok;
}

/** An option that is a number from 0 to 1. */
export function shareOf(context: Context, name: string, fallback: number): number {
  const given = text(context, name);
  if (given === undefined) return fallback;
  const value = Number(given);
  if (Number.isFinite(value) && value >= 0 && value <= 1) return value;
  throw new UserError(`--${name} ${given} is no number from 0 to 1`);
}

function formatOf(given: string): ImportFormat {
  const format = IMPORT_FORMATS.find((one) => one === given);
  if (format !== undefined) return format;
  const meant = nearest(given, IMPORT_FORMATS);
  throw new UserError(`cutover probes import does not know ${JSON.stringify(given.slice(0, 60))}`, {
    hint: meant === null ? `it knows ${IMPORT_FORMATS.join(', ')}` : `did you mean ${meant}?`,
  });
}
