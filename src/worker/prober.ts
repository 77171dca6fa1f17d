/**
 * Opens a plan's probes on this worker: the set (checked against the digest that was pinned), the embedder with its cache, the
 * calibration and the sender. Opened once for each plan and kept: an index of vectors and a model are not loaded for every look.
 */
import type { Prober } from '../activities/world.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Color } from '../domain/color.ts';
import type { Calibration } from '../domain/look-input.ts';
import { ProbeSetChangedError, UserError } from '../domain/errors.ts';
import type { ProbesPlan } from '../domain/plan.ts';
import { PIN_HEADER, signPin } from '../domain/pin.ts';
import { planRounds, type PlannedCell } from '../domain/probes/rounds.ts';
import {
  calibrate,
  compileAnswerSchema,
  compileResponseMap,
  createEmbedder,
  createSender,
  loadCalibration,
  loadProbeSet,
  runCells,
  type Embedder,
  type LoadedProbeSet,
} from '../probes/index.ts';
import { fillHeaders } from '../providers/custom-gates/options.ts';
import type { ProviderScope } from '../providers/ports.ts';

/** How long a pin stays good beyond the probe's own timeout, ms: clocks of worker and edge differ. */
const PIN_MARGIN_MS = 60_000;

const opened = new WeakMap<ProviderScope['env'], Map<string, Promise<Prober>>>();

/** @throws UserError when the set is missing, or reads differently from what was pinned. */
export function openProber(scope: ProviderScope, probes: ProbesPlan): Promise<Prober> {
  const ofEnv = opened.get(scope.env) ?? new Map<string, Promise<Prober>>();
  opened.set(scope.env, ofEnv);
  const { env: _secrets, ...visible } = scope;
  const key = canonicalJson([visible, probes]);
  const known = ofEnv.get(key);
  if (known !== undefined) return known;
  const made = open(scope, probes);
  ofEnv.set(key, made);
  // A set that is missing now may be there at the next try.
  made.catch(() => ofEnv.delete(key));
  return made;
}

async function open(scope: ProviderScope, plan: ProbesPlan): Promise<Prober> {
  const set = await loadProbeSet(plan.set);
  if (plan.digest !== '' && set.digest !== plan.digest) {
    throw new ProbeSetChangedError(
      `the probe set in ${plan.set} has digest ${set.digest}, the switch was started with ${plan.digest}`,
      { hint: 'bring the set back to what it was, or start a new switch' },
    );
  }
  const embedder = createEmbedder(plan.embedder, set, scope.env);
  const calibration = plan.scale === 'calibrated' ? await scaleOf(set, embedder) : null;
  const sender = createSender({
    request: {
      ...plan.request,
      headers: fillHeaders(plan.request.headers, scope.env, 'probes.request').headers,
    },
    baseUrls: baseUrls(scope, plan),
    map: compileResponseMap(plan.response),
    check: compileAnswerSchema(plan.response.schema),
    pin: (color) => pinHeaders(scope, plan, color),
    timeoutMs: plan.timeoutMs,
  });
  const ids = set.probes.map((probe) => probe.id);
  return {
    setDigest: set.digest,
    corpusHash: set.corpusHash,
    embedderId: embedder.id,
    calibration,
    probes: set.probes,
    round: (index) => planRounds(ids, 1, set.digest, index)[0]?.cells ?? [],
    run: (cells, { colors, signal, onProgress, round }) =>
      runCells({
        cells: cells.map((cell): PlannedCell => ({ ...cell, round })),
        colors,
        probeSet: set,
        sender,
        embedder,
        concurrency: plan.concurrency,
        onProgress: ({ done }) => onProgress(done),
        signal,
      }),
  };
}

/**
 * The one kept beside the set, else measured now: seconds to minutes, so `cutover calibrate` is worth while. A scale that cannot tell
 * right from random is passed on as it is: the gate must refuse it, and not fall back to raw ΔS.
 */
async function scaleOf(set: LoadedProbeSet, embedder: Embedder): Promise<Calibration> {
  return (await loadCalibration(set, embedder)) ?? (await calibrate(set, embedder)).calibration;
}

/** Through the edge every probe comes in like a user of the first region; directly it goes to the color itself. */
function baseUrls(scope: ProviderScope, plan: ProbesPlan): Record<Color, string> {
  if (plan.request.via === 'direct') return { ...scope.colorUrls };
  const entry = scope.entry[0];
  if (entry === undefined) throw new UserError('the plan names no entry to send probes through');
  return { blue: entry.url, green: entry.url };
}

async function pinHeaders(
  scope: ProviderScope,
  plan: ProbesPlan,
  color: Color,
): Promise<Record<string, string>> {
  if (plan.request.via === 'direct') return {};
  const secret = scope.env['CUTOVER_PIN_SECRET'];
  if (secret === undefined || secret === '') {
    throw new UserError(
      "CUTOVER_PIN_SECRET is not set in the worker's environment: it signs the pins of probes",
      {
        hint: 'set it to one of the secrets the router accepts, or send probes with via: direct',
      },
    );
  }
  const expMs = Date.now() + plan.timeoutMs + PIN_MARGIN_MS;
  return { [PIN_HEADER]: await signPin({ color, kind: 'probe', expMs }, secret) };
}
