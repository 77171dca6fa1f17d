/**
 * One harmless question to each port of a plan: it is reached, lets us in, has what the plan names, and says what it can.
 * Invariant: nothing is written, moved, purged or sent to anybody.
 */
import { COLORS, type Color } from '../domain/color.ts';
import { formatDuration } from '../domain/duration.ts';
import { EvidenceGoneError, ProviderError, UserError } from '../domain/errors.ts';
import { describeWaiting } from '../domain/jobs.ts';
import type { Plan } from '../domain/plan.ts';
import { gapOf, unreadable } from '../domain/unread.ts';
import type { Ports } from '../ports/index.ts';

/** Ports that are asked; whoever is told of a switch is not told of a check. */
export type ReadPort = keyof Reads;

type Reads = Pick<
  Ports,
  'store' | 'router' | 'traffic' | 'color' | 'queue' | 'cache' | 'fence' | 'warmup' | 'telemetry' | 'evidence'
>;

type Read<P extends ReadPort> = (port: Ports[P], plan: Plan, signal: AbortSignal) => Promise<string>;

const LINES_MS = 15 * 60_000;

/** What a port answers, in words. Each rejects as the port does, or with a `ProviderError` of its own. */
export const READS: { readonly [P in ReadPort]: Read<P> } = {
  async store(port, _, signal) {
    const config = await port.read(signal);
    await port.check?.(signal);
    const holds = config === null ? 'nothing yet' : `generation ${config.generation}`;
    return `holds ${holds}; what a write needs is there; fencing ${port.capabilities.fencing}, reads ${port.capabilities.reads}`;
  },

  async router(port, _, signal) {
    const regions = await port.observe(signal);
    const away = regions.filter(({ error }) => error !== null);
    if (away.length > 0) {
      const said = away.map(({ region, error }) => `${region}: ${error ?? ''}`).join('; ');
      throw new ProviderError('retry', 'router', `does not answer in ${said}`);
    }
    const { topologies, isSticky, propagation } = port.capabilities;
    const serves = regions.map(({ region, generation }) => `${region} serves generation ${generation ?? 0}`);
    return `${serves.join(', ')}; topologies ${topologies.join(', ')}${isSticky ? ', sticky' : ''}, a write is everywhere within ${formatDuration(propagation.maxMs)}`;
  },

  // Its check may set the weight that it has read: beside a switch that moves users that brings some of them back.
  async traffic(port, _, signal) {
    const { weightPercent } = await port.readBack(signal);
    return `stands at ${weightPercent} %; whether it can be set preflight tries; a write is everywhere within ${formatDuration(port.capabilities.propagation.maxMs)}`;
  },

  async color(port, _, signal) {
    const told = await Promise.all(
      COLORS.map(async (color) => [color, await port.health(color, signal)] as const),
    );
    return told
      .map(([color, contracts]) => {
        const releases = [...new Set(contracts.map(({ release }) => release))].join(', ');
        return `${color} ${releases}${contracts.every(({ ok }) => ok) ? '' : ' (not well)'}`;
      })
      .join('; ');
  },

  async queue(port, _, signal) {
    const of = async (color: Color): Promise<string> => {
      const [depth, retry] = [await port.depth(color, signal), await port.retryPolicy(color, signal)];
      return `${port.topic(color)} ${describeWaiting(depth)}, ${retry.maxDeliveries ?? 'any number of'} deliveries`;
    };
    return `${(await Promise.all(COLORS.map(of))).join('; ')}; counts lag up to ${port.capabilities.consistencyLagMs} ms`;
  },

  async cache(port, { from }, signal) {
    const { checked } = await port.verifyPurged(from, ['/cutover-doctor'], signal);
    return `${checked} key looked up`;
  },

  async fence(port, _, signal) {
    const doubts = await port.check(signal);
    const wrong = doubts.find(({ severity }) => severity === 'blocking');
    if (wrong !== undefined) throw new UserError(wrong.what, { hint: wrong.fix });
    return [`covers ${port.covers}`, ...doubts.map(({ what }) => what)].join('; ');
  },

  async warmup(port, { to }, signal) {
    const fault = (await port.check?.(to, signal)) ?? null;
    if (fault !== null) throw new ProviderError('fatal', 'warmup', `pings of ${to} would fail: ${fault}`);
    return port.check === undefined
      ? 'opened; it has nothing that can be tried'
      : `a ping of ${to} is answered`;
  },

  async telemetry(port, { service }, signal) {
    const toMs = Date.now() - (port.lagMs ?? 0);
    const counts = await port.window({ service, fromMs: toMs - LINES_MS, toMs, regions: [] }, signal);
    const broken = unreadable(counts) ?? gapOf(counts);
    if (broken !== null) throw new ProviderError('fatal', 'telemetry', broken);
    const knows = port.totals === undefined ? 'knows users' : 'counts requests only';
    return counts.freshestMs === null
      ? `has no line of the last ${formatDuration(LINES_MS)}; ${knows}`
      : `newest line ${formatDuration(Math.max(0, toMs - counts.freshestMs))} old; ${knows}`;
  },

  async evidence(port) {
    try {
      await port.get('0'.repeat(64));
    } catch (cause) {
      if (!(cause instanceof EvidenceGoneError)) throw cause;
    }
    return 'can be read; whether it can be written shows with the first document';
  },
};
