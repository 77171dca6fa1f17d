/**
 * The user's file to the `Plan` that the engine reads: defaults filled in, durations in ms, relative paths absolute.
 *
 * Invariant: total and deterministic; what is nonsense in the file is still nonsense in the plan, and `lint.ts` says so.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import path from 'node:path';
import { COLORS, otherColor } from '../domain/color.ts';
import { parseDuration } from '../domain/duration.ts';
import type { ApprovalPlan, Deadline, EdgeRefs, Plan, ProviderRef, RampStep } from '../domain/plan.ts';
import { portManifest } from '../ports/manifest.ts';
import { manifestOf } from '../providers/registry.ts';
import { DEFAULTS, durationMs, type DefaultPath } from './defaults.ts';
import { resolveRequest, resolveResponse } from './presets.ts';
import { edgeFiles, type ProviderFile } from './providers.ts';
import { resolveGates } from './resolve-gates.ts';
import type { ProbesFile } from './schema-probes.ts';
import type { PlanFile } from './schema.ts';

type DeadlineFile = NonNullable<PlanFile['pause']>;

/** @param folder absolute folder of the plan; `./` and `../` in provider options and the probe set are relative to it */
export function resolvePlan(file: PlanFile, folder: string): Plan {
  const from = file.from ?? DEFAULTS.from.value;
  const queue = providerOrNone(file.queue ?? DEFAULTS.queue.value, folder);
  const canary = file.canary ?? {};
  const gates = resolveGates(file.gates ?? {});
  return {
    schema: 1,
    service: file.service,
    from,
    to: file.to ?? otherColor(from),
    entry: entryOf(file.entry),
    colors: colorsOf(file),
    topology: file.topology ?? DEFAULTS.topology.value,
    ...(file.writes === undefined ? {} : { writes: file.writes }),
    providers: {
      edge: edgeOf(file.edge, folder),
      color: provider(file.color ?? DEFAULTS.color.value, folder),
      queue,
      cache: cacheOf(file, folder),
      warmup: providerOrNone(file.warmup?.provider ?? DEFAULTS.warmupProvider.value, folder),
      telemetry: provider(file.telemetry, folder),
      notify: (file.notify ?? DEFAULTS.notify.value).map((ref) => provider(ref, folder)),
      evidence: provider(file.evidence ?? DEFAULTS.evidence.value, folder),
    },
    probes: resolveProbes(
      typeof file.probes === 'string' ? { set: file.probes } : (file.probes ?? {}),
      folder,
    ),
    preflight: {
      accept: defined(file.preflight?.accept ?? {}),
    },
    shadow: {
      replay: file.shadow?.replay ?? DEFAULTS['shadow.replay'].value,
      deadline: deadline('shadow.deadline', file.shadow?.deadline),
    },
    canary: {
      weightPercent: canary.weight ?? DEFAULTS['canary.weight'].value,
      forMs: durationMs('canary.for', canary.for),
      looks: canary.looks ?? DEFAULTS['canary.looks'].value,
      cohorts: canary.cohorts ?? [],
    },
    warmup: {
      pings: file.warmup?.pings ?? DEFAULTS['warmup.pings'].value,
      rounds: file.warmup?.rounds ?? DEFAULTS['warmup.rounds'].value,
      deadline: deadline('warmup.deadline', file.warmup?.deadline),
    },
    ramp: resolveRamp(file),
    cutover: resolveCutover(file.cutover ?? {}, queue),
    caches: {
      popular: file.caches?.popular ?? DEFAULTS['caches.popular'].value,
      deadline: deadline('caches.deadline', file.caches?.deadline),
    },
    audit: {
      forMs: durationMs('audit.for', file.audit?.for),
      looks: file.audit?.looks ?? DEFAULTS['audit.looks'].value,
    },
    hold: resolveHold(file.hold ?? {}),
    decommission: {
      retire: file.decommission?.retire ?? DEFAULTS['decommission.retire'].value,
      deadline: deadline('decommission.deadline', file.decommission?.deadline),
    },
    approvals: (file.approve ?? DEFAULTS.approve.value).map(approvalOf),
    gates,
    customGates: (file.customGates ?? []).map(({ name, kind, ...options }) => ({
      name,
      kind: fromFolder(kind, folder),
      options,
    })),
    allowErrors: file.allowErrors ?? DEFAULTS.allowErrors.value,
    onInconclusive: {
      extensions: file.onInconclusive?.extensions ?? DEFAULTS['onInconclusive.extensions'].value,
      extensionMs: durationMs('onInconclusive.extension', file.onInconclusive?.extension),
      then: file.onInconclusive?.then ?? DEFAULTS['onInconclusive.then'].value,
      deadline: deadline('onInconclusive.deadline', file.onInconclusive?.deadline),
    },
    pause: deadline('pause', file.pause),
  };
}

function entryOf(entry: PlanFile['entry']): Plan['entry'] {
  if (typeof entry === 'string') return [{ region: 'default', url: entry }];
  return Object.entries(entry)
    .map(([region, url]) => ({ region, url }))
    .sort((a, b) => (a.region < b.region ? -1 : 1));
}

function colorsOf(file: PlanFile): Plan['colors'] {
  const [blue, green] = COLORS.map((color) => {
    const { url, release, index } = file.colors[color];
    return index === undefined ? { url, release } : { url, release, index };
  });
  if (blue === undefined || green === undefined) throw new Error('there are two colors');
  return { blue, green };
}

function resolveProbes(file: ProbesFile, folder: string): Plan['probes'] {
  return {
    set: path.resolve(folder, file.set ?? DEFAULTS['probes.set'].value),
    digest: '',
    request: resolveRequest(file.request ?? {}),
    response: resolveResponse(file.response ?? {}, file.request?.preset),
    embedder: provider(file.embedder ?? DEFAULTS['probes.embedder'].value, folder),
    scale: file.scale ?? DEFAULTS['probes.scale'].value,
    concurrency: file.concurrency ?? DEFAULTS['probes.concurrency'].value,
    timeoutMs: durationMs('probes.timeout', file.timeout),
  };
}

function resolveRamp(file: PlanFile): readonly RampStep[] {
  const given = file.ramp ?? DEFAULTS.ramp.value;
  const { steps, ...rest } = 'length' in given ? { steps: given } : given;
  const common: { for?: string | undefined; looks?: number | undefined } = rest;
  let cohorts: readonly string[] = file.canary?.cohorts ?? [];
  return (steps ?? DEFAULTS.ramp.value).map((entry) => {
    const step = typeof entry === 'number' ? { weight: entry } : entry;
    // Cohorts stay once they moved: a step names those that join.
    cohorts = [...new Set([...cohorts, ...(step.cohorts ?? [])])];
    return {
      weightPercent: step.weight,
      forMs: durationMs('ramp.for', step.for ?? common.for),
      looks: step.looks ?? common.looks ?? DEFAULTS['ramp.looks'].value,
      cohorts,
      regions: step.regions ?? [],
    };
  });
}

function resolveCutover(file: NonNullable<PlanFile['cutover']>, queue: ProviderRef | null): Plan['cutover'] {
  const quietMs = durationMs('cutover.quiet', file.quiet ?? manifestOf(queue?.use ?? '')?.ports.queue?.quiet);
  return {
    freezeMs:
      file.freeze === undefined
        ? Math.max(durationMs('cutover.freeze', undefined), 2 * quietMs)
        : durationMs('cutover.freeze', file.freeze),
    quietMs,
    fenceMs: durationMs('cutover.fence', file.fence),
    propagationMs: durationMs('cutover.propagation', file.propagation),
    attempts: file.attempts ?? DEFAULTS['cutover.attempts'].value,
    backoffMs: durationMs('cutover.backoff', file.backoff),
    deadline: deadline('cutover.deadline', file.deadline),
  };
}

function resolveHold(file: NonNullable<PlanFile['hold']>): Plan['hold'] {
  const peak = file.peak ?? DEFAULTS['hold.peak'].value;
  return {
    forMs: durationMs('hold.for', file.for),
    looks: file.looks ?? DEFAULTS['hold.looks'].value,
    peak:
      peak === 'none'
        ? null
        : peak === 'telemetry'
          ? peak
          : { at: peak.at, zone: peak.zone, days: peak.days ?? [1, 2, 3, 4, 5, 6, 7] },
    onRed: file.onRed ?? DEFAULTS['hold.onRed'].value,
    restarts: file.restarts ?? DEFAULTS['hold.restarts'].value,
    onRelease: file.onRelease ?? DEFAULTS['hold.onRelease'].value,
    noPeak: file.noPeak ?? DEFAULTS['hold.noPeak'].value,
  };
}

function approvalOf(entry: NonNullable<PlanFile['approve']>[number]): ApprovalPlan {
  const file = typeof entry === 'string' ? { before: entry } : entry;
  return {
    before: file.before,
    approvers: file.approvers ?? [],
    count: file.count ?? DEFAULTS['approve.count'].value,
    ...(file.exclude === undefined ? {} : { exclude: file.exclude }),
    deadline: deadline('approve.deadline', file.deadline),
  };
}

function edgeOf(file: PlanFile['edge'], folder: string): EdgeRefs {
  const { store, router, traffic } = edgeFiles(file);
  return {
    store: provider(store, folder),
    router: provider(router, folder),
    traffic: traffic === null ? null : provider(traffic, folder),
  };
}

function cacheOf(file: PlanFile, folder: string): ProviderRef | null {
  if (file.cache !== undefined) return providerOrNone(file.cache, folder);
  const { router } = edgeOf(file.edge, folder);
  const manifest = manifestOf(router.use);
  const cache = manifest && portManifest(manifest, 'router')?.cache;
  if (cache === undefined) return null;
  const taken = cache.options.filter((option) => option in router);
  return { use: cache.use, ...Object.fromEntries(taken.map((option) => [option, router[option]])) };
}

function providerOrNone(file: ProviderFile, folder: string): ProviderRef | null {
  return file === 'none' ? null : provider(file, folder);
}

function provider(file: ProviderFile, folder: string): ProviderRef {
  const ref = typeof file === 'string' ? { use: file } : file;
  const options = Object.entries(ref).map(([key, value]) => [key, absolute(value, folder)]);
  return { ...Object.fromEntries(options), use: fromFolder(ref.use, folder) };
}

/** The name of a provider; a path to a module is taken from the plan's folder. */
export function fromFolder(use: string, folder: string): string {
  return String(absolute(use, folder));
}

function absolute(value: unknown, folder: string): unknown {
  return typeof value === 'string' && /^\.\.?\//.test(value) ? path.resolve(folder, value) : value;
}

/** A deadline that is given as a duration alone keeps the default's action. */
function deadline(field: DefaultPath, given: DeadlineFile | undefined): Deadline {
  const standard = DEFAULTS[field].value as { after: string; then: Deadline['then'] };
  const chosen = typeof given === 'string' ? { after: given, then: standard.then } : (given ?? standard);
  return { afterMs: parseDuration(chosen.after) ?? Number.NaN, then: chosen.then };
}

function defined(record: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(record).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value]],
  );
  return Object.fromEntries(entries) as Record<string, string>;
}
