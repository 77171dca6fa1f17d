/**
 * Opens a plan's probes on this worker: the set (checked against the digest that was pinned), the embedder with its cache, the
 * calibration and the sender. Opened once for each plan and kept: an index of vectors and a model are not loaded for every look.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hostname } from 'node:os';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Color } from '../domain/color.ts';
import type { Calibration } from '../domain/look-input.ts';
import { ProbeSetChangedError, UserError } from '../domain/errors.ts';
import type { ProbeRequest, ProbesPlan } from '../domain/plan.ts';
import type { Probe, ProbeCell, ProbeRun } from '../domain/probe.ts';
import { assertPinned, pinFault, pinHeaders, PinNotFollowedError } from '../edge/pinned.ts';
import { answeredIds } from '../domain/probes/answered.ts';
import { ownDialect } from '../domain/streams/own.ts';
import { planRounds, type PlannedCell } from '../domain/probes/rounds.ts';
import {
  calibrate,
  compileAnswerSchema,
  compileResponseMap,
  createEmbedder,
  createSender,
  loadCalibration,
  loadProbeSet,
  pacer,
  runCells,
  type Embedder,
  type LoadedProbeSet,
  type Sender,
  type SenderOptions,
} from './index.ts';
import { createDialogs, type Dialogs } from './dialogs.ts';
import { fillHeaders } from '../ports/secrets.ts';
import { KeptOpen } from '../ports/kept-open.ts';
import type { Closable, ProviderScope } from '../ports/index.ts';

/** Sends probes and scores the answers. */
export interface Prober extends Closable {
  readonly setDigest: string;
  readonly corpusHash: string;
  readonly embedderId: string;
  readonly calibration: Calibration | null;
  readonly probes: readonly Probe[];
  /** Absent where the plan asks none. */
  readonly dialogs?: Dialogs;
  /** Cells of one Latin-square round. */
  round(index: number): readonly ProbeCell[];
  run(
    cells: readonly ProbeCell[],
    options: {
      colors: readonly Color[];
      round: number;
      signal: AbortSignal;
      onProgress: (done: number) => void;
    },
  ): Promise<readonly ProbeRun[]>;
}

/** Pause before a probe that never reached the router is sent again, ms. */
const AGAIN_MS = 250;

/** A set is read again in a second. */
const opened = new KeptOpen({ idleMs: 20 * 60_000, max: 100 });

/** @throws UserError when the set is missing, or reads differently from what was pinned. */
export function openProber(scope: ProviderScope, probes: ProbesPlan): Promise<Prober> {
  const { env: _secrets, ...visible } = scope;
  return opened.get(scope, canonicalJson([visible, probes]), () => open(scope, probes));
}

/** Closes the probers of a service whose switch has ended, or of every service of an environment. */
export function closeProbers(scope: { env: ProviderScope['env']; service?: string }): Promise<void> {
  return opened.release(scope);
}

async function open(scope: ProviderScope, plan: ProbesPlan): Promise<Prober> {
  const set = await loadProbeSet(plan.set).catch((cause: unknown) => {
    // The path may be right and the machine another one.
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${cause.message} (on worker host ${hostname()})`, {
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      cause,
    });
  });
  if (plan.digest !== '' && set.digest !== plan.digest) {
    throw new ProbeSetChangedError(
      `the probe set in ${plan.set} has digest ${set.digest}, the switch was started with ${plan.digest}`,
      { hint: 'bring the set back to what it was, or start a new switch' },
    );
  }
  if (plan.scale === 'calibrated' && !set.probes.some(({ answerable }) => answerable)) {
    throw new UserError(
      `no question of ${plan.set} can be answered: there is nothing to measure a scale with`,
      {
        hint: 'write questions with `answerable: true` and their targets (docs/probes.md)',
      },
    );
  }
  const embedder = createEmbedder(plan.embedder, set, scope.env);
  const calibration = plan.scale === 'calibrated' ? await scaleOf(set, embedder) : null;
  const viaEdge = plan.request.via === 'edge';
  const urls = baseUrls(scope, plan);
  const senderOf = (
    request: ProbeRequest,
    where: string,
    read: Pick<SenderOptions, 'map' | 'check'>,
  ): Sender =>
    createSender({
      request: { ...request, headers: fillHeaders(request.headers, scope.env, where) },
      baseUrls: urls,
      ...read,
      ...(viaEdge ? { pin: (color) => pinHeaders(scope, color, 'probe'), pinFault } : { pin: () => ({}) }),
      dialects: (plan.dialects ?? []).map(ownDialect),
      timeoutMs: plan.timeoutMs,
    });
  const answers = senderOf(plan.request, 'probes.request', {
    map: compileResponseMap(plan.response),
    check: compileAnswerSchema(plan.response.schema),
  });
  const { retrieval } = plan;
  const answered = retrieval && answeredIds(set.probes, retrieval.answers, set.digest);
  const kindOf = ({ id }: Probe): keyof typeof senders =>
    answered === undefined || answered.has(id) ? 'answer' : 'retrieval';
  const senders = {
    answer: answers,
    retrieval:
      retrieval === undefined
        ? answers
        : senderOf(retrieval.request, 'probes.retrieval', {
            map: compileResponseMap({ ...plan.response, retrieved: retrieval.retrieved }),
            check: () => [],
          }),
  };
  const asked: Sender = { send: (probe, ...rest) => senders[kindOf(probe)].send(probe, ...rest) };
  const pace = pacer(plan);
  const sender = pace(viaEdge ? patient(asked) : asked, kindOf);
  const ids = set.probes.map((probe) => probe.id);
  const dialogs =
    plan.dialogs &&
    createDialogs(
      plan.dialogs,
      set.probes,
      (request, at) => {
        const map = compileResponseMap({ ...plan.response, answer: at });
        const one = senderOf(request, 'probes.dialogs', { map, check: () => [] });
        return pace(viaEdge ? patient(one) : one, () => 'dialog');
      },
      plan.concurrency,
    );
  return {
    setDigest: set.digest,
    corpusHash: set.corpusHash,
    embedderId: embedder.id,
    calibration,
    probes: set.probes,
    ...(dialogs === undefined ? {} : { dialogs }),
    close: () => embedder.close(),
    round: (index) => planRounds(ids, 1, set.digest, index)[0]?.cells ?? [],
    run: async (cells, { colors, signal, onProgress, round }) => {
      // A router that does not follow pins would hand questions to users' side: found out before the first one is sent.
      if (viaEdge) {
        await Promise.all(
          colors.map((color) => assertPinned(scope, urls[color], { color, kind: 'probe', signal })),
        );
      }
      return runCells({
        cells: cells.map((cell): PlannedCell => ({ ...cell, round })),
        colors,
        probeSet: set,
        sender,
        embedder,
        concurrency: plan.concurrency,
        // Texts embedded after a round are no probes: they only show that it is not stuck.
        onProgress: ({ phase, done }) =>
          onProgress(phase === 'sending' ? done : cells.length * colors.length),
        signal,
      });
    },
  };
}

/**
 * The one kept beside the set, else measured now: seconds to minutes, so `cutover calibrate` is worth while. A scale that cannot tell
 * right from random is passed on as it is: the gate must refuse it, and not fall back to raw ΔS.
 */
async function scaleOf(set: LoadedProbeSet, embedder: Embedder): Promise<Calibration> {
  return (await loadCalibration(set, embedder)) ?? (await calibrate(set, embedder)).calibration;
}

/** What failed on its way to the router, once in thousands, is asked once more: it must not blind a whole look. */
function patient(sender: Sender): Sender {
  return {
    async send(...ask) {
      try {
        return await sender.send(...ask);
      } catch (cause) {
        if (!(cause instanceof PinNotFollowedError && cause.passes)) throw cause;
        await sleep(AGAIN_MS, undefined, { signal: ask[3] });
        return sender.send(...ask);
      }
    },
  };
}

/** Through the edge every probe comes in like a user of the first region; directly it goes to the color itself. */
function baseUrls(scope: ProviderScope, plan: ProbesPlan): Record<Color, string> {
  if (plan.request.via === 'direct') return { ...scope.colorUrls };
  const entry = scope.entry[0];
  if (entry === undefined) throw new UserError('the plan names no entry to send probes through');
  return { blue: entry.url, green: entry.url };
}
