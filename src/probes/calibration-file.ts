/**
 * A calibration kept beside its probe set, `calibration/<embedder>.json`, so that a worker reads it instead of computing it.
 *
 * Invariant: a scale is only ever used for the very set, corpus, embedder and window it was measured with; a file that says
 * something else, or whose anchors do not follow from its medians, is refused and not repaired.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import type { Calibration } from '../domain/look-input.ts';
import { calibrationAnchors, isDiscriminating } from '../domain/probes/delta-s.ts';
import type { Embedder } from './embed/embedder.ts';
import { parseJson } from './parse-lines.ts';
import type { LoadedProbeSet } from './probe-set.ts';

const fileSchema = z.strictObject({
  schema: z.literal(1),
  embedderId: z.string().max(300),
  goldHash: z.string().max(100),
  corpusHash: z.string().max(100),
  k: z.int().positive(),
  windowWords: z.int().positive(),
  mPos: z.number(),
  mNeg: z.number(),
  auc: z.number(),
  tPass: z.number(),
  tBlock: z.number(),
});

/** What a calibration is found by. */
type Place = Pick<LoadedProbeSet, 'folder'>;

/** Path of an embedder's calibration; its id may hold slashes. */
export function calibrationPath({ folder }: Place, embedderId: string): string {
  return join(folder, 'calibration', `${embedderId.replaceAll(/[^A-Za-z0-9@._-]+/gu, '_')}.json`);
}

/** Writes it whole or not at all. @returns the path */
export async function saveCalibration(set: Place, calibration: Calibration): Promise<string> {
  const path = calibrationPath(set, calibration.embedderId);
  const beside = `${path}.${randomUUID()}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(beside, `${JSON.stringify({ schema: 1, ...calibration }, null, 2)}\n`, { flush: true });
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
  return path;
}

/**
 * The stored calibration of `embedder` on `set`.
 * @returns null when none was stored.
 * @throws UserError when the stored one belongs to something else or could not gate; it says what differs.
 */
export async function loadCalibration(
  set: Pick<LoadedProbeSet, 'folder' | 'digest' | 'corpusHash'>,
  embedder: Pick<Embedder, 'id' | 'windowWords'>,
): Promise<Calibration | null> {
  const path = calibrationPath(set, embedder.id);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new UserError(`${path} cannot be read`, { cause });
  }
  const { schema: _, ...calibration } = parseJson(fileSchema, text.slice(0, 100_000), path);
  const expected = {
    embedderId: embedder.id,
    goldHash: set.digest,
    corpusHash: set.corpusHash,
    windowWords: embedder.windowWords,
    ...calibrationAnchors(calibration.mPos, calibration.mNeg),
  };
  for (const [field, value] of Object.entries(expected)) {
    const stored = calibration[field as keyof typeof expected];
    if (stored !== value) throw refused(path, `${field} is ${stored}, expected ${value}`);
  }
  if (!isDiscriminating(calibration)) {
    throw refused(path, 'its embedder does not tell a question’s own section from a random one');
  }
  return calibration;
}

function refused(path: string, why: string): UserError {
  return new UserError(`${path} is not a calibration of this probe set: ${why}`, {
    hint: 'run `cutover calibrate` again, and review why the set changed',
  });
}
