/**
 * The rules of `lint.ts` about providers, read from their manifests: is there such a provider, has it this port, do its options fit
 * one another, can it do what the plan asks.
 *
 * Invariant: as in `lint.ts`. Options of built-in providers are checked as shape; here come those that stand as a bare name, and
 * those of modules whose manifest was read.
 */
import type { Plan } from '../domain/plan.ts';
import { trafficProblems } from '../domain/traffic.ts';
import { portManifest, type ManifestPort, type PortManifest } from '../ports/manifest.ts';
import { manifestOf, manifestsWith } from '../providers/registry.ts';
import { explainOptions } from './explain.ts';
import { stepPath, weightPath } from './lint-times.ts';
import { manifestIn, nameAt, namedProviders, type Named, type OwnManifests } from './named-providers.ts';
import { nearest } from './nearest.ts';
import { edgePartsOf } from './providers.ts';
import type { Report } from './report.ts';
import type { PlanFile } from './schema.ts';

const MAY_BE_NONE: readonly ManifestPort[] = ['queue', 'cache', 'warmup'];

export function lintProviders(file: PlanFile, plan: Plan, own: OwnManifests, report: Report): void {
  for (const named of namedProviders(file)) {
    if (isNamedRight(named, own, report)) asked(named, report, () => lintOptions(named, own, report));
    if (named.port === 'telemetry') asked(named, report, () => lintRegions(file, plan, own, report));
    if (named.port === 'traffic') asked(named, report, () => lintTraffic(file, plan, own, report));
  }
  const { queue } = plan.providers;
  const [blue, green] = [queue?.['blue'], queue?.['green']];
  if (typeof blue === 'string' && blue === green) {
    report.error(['queue', 'green'], 'must differ from queue.blue', 'give each color a queue of its own');
  }
}

/** @returns whether there is a manifest to check options against */
function isNamedRight(named: Named, own: OwnManifests, report: Report): boolean {
  const { path, port, file } = named;
  const use = typeof file === 'string' ? file : file.use;
  const at = nameAt(named);
  const known = manifestsWith(port).map(({ name }) => name);
  if (use.trim() === '') {
    report.error(at, 'must name a provider', `built in: ${known.join(', ')}`);
    return false;
  }
  if (use === 'none') {
    const isAllowed = MAY_BE_NONE.includes(port);
    if (isAllowed && typeof file === 'string') return false;
    report.error(
      at,
      'cannot be `none`',
      isAllowed ? `write \`${String(path.at(-1))}: none\`` : `built in: ${known.join(', ')}`,
    );
    return false;
  }
  const found = manifestIn(own, use);
  if (found !== undefined) {
    if (portManifest(found, port) !== undefined) return true;
    const has = `${use} has ${Object.keys(found.ports).join(', ')}`;
    report.error(at, `has no ${port} port`, `${has}; built in here: ${known.join(', ')}`);
    return false;
  }
  if (port === 'embedder') {
    report.error(at, 'is no embedder', advice(use, known));
    return false;
  }
  if (/[./@:]/.test(use)) return false;
  const close = nearest(use, known);
  if (close !== null)
    report.warn(at, `is no built-in provider, so a module ${use} is loaded`, `did you mean ${close}?`);
  return false;
}

/** What a manifest of the user's own throws as it is asked is a mistake of that module. */
function asked(named: Named, report: Report, ask: () => void): void {
  try {
    ask();
  } catch (cause) {
    const use = typeof named.file === 'string' ? named.file : named.file.use;
    if (manifestOf(use) !== undefined) throw cause;
    const [why = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    report.error(nameAt(named), `cannot be checked: ${why}`, 'mend the module');
  }
}

function advice(use: string, known: readonly string[]): string {
  const close = nearest(use, known);
  return close === null ? `built in: ${known.join(', ')}` : `did you mean ${close}?`;
}

function lintOptions({ path, port, file }: Named, own: OwnManifests, report: Report): void {
  const { use, ...options } = typeof file === 'string' ? { use: file } : file;
  const manifest = manifestIn(own, use);
  const ofPort: PortManifest | undefined = manifest && portManifest(manifest, port);
  if (ofPort === undefined) return;
  const parsed = ofPort.options.safeParse(options);
  if (parsed.success) {
    for (const { key, message, fix } of ofPort.faults?.(options) ?? []) {
      report.error([...path, key], message, fix);
    }
  } else if (typeof file === 'string') {
    const missing = parsed.error.issues.map((issue) => String(issue.path[0]));
    const shown = missing.map((key) => `${key}: …`).join(', ');
    report.error(
      path,
      `needs its options ${missing.join(', ')}`,
      `write \`${String(path.at(-1))}: { use: ${use}, ${shown} }\``,
    );
  } else {
    for (const finding of explainOptions(parsed.error.issues, path, options, ofPort.options)) {
      report.errors.push(finding);
    }
  }
}

/** What preflight would refuse once it opens the traffic, said before. */
function lintTraffic(file: PlanFile, plan: Plan, own: OwnManifests, report: Report): void {
  const traffic = edgePartsOf(file.edge)?.traffic;
  if (traffic === undefined) return;
  const { use, ...options } = typeof traffic === 'string' ? { use: traffic } : traffic;
  const manifest = manifestIn(own, use)?.ports.traffic;
  if (manifest?.options.safeParse(options).success !== true) return;
  const capabilities = manifest.capabilities(options);
  for (const { path, message, fix } of trafficProblems(plan, capabilities, use)) {
    const [field, index] = path;
    report.error(
      field === 'ramp' && typeof index === 'number' ? weightPath(file, index) : path,
      message,
      fix,
    );
  }
  if (capabilities.isSticky) return;
  report.warn(
    ['edge', 'traffic'],
    'deals each request anew: a user sees both colors while the weight is between 0 and 100 %, and the stickiness gate is skipped',
    'keep sessions that span both colors harmless, or leave edge.traffic out so that our router moves users',
  );
}

/** A step whose gates look at some regions needs telemetry that tells them apart. */
function lintRegions(file: PlanFile, plan: Plan, own: OwnManifests, report: Report): void {
  const { use, ...options } = plan.providers.telemetry;
  const manifest = manifestIn(own, use)?.ports.telemetry;
  if (manifest?.byRegion === undefined || !manifest.options.safeParse(options).success) return;
  if (manifest.byRegion(options)) return;
  for (const [index, { regions }] of plan.ramp.entries()) {
    if (regions.length === 0) continue;
    report.error(
      [...stepPath(file, index), 'regions'],
      `telemetry ${use} does not tell regions apart, so some alone cannot be judged`,
      use === 'prometheus'
        ? 'write region=~"{{regions}}" into each of its queries, or leave regions out'
        : 'leave regions out, or read request lines',
    );
  }
}
