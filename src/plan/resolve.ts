/**
 * The user's file, read, to the `Plan` that the engine reads: what hangs on more than one field, and relative paths absolute.
 *
 * Invariant: total and deterministic; what is nonsense in the file is still nonsense in the plan, and `lint.ts` says so.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import path from 'node:path';
import { COLORS, otherColor } from '../domain/color.ts';
import { parseDuration } from '../domain/duration.ts';
import { frozenStepsMs } from '../domain/own-step.ts';
import {
  STEP_PLACES,
  type ApprovalPlan,
  type EdgeRefs,
  type OwnStep,
  type Plan,
  type ProviderRef,
  type RampStep,
} from '../domain/plan.ts';
import { portManifest } from '../ports/manifest.ts';
import { manifestIn, type OwnManifests } from './named-providers.ts';
import { resolveDialogs, resolveRequest, resolveResponse, resolveRetrieval } from './presets.ts';
import { edgeFiles, type ProviderFile } from './providers.ts';
import type { ProbesFile } from './schema-probes.ts';
import { actionRef, type ActionFile } from './schema-steps.ts';
import type { PlanFile, PlanRead } from './schema.ts';

/**
 * @param file as it was written; only what was left out is asked of it
 * @param read with every default filled in, times in ms
 * @param folder absolute folder of the plan; `./` and `../` in provider options and the probe set are relative to it
 * @param own manifests of the user's own modules, as far as they were read
 */
export function resolvePlan(file: PlanFile, read: PlanRead, folder: string, own: OwnManifests): Plan {
  const queue = providerOrNone(read.queue, folder);
  const { weight, ...canary } = read.canary;
  const { provider: warms, ...warmup } = read.warmup;
  const steps = stepsOf(read.steps, folder);
  return {
    schema: 1,
    service: read.service,
    from: read.from,
    to: read.to ?? otherColor(read.from),
    entry: entryOf(read.entry),
    colors: colorsOf(read),
    topology: read.topology,
    ...(read.writes === undefined ? {} : { writes: read.writes }),
    providers: {
      edge: edgeOf(read.edge, folder),
      color: provider(read.color, folder),
      queue,
      cache: cacheOf(read, folder, own),
      ...(read.fence === undefined ? {} : { fence: provider(read.fence, folder) }),
      warmup: providerOrNone(warms, folder),
      telemetry: provider(read.telemetry, folder),
      notify: read.notify.map((ref) => provider(ref, folder)),
      evidence: provider(read.evidence, folder),
    },
    probes: resolveProbes(read.probes, folder),
    preflight: {
      accept: defined(read.preflight?.accept ?? {}),
    },
    shadow: read.shadow,
    canary: { weightPercent: weight, ...canary },
    warmup,
    ramp: resolveRamp(read),
    cutover: resolveCutover(
      file.cutover ?? {},
      read.cutover,
      quietOf(read.queue, own),
      frozenStepsMs({ steps }),
    ),
    caches: read.caches,
    audit: read.audit,
    hold: read.hold,
    decommission: read.decommission,
    approvals: read.approve.map(approvalOf),
    ...(steps.length === 0 ? {} : { steps }),
    gates: gatesOf(read.gates),
    customGates: read.customGates.map(({ name, kind, ...options }) => ({
      name,
      kind: fromFolder(kind, folder),
      options,
    })),
    allowErrors: read.allowErrors,
    onInconclusive: read.onInconclusive,
    pause: read.pause,
  };
}

function gatesOf({ cacheDrop, ...gates }: PlanRead['gates']): Plan['gates'] {
  return cacheDrop === undefined ? gates : { ...gates, cache: { ...gates.cache, drop: cacheDrop } };
}

function entryOf(entry: PlanRead['entry']): Plan['entry'] {
  if (typeof entry === 'string') return [{ region: 'default', url: entry }];
  return Object.entries(entry)
    .map(([region, url]) => ({ region, url }))
    .sort((a, b) => (a.region < b.region ? -1 : 1));
}

function colorsOf(file: PlanRead): Plan['colors'] {
  const [blue, green] = COLORS.map((color) => {
    const { url, release, index } = file.colors[color];
    return index === undefined ? { url, release } : { url, release, index };
  });
  if (blue === undefined || green === undefined) throw new Error('there are two colors');
  return { blue, green };
}

/** @param folder that relative paths are relative to */
export function resolveProbes(
  {
    set,
    request,
    response,
    retrieval,
    dialogs,
    embedder,
    rate,
    dialects,
    answerTime,
    costPerAnswer,
    ...rest
  }: ProbesFile,
  folder: string,
): Plan['probes'] {
  const asked = resolveRequest(request);
  const read = resolveResponse(response, request);
  return {
    set: path.resolve(folder, set),
    digest: '',
    request: asked,
    response: read,
    ...(retrieval === undefined ? {} : { retrieval: resolveRetrieval(retrieval, asked, read) }),
    ...(dialogs === undefined ? {} : { dialogs: resolveDialogs(dialogs, asked, read) }),
    embedder: provider(embedder, folder),
    ...(rate === undefined ? {} : { rate }),
    ...(dialects === undefined ? {} : { dialects }),
    ...(answerTime === undefined ? {} : { answerTimeMs: answerTime }),
    ...(costPerAnswer === undefined ? {} : { costPerAnswer }),
    ...rest,
  };
}

function resolveRamp({ canary, ramp }: PlanRead): readonly RampStep[] {
  let cohorts: readonly string[] = canary.cohorts;
  return ramp.steps.map((step) => {
    // Cohorts stay once they moved: a step names those that join.
    cohorts = [...new Set([...cohorts, ...(step.cohorts ?? [])])];
    return {
      weightPercent: step.weight,
      forMs: step.for ?? ramp.for,
      looks: step.looks ?? ramp.looks,
      cohorts,
      regions: step.regions ?? [],
    };
  });
}

/** A queue whose counts lag brings its own quiet time, and the freeze must leave room for it and for the user's own steps. */
function resolveCutover(
  file: NonNullable<PlanFile['cutover']>,
  read: PlanRead['cutover'],
  queueQuietMs: number | null,
  stepsMs: number,
): Plan['cutover'] {
  const quietMs = file.quiet === undefined && queueQuietMs !== null ? queueQuietMs : read.quietMs;
  const freezeMs = file.freeze === undefined ? Math.max(read.freezeMs, 2 * quietMs) + stepsMs : read.freezeMs;
  return { ...read, freezeMs, quietMs };
}

function stepsOf(read: PlanRead['steps'], folder: string): readonly OwnStep[] {
  const action = (given: ActionFile): ProviderRef => provider(actionRef(given).file, folder);
  return read
    .map(({ at, name, do: does, undo, undoUntil, reason, within }) => ({
      at,
      name,
      do: action(does),
      undo: undo === 'keep' ? null : action(undo),
      undoUntil: undoUntil ?? ('end' as const),
      reason: reason ?? null,
      withinMs: within,
    }))
    .sort((a, b) => STEP_PLACES.indexOf(a.at) - STEP_PLACES.indexOf(b.at));
}

function quietOf(queue: ProviderFile, own: OwnManifests): number | null {
  const use = typeof queue === 'string' ? queue : queue.use;
  return parseDuration(manifestIn(own, use)?.ports.queue?.quiet ?? '');
}

function approvalOf({ exclude, ...rest }: PlanRead['approve'][number]): ApprovalPlan {
  return exclude === undefined ? rest : { ...rest, exclude };
}

function edgeOf(file: PlanFile['edge'], folder: string): EdgeRefs {
  const { store, router, traffic } = edgeFiles(file);
  return {
    store: provider(store, folder),
    router: provider(router, folder),
    traffic: traffic === null ? null : provider(traffic, folder),
  };
}

function cacheOf(file: PlanRead, folder: string, own: OwnManifests): ProviderRef | null {
  if (file.cache !== undefined) return providerOrNone(file.cache, folder);
  const { router } = edgeOf(file.edge, folder);
  const written = edgeFiles(file.edge).router;
  const manifest = manifestIn(own, typeof written === 'string' ? written : written.use);
  const cache = manifest && portManifest(manifest, 'router')?.cache;
  if (cache === undefined) return null;
  const taken = cache.options.filter((option) => option in router);
  // A module is known by its place, not by what it calls itself.
  const use = cache.use === manifest?.name ? router.use : cache.use;
  return { use, ...Object.fromEntries(taken.map((option) => [option, router[option]])) };
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

function defined(record: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(record).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value]],
  );
  return Object.fromEntries(entries) as Record<string, string>;
}
