/** The plan of a choice as users write it, so that every default and every rule of the loader is the real one. */
import { fileURLToPath } from 'node:url';
import type { Color } from '../../src/domain/color.ts';
import type { EdgeKind, PlanChoice, StepChoice } from './scenario.ts';

const PROBES = fileURLToPath(new URL('../../examples/docs-rag/probes', import.meta.url));

/** Probes cost more than everything else together and have a simulation of their own (`sim:gates`). */
const NEVER_ASKED = ['schema', 'delta-s', 'coverage', 'lambda', 'identity', 'cold-start', 'error-novelty'];
const ASKABLE = ['latency', 'error-rate', 'cache', 'egress', 'dedupe', 'queue-age', 'stickiness'];

const PACES = {
  seconds: {
    canary: '20s',
    ramp: '20s',
    audit: '20s',
    hold: '60s',
    fence: '10s',
    extension: '20s',
    wait: '2m',
  },
  minutes: {
    canary: '10m',
    ramp: '10m',
    audit: '5m',
    hold: '20m',
    fence: '1m',
    extension: '10m',
    wait: '1h',
  },
  hours: { canary: '1h', ramp: '1h', audit: '30m', hold: '2h', fence: '5m', extension: '1h', wait: '8h' },
} as const;

export interface PlanFacts {
  readonly edge: EdgeKind;
  readonly service: string;
  readonly from: Color;
  readonly releases: Readonly<Record<Color, string>>;
  readonly regions: readonly string[];
}

export function planText(choice: PlanChoice, { edge, service, from, releases, regions }: PlanFacts): string {
  const pace = PACES[choice.pace];
  const cohorts = choice.topology === 'header' ? { cohorts: ['staff'] } : {};
  const question = (then: string): object => ({ after: pace.wait, then });
  const { questions } = choice;
  const traffic = { use: 'simulated', sticky: true };
  // Where the plan's rules forbid an answer, the nearest one that they allow.
  const stay = questions === 'proceed' ? 'pause' : questions;
  const off = [...NEVER_ASKED, ...ASKABLE.filter((gate) => !choice.gates.includes(gate))];
  const file = {
    service,
    from,
    entry: Object.fromEntries(regions.map((region, i) => [region, `http://127.0.0.1:${8800 + i}`])),
    colors: {
      blue: { url: 'http://127.0.0.1:9001', release: releases.blue },
      green: { url: 'http://127.0.0.1:9002', release: releases.green },
    },
    topology: choice.topology,
    edge: edge === 'native' ? { store: 'simulated', router: 'simulated', traffic } : 'simulated',
    color: 'simulated',
    telemetry: 'simulated',
    queue: choice.queue === null ? 'none' : 'simulated',
    cache: choice.cache ? 'simulated' : 'none',
    notify: choice.notify ? ['log'] : [],
    evidence: 'folder',
    probes: { set: PROBES, scale: 'raw' },
    shadow: { replay: 0, deadline: question(questions) },
    canary: { weight: 2, for: pace.canary, looks: choice.looks, ...cohorts },
    warmup: {
      provider: choice.warmup ? 'simulated' : 'none',
      pings: 5,
      rounds: 2,
      deadline: question(questions),
    },
    ramp: { steps: choice.ramp, for: pace.ramp, looks: choice.looks },
    cutover: {
      freeze: '30s',
      quiet: '4s',
      fence: pace.fence,
      attempts: choice.attempts,
      backoff: '30s',
      deadline: question(stay),
    },
    caches: { popular: 3, deadline: question(questions) },
    audit: { for: pace.audit, looks: choice.looks },
    hold: {
      for: pace.hold,
      looks: choice.looks,
      peak: choice.peak === 'window' ? { at: '14:00', zone: 'Europe/Paris' } : choice.peak,
      onRed: choice.onRed,
      restarts: choice.restarts,
    },
    decommission: {
      retire: choice.retire,
      deadline: question(questions === 'rollback' ? 'pause' : questions),
    },
    approve: choice.approvals.map(({ before, approvers, count, deadline }) => ({
      before,
      ...(approvers.length === 0 ? {} : { approvers }),
      count,
      deadline: { after: `${Math.round(deadline.afterMs / 1000)}s`, then: deadline.then },
    })),
    steps: choice.steps.map(stepText),
    gates: { off },
    ...(choice.customGate
      ? { customGates: [{ name: 'world', kind: 'http', url: 'http://127.0.0.1:9/judge' }] }
      : {}),
    onInconclusive: {
      extensions: choice.extensions,
      extension: pace.extension,
      then: choice.inconclusive,
      deadline: question(questions),
    },
    pause: { after: `${Math.round(choice.pauseMs / 1000)}s`, then: choice.pauseThen },
  };
  // JSON is YAML.
  return JSON.stringify(file);
}

/** Short in the freeze, so that it fits beside the drain. */
function stepText({ at, name, undo }: StepChoice): object {
  const kept = undo === 'always' ? {} : { reason: 'the plan says so' };
  return {
    at,
    name,
    do: { use: './receiver.mjs' },
    undo: undo === 'keep' ? 'keep' : { use: './receiver.mjs', direction: 'back' },
    ...(undo === 'until-flip' ? { undoUntil: 'flip' } : {}),
    ...kept,
    within: at === 'frozen' ? '4s' : '30s',
  };
}
