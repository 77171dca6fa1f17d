/** What the engine says: waits, verdicts, status and events are true of the world. */
import { eventsOf, facts, type Ended, type Invariant } from './ended.ts';

/** How old a status may be, ms on the switch's clock: one look of the longest interval. */
const STALE_MS = 65 * 60_000;

/** The holds of generated plans. */
const HOLD_MS = { seconds: 60_000, minutes: 20 * 60_000, hours: 2 * 3_600_000 } as const;

/** Every wait says what for, until when and what happens then. */
export const waitsAreOwned: Invariant = function* (ended) {
  const waits = [
    ...eventsOf(ended, 'waiting').map((one) => one.wait),
    ...facts(ended, 'said').flatMap((one) => one.state.wait ?? []),
  ];
  for (const { what, deadlineMs, then, sinceMs, kind } of waits) {
    if (what.trim() === '') yield `a wait (${kind}) says nothing`;
    if (deadlineMs === null || !Number.isFinite(deadlineMs)) yield `the wait for ${what} has no deadline`;
    else if (deadlineMs < sinceMs) yield `the wait for ${what} was over before it began`;
    if (then.trim() === '') yield `the wait for ${what} does not say what happens at its deadline`;
  }
};

const OF_TRAFFIC: ReadonlySet<string> = new Set(['latency', 'error-rate', 'stickiness', 'cache']);

/** No gate passes on what nobody saw: the last reading before the look must have shown users of `to`. */
export const noDataIsNoPass: Invariant = function* (ended) {
  const readings = facts(ended, 'telemetry');
  const judged = facts(ended, 'custom');
  for (const look of eventsOf(ended, 'looked')) {
    const last = readings.findLast((one) => one.atMs <= look.atMs);
    for (const { gate, verdict } of look.gates) {
      if (verdict !== 'pass') continue;
      if (OF_TRAFFIC.has(gate) && (last === undefined || last.to === 0))
        yield `${gate} passed at ${look.step} and nobody had seen a user of ${ended.to}`;
      const answer = judged.findLast((one) => one.atMs <= look.atMs);
      if (gate === 'custom:world' && answer?.verdict !== 'pass')
        yield `${gate} passed at ${look.step} and had said ${answer?.verdict ?? 'nothing'}`;
      if (
        gate === 'queue-age' &&
        facts(ended, 'depth').findLast((one) => one.atMs <= look.atMs)?.isKnown !== true
      )
        yield `queue-age passed at ${look.step} and nobody had seen a queue`;
    }
  }
};

/** `status` shows the weight that stands, but for what changed since the last look, or says that another one does. */
export const statusIsTrue: Invariant = function* (ended) {
  const { ledger } = ended.service;
  const writes = [...ledger.of('wrote'), ...ledger.of('weighed'), ...ledger.of('failed-over')].sort(
    (a, b) => a.seq - b.seq,
  );
  for (const { state, onTo, atMs, seq } of facts(ended, 'said')) {
    if (onTo === null || state.actualPercent === null) continue;
    if (state.concerns.some((one) => one.kind.startsWith('edge-'))) continue;
    const standsMs = atMs - (writes.findLast((one) => one.seq < seq)?.atMs ?? atMs);
    // A wait is looked at as often as the hold is: as it was written, or as somebody tuned it, which may be later.
    const { forMs = 0, looks = 1 } = ended.plan?.hold ?? {};
    const { pace, looks: asWritten } = ended.choice;
    const everyMs = Math.max(forMs / looks, HOLD_MS[pace] / asWritten);
    if (state.actualPercent !== onTo && standsMs > STALE_MS + everyMs)
      yield `status says ${state.actualPercent} %, the edge has held ${onTo} % for ${standsMs} ms`;
  }
};

/** A write that is reported was written so. */
export const writesSaidAreWrites: Invariant = function* (ended) {
  const { history } = ended.service.edge;
  for (const { generation, actualPercent, desiredPercent, step } of eventsOf(ended, 'edge-written')) {
    if (step === 'as found' || generation === 0) continue;
    const stored = history.find((one) => one.config.generation === generation)?.config;
    if (stored === undefined) yield `${step}: generation ${generation} was never stored`;
    else if (isOfSomebodyElse(ended, actualPercent)) continue;
    else if (stored.weightPercent !== actualPercent)
      yield `${step}: generation ${generation} holds ${stored.weightPercent} %, not ${actualPercent} %`;
    else if (stored.weightPercent !== desiredPercent)
      yield `${step}: generation ${generation} holds ${stored.weightPercent} %, and the switch wanted ${desiredPercent} %`;
  }
};

/** A vendor's own weight is read back as it is: it may have started anew, or somebody may have set it, since it was written. */
function isOfSomebodyElse(ended: Ended, percent: number): boolean {
  const isNative = ended.service.scenario.edge === 'native';
  return isNative && facts(ended, 'weighed').some(({ runId, onTo }) => runId === null && onTo === percent);
}

/** A switch that ended leaves a report, unless the store of evidence was away. */
export const reportIsThere: Invariant = function* ({ outcome, service, state }) {
  if (outcome === null || outcome.kind === 'refused') return;
  if (service.current.faults.some(({ kind }) => kind === 'evidence-away')) return;
  const report = service.evidence.get(`${state?.switchId ?? ''}/report.md`);
  if (outcome.report === null) yield 'it says that no report was written, and the store never was away';
  else if (typeof report !== 'string') yield `it names the report ${outcome.report}, and none is there`;
};
