/**
 * What the commands about probes work on: a probe set by itself, or the one that a plan names, and a color to ask.
 * Invariant: a color is asked at its own address, past the edge: nothing here can reach a user or move traffic.
 */
import { stat } from 'node:fs/promises';
import { COLORS, type Color } from '../domain/color.ts';
import { UserError } from '../domain/errors.ts';
import type { Plan, ProbeRequest, ProbeResponseMap, ProviderRef } from '../domain/plan.ts';
import type { ProbeRun } from '../domain/probe.ts';
import { ownDialect } from '../domain/streams/own.ts';
import { fullGrid } from '../domain/probes/rounds.ts';
import { loadPlan } from '../plan/load.ts';
import { resolveRequest, resolveResponse } from '../plan/presets.ts';
import {
  compileAnswerSchema,
  compileResponseMap,
  createEmbedder,
  createSender,
  loadProbeSet,
  paced,
  runCells,
  type CachedEmbedder,
  type LoadedProbeSet,
} from '../probes/index.ts';
import { text, type Context, type OptionSpec } from './spec.ts';

export interface ProbeSource {
  readonly set: LoadedProbeSet;
  readonly embedder: CachedEmbedder;
  readonly plan: Plan | null;
}

export const EMBEDDER_OPTION = {
  embedder: {
    type: 'string',
    value: '<name>',
    help: 'use-lite, lexical or openai (default: the plan’s, else use-lite)',
  },
} as const satisfies Record<string, OptionSpec>;

export const ASK_OPTIONS = {
  against: { type: 'string', value: '<url>', help: 'address of the healthy color to ask' },
  ask: { type: 'string', value: '<color>', help: 'with a plan: the color to ask (curate: both)' },
} as const satisfies Record<string, OptionSpec>;

/** @param given a probe set's folder, or a plan. @throws UserError when it is neither. */
export async function openProbeSource(given: string, context: Context): Promise<ProbeSource> {
  const found = await stat(given).catch(() => null);
  if (found === null) {
    throw new UserError(`${given} does not exist`, { hint: 'name the folder of a probe set, or a plan' });
  }
  const plan = found.isDirectory() ? null : (await loadPlan(given)).plan;
  const set = await loadProbeSet(plan === null ? given : plan.probes.set);
  const named = text(context, 'embedder');
  const ref: ProviderRef =
    named === undefined ? (plan?.probes.embedder ?? { use: 'use-lite' }) : { use: named };
  return { set, embedder: createEmbedder(ref, set, context.env), plan };
}

/** Who is asked, or null when the command line names nobody. */
export function askedUrl(source: ProbeSource, context: Context): { url: string; color: Color } | null {
  const url = text(context, 'against');
  const named = text(context, 'ask');
  const color = COLORS.find((one) => one === (named ?? source.plan?.from ?? 'blue'));
  if (color === undefined) {
    throw new UserError(`--ask ${named ?? ''} is no color`, { hint: `write ${COLORS.join(' or ')}` });
  }
  if (url !== undefined) return { url, color };
  if (named === undefined) return null;
  if (source.plan === null) {
    throw new UserError('--ask needs a plan, which says where that color is', {
      hint: 'name a plan instead of a folder, or give --against <url>',
    });
  }
  return { url: source.plan.colors[color].url, color };
}

/** Sends every question in every paraphrase and seed to one address and scores the answers. */
export async function runGrid(
  { set, embedder, plan }: ProbeSource,
  { url, color }: { url: string; color: Color },
  { out, signal }: Context,
): Promise<ProbeRun[]> {
  const request: ProbeRequest = plan?.probes.request ?? resolveRequest({ preset: 'answer' });
  const response: ProbeResponseMap = plan?.probes.response ?? resolveResponse({});
  const concurrency = plan?.probes.concurrency ?? 8;
  const asked = createSender({
    request,
    baseUrls: { blue: url, green: url },
    map: compileResponseMap(response),
    check: compileAnswerSchema(response.schema),
    dialects: (plan?.probes.dialects ?? []).map(ownDialect),
    pin: () => ({}),
    timeoutMs: plan?.probes.timeoutMs ?? 30_000,
  });
  const ids = set.probes.map((probe) => probe.id);
  out.note(`sending ${ids.length * 6} probes to ${color} at ${new URL(url).origin}`);
  return runCells({
    cells: fullGrid(ids, set.digest),
    colors: [color],
    probeSet: set,
    sender: paced(asked, { concurrency, rate: plan?.probes.rate }),
    embedder,
    concurrency,
    signal,
  });
}
