/**
 * Reads `cutover.yaml` into a `Plan`. The one door: the CLI, the client and the tests all come in here.
 *
 * Invariant: returns a plan that has no errors, or throws one `PlanError` that holds all of them.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Plan } from '../domain/plan.ts';
import type { OwnModule } from '../providers/read-own.ts';
import { planDigest } from './digest.ts';
import { parsePlanText, samePath } from './document.ts';
import { PlanError, type Finding, type Problem } from './errors.ts';
import type { LintWorld } from './lint-parts.ts';
import { manifestIn } from './named-providers.ts';
import { NOTHING_READ, readModules, type OwnModules } from './own-modules.ts';
import { lintPlan } from './lint.ts';
import { readText } from './read-text.ts';
import { resolvePlan } from './resolve.ts';
import { findSecrets } from './secrets.ts';
import { checkShape } from './shape.ts';
import { findUnusable } from './unusable.ts';

export interface LoadOptions {
  /** Folder that a relative path of the plan is relative to; default: the process's. Text is read as if it lay there. */
  readonly cwd?: string;
  /** What the plan's rules ask of the disk; replaced in tests, and where a part of the plan is all that is wanted. */
  readonly world?: LintWorld;
  /**
   * Reads a module of the user's own, from the plan's folder. Left out: options of such modules are not checked, defaults are not taken
   * from them, and no code that a plan names is loaded.
   */
  readonly readModule?: (use: string, folder: string) => Promise<OwnModule>;
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
  /** The user's own modules that were read, by their name in the plan. */
  readonly modules: OwnModules;
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
  const { plan, warnings, modules } = await checkPlanText(text, file, folder, options);
  const pinned =
    options.probeDigest === undefined ? plan : pinProbes(plan, await options.probeDigest(plan.probes.set));
  return { plan: pinned, warnings, digest: planDigest(pinned), file, modules };
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
): Promise<Pick<LoadedPlan, 'plan' | 'warnings' | 'modules'>> {
  const document = parsePlanText(text, file);
  const shape = checkShape(document.value);
  const own = shape.file === null ? NOTHING_READ : await readModules(shape.file.written, folder, options);
  const findings: Finding[] = [
    // First, since of two problems of one field the first is told: a secret must go even where its field is unknown.
    ...findSecrets(document.value, (use) => manifestIn(own.manifests, use)),
    ...shape.findings,
    ...findUnusable(document.value),
    ...own.errors,
  ];
  if (shape.file === null) throw new PlanError(file, place(document, findings));
  const { written, read } = shape.file;
  const plan = resolvePlan(written, read, folder, own.manifests);
  const report = lintPlan(written, plan, options.world ?? DISK, own.manifests);
  const errors = place(document, [...findings, ...report.errors]);
  if (errors.length > 0) throw new PlanError(file, errors);
  return { plan, warnings: place(document, [...report.warnings, ...own.warnings]), modules: own.modules };
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
