/**
 * Reads `cutover.yaml` into a `Plan`. The one door: the CLI, the client and the tests all come in here.
 *
 * Invariant: returns a plan that has no errors, or throws one `PlanError` that holds all of them.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Plan } from '../domain/plan.ts';
import type { Manifest } from '../ports/manifest.ts';
import { manifestOf } from '../providers/registry.ts';
import { planDigest } from './digest.ts';
import { parsePlanText, samePath } from './document.ts';
import { PlanError, type Finding, type Problem } from './errors.ts';
import type { LintWorld } from './lint-parts.ts';
import { namedProviders, type OwnManifests } from './named-providers.ts';
import { lintPlan } from './lint.ts';
import { readText } from './read-text.ts';
import { fromFolder, resolvePlan } from './resolve.ts';
import type { PlanFile } from './schema.ts';
import { findSecrets } from './secrets.ts';
import { checkShape } from './shape.ts';
import { findUnusable } from './unusable.ts';

export interface LoadOptions {
  /** Folder that a relative path of the plan is relative to; default: the process's. Text is read as if it lay there. */
  readonly cwd?: string;
  /** What the plan's rules ask of the disk; replaced in tests, and where a part of the plan is all that is wanted. */
  readonly world?: LintWorld;
  /**
   * Reads the manifest of a module of the user's own, null when it has none. Left out: options of such modules are not checked here,
   * and no code that a plan names is loaded.
   */
  readonly manifest?: (use: string) => Promise<Manifest | null>;
  /** Digest of the probe set in a folder; when given, the plan is pinned to it. */
  readonly probeDigest?: (folder: string) => Promise<string>;
}

export interface LoadedPlan {
  readonly plan: Plan;
  /** Legal but doubtful; `file` names the plan in messages. */
  readonly warnings: readonly Problem[];
  /** sha256 of the plan, hex. */
  readonly digest: string;
  readonly file: string;
}

/** A path, or text with a name for messages. */
export type PlanSource = string | { readonly text: string; readonly name?: string };

/**
 * @throws PlanError with every problem, exit code 2
 * @throws UserError when the file cannot be read
 */
export async function loadPlan(source: PlanSource, options: LoadOptions = {}): Promise<LoadedPlan> {
  const cwd = path.resolve(options.cwd ?? '.');
  const file = typeof source === 'string' ? source : (source.name ?? 'cutover.yaml');
  const text = typeof source === 'string' ? await readText(path.resolve(cwd, source), source) : source.text;
  const folder = typeof source === 'string' ? path.dirname(path.resolve(cwd, source)) : cwd;
  const { plan, warnings } = await checkPlanText(text, file, folder, options);
  const pinned =
    options.probeDigest === undefined ? plan : pinProbes(plan, await options.probeDigest(plan.probes.set));
  return { plan: pinned, warnings, digest: planDigest(pinned), file };
}

/** The plan with its probe set pinned: the worker refuses a set that reads differently. */
export function pinProbes(plan: Plan, digest: string): Plan {
  return { ...plan, probes: { ...plan.probes, digest } };
}

async function checkPlanText(
  text: string,
  file: string,
  folder: string,
  options: LoadOptions,
): Promise<{ plan: Plan; warnings: readonly Problem[] }> {
  const document = parsePlanText(text, file);
  const shape = checkShape(document.value);
  const findings: Finding[] = [
    // First, since of two problems of one field the first is told: a secret must go even where its field is unknown.
    ...findSecrets(document.value),
    ...shape.findings,
    ...findUnusable(document.value),
  ];
  if (shape.file === null) throw new PlanError(file, place(document, findings));
  const { written, read } = shape.file;
  const plan = resolvePlan(written, read, folder);
  const own = await ownManifests(written, folder, options.manifest);
  const report = lintPlan(written, plan, options.world ?? DISK, own);
  const errors = place(document, [...findings, ...report.errors]);
  if (errors.length > 0) throw new PlanError(file, errors);
  return { plan, warnings: place(document, report.warnings) };
}

/** @throws UserError when a module does not load. */
async function ownManifests(
  file: PlanFile,
  folder: string,
  read: LoadOptions['manifest'],
): Promise<OwnManifests> {
  const own = new Map<string, Manifest>();
  if (read === undefined) return own;
  for (const { file: named } of namedProviders(file)) {
    const use = typeof named === 'string' ? named : named.use;
    if (use === 'none' || manifestOf(use) !== undefined || own.has(use)) continue;
    const manifest = await read(fromFolder(use, folder));
    if (manifest !== null) own.set(use, manifest);
  }
  return own;
}

// One field, one problem: the first that was found is the most basic one.
function place(document: ReturnType<typeof parsePlanText>, findings: readonly Finding[]): readonly Problem[] {
  return findings
    .filter((finding, index) => findings.findIndex((other) => samePath(other.path, finding.path)) === index)
    .map((finding) => document.place(finding));
}

const DISK: LintWorld = {
  isFolder(folder) {
    try {
      return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
    } catch {
      // A name that no file system takes, or a folder that may not be looked into.
      return false;
    }
  },
};
