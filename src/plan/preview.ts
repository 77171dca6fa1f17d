/**
 * The dry plan: every side effect a plan leads to, in order, with its earliest time, its undo and who is asked.
 *
 * Invariant: a pure function of the plan; equal plans give equal previews on every machine. It says what the engine will
 * do when all gates pass at once, so its total is the shortest time a switch can take.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import { askedGates } from '../domain/asked-gates.ts';
import { isAdvisory } from '../domain/gate.ts';
import { formatDuration } from '../domain/duration.ts';
import { holdQuestionDeadline } from '../domain/hold-question.ts';
import { isReadingOnly, type Deadline, type HoldPlan, type Plan } from '../domain/plan.ts';
import { fenceAhead, stepsAhead, stepsBack } from './preview-steps.ts';
import { STAGES, type JudgedStage, type Stage } from '../domain/stage.ts';

/** `read`: looks only. `write`: changes the world. `hold`: gates are judged. `wait`: for time or a condition. `ask`: a person. */
export type PreviewKind = 'read' | 'write' | 'hold' | 'wait' | 'ask';

export interface PreviewStep {
  readonly stage: Stage;
  readonly kind: PreviewKind;
  /** One sentence. */
  readonly what: string;
  /** Earliest begin, ms after the start of the switch. */
  readonly atMs: number;
  /** Shortest length, ms; 0 for what takes as long as it takes. */
  readonly lastsMs: number;
  /** What a rollback does about it; null when there is nothing to undo or no way to. */
  readonly undo: string | null;
  /** Who is asked, for `ask`. */
  readonly who: string | null;
  /** Longest wait and what happens then. */
  readonly deadline: Deadline | null;
}

type Draft = Partial<Omit<PreviewStep, 'stage' | 'atMs'>> & Pick<PreviewStep, 'kind' | 'what'>;

/** All steps from start to end, in order. */
export function previewPlan(plan: Plan): readonly PreviewStep[] {
  const steps: PreviewStep[] = [];
  let atMs = 0;
  for (const stage of STAGES) {
    for (const draft of [...approvals(plan, stage), ...STEPS[stage](plan)]) {
      const step = { lastsMs: 0, undo: null, who: null, deadline: null, ...draft, stage, atMs };
      steps.push(step);
      atMs += step.lastsMs;
    }
  }
  return steps;
}

/** Shortest time of the whole switch, ms, without the waits for people and for peak. */
export function shortestMs(plan: Plan): number {
  return previewPlan(plan).reduce((sum, step) => sum + step.lastsMs, 0);
}

/** What a rollback does, in order. It is the same from every stage before decommission. */
export function rollbackPath(plan: Plan): readonly string[] {
  const { from, to, providers, cutover } = plan;
  const traffic = [
    `check capacity and health of ${from}`,
    `all traffic to ${from}: ${writesBack(plan)}; wait at most ${formatDuration(cutover.propagationMs)} for every region to say so`,
  ];
  const prime = providers.cache === null ? [] : [`popular keys of ${from} primed`];
  const steps = stepsBack(plan);
  if (isReadingOnly(plan)) return [...traffic, ...steps, ...prime, `${to} stays up for diagnosis`];
  return [
    ...traffic,
    ...steps,
    providers.queue === null
      ? `producers to ${from}`
      : `producers to ${from}; jobs left in ${to}’s queue are moved with the same keys`,
    `writes on ${from} opened`,
    ...prime,
    `${to} stays up, read-only, for diagnosis`,
  ];
}

/** How users are sent back. */
export function writesBack({ providers: { edge } }: Plan): string {
  return edge.traffic === null ? 'one edge write' : `the weight of ${edge.traffic.use}, then the edge config`;
}

function approvals(plan: Plan, stage: Stage): Draft[] {
  return plan.approvals
    .filter((approval) => approval.before === stage)
    .map(({ approvers, count, deadline }) => {
      const who = approvers.length === 0 ? 'anybody' : approvers.join(' or ');
      return {
        kind: 'ask',
        what: `${count} approval${count === 1 ? '' : 's'} by ${who} to begin ${stage}`,
        who,
        deadline,
      };
    });
}

const STEPS: Readonly<Record<Stage, (plan: Plan) => Draft[]>> = {
  preflight: (plan) => [
    {
      kind: 'read',
      what: `health of both colors, edge${plan.providers.queue === null ? '' : ', queues'} and probe set, in ${regions(plan)}`,
    },
    { kind: 'read', what: `baseline of ${plan.from}: gates and traffic` },
    ...stepsAhead(plan, 'preflight'),
  ],
  shadow: (plan) => [
    {
      kind: 'hold',
      what: `full probe grid to both colors and ${plan.shadow.replay} replayed requests to ${plan.to}${plan.writes === 'none' ? '' : ', writes fenced'}; gates ${gates(plan, 'shadow')}`,
      deadline: holdQuestionDeadline(plan, 'shadow'),
    },
  ],
  canary: (plan) => [
    ...stepsAhead(plan, 'before-canary'),
    ...weightWrites(plan, plan.canary.weightPercent, plan.canary.cohorts, 0),
    holdStep(plan, 'canary', plan.canary, `${plan.canary.weightPercent} %`),
  ],
  warmup: ({ providers, warmup, to }) =>
    providers.warmup === null
      ? []
      : [
          {
            kind: 'write',
            what: `warm ${to} with ${providers.warmup.use}: ${warmup.pings} pings, at most ${warmup.rounds} rounds`,
            undo: 'release the warm capacity',
            deadline: warmup.deadline,
          },
        ],
  ramp: (plan) =>
    plan.ramp.flatMap((step, index) => {
      const before = plan.ramp[index - 1]?.weightPercent ?? plan.canary.weightPercent;
      const where = step.regions.length === 0 ? '' : ` in ${step.regions.join(', ')}`;
      return [
        ...weightWrites(plan, step.weightPercent, step.cohorts, before),
        holdStep(plan, 'ramp', step, `${step.weightPercent} %${where}`),
      ];
    }),
  cutover: (plan) => cutoverSteps(plan),
  caches: (plan) => {
    const { providers, caches, audit, from, to } = plan;
    if (providers.cache === null) return [];
    return [
      {
        kind: 'write',
        what: `invalidate user-facing keys of ${from} and verify it, then prime ${to} with ${caches.popular} popular keys`,
        undo: `prime ${from} before traffic returns`,
        deadline: caches.deadline,
      },
      holdStep(plan, 'caches', { forMs: audit.forMs, looks: 1 }, 'as long as the audit'),
    ];
  },
  audit: (plan) => [holdStep(plan, 'audit', plan.audit, 'against the baseline')],
  hold: (plan) => {
    const { peak, onRed, restarts } = plan.hold;
    const red =
      onRed === 'rollback'
        ? 'a red look rolls back'
        : `a red look starts it again, at most ${restarts} times`;
    const wait: Draft[] = peak === null ? [] : [{ kind: 'wait', what: `for peak: ${peakText(plan)}` }];
    return [...wait, holdStep(plan, 'hold', plan.hold, `all green; ${red}`)];
  },
  decommission: (plan) => decommissionSteps(plan),
};

function decommissionSteps(plan: Plan): Draft[] {
  const { decommission, from, providers, writes } = plan;
  return [
    ...(decommission.keepMs > 0
      ? [
          {
            kind: 'wait',
            what: `${formatDuration(decommission.keepMs)}, so that everybody can still go back`,
            lastsMs: decommission.keepMs,
          } as const,
        ]
      : []),
    ...stepsAhead(plan, 'before-decommission'),
    {
      kind: 'write',
      what: `POINT OF NO RETURN: ${from} ${writes === 'none' ? 'is given up' : 'stops accepting writes'}`,
    },
    ...(decommission.retire
      ? [
          {
            kind: 'write',
            what: `${from} is retired by ${providers.color.use}`,
            deadline: decommission.deadline,
          } as const,
        ]
      : []),
    { kind: 'write', what: `signed evidence pack to ${providers.evidence.use}` },
  ];
}

function cutoverSteps(plan: Plan): Draft[] {
  const { cutover, providers, from, to, ramp, canary } = plan;
  const last = ramp.at(-1)?.weightPercent ?? canary.weightPercent;
  const everywhere: Draft = {
    kind: 'wait',
    what: `until every region reports it, at most ${formatDuration(cutover.propagationMs)}`,
    deadline: { afterMs: cutover.propagationMs, then: 'rollback' },
  };
  if (isReadingOnly(plan)) {
    return [
      { kind: 'write', what: `FLIP: 100 % to ${to}`, undo: `${to} → ${from}: weight ${last} %` },
      ...nativeWrite(plan, 100, last),
      everywhere,
      ...stepsAhead(plan, 'after-flip'),
    ];
  }
  const drain: Draft[] =
    providers.queue === null
      ? []
      : [
          {
            kind: 'wait',
            what: `drain jobs.${from}: nothing visible, in flight or delayed for ${formatDuration(cutover.quietMs)}; ${cutover.attempts} attempts, ${formatDuration(cutover.backoffMs)} apart`,
            lastsMs: cutover.quietMs,
            deadline: cutover.deadline,
          },
        ];
  return [
    {
      kind: 'write',
      what: `freeze writes on ${from} and enqueues, as a lease: at most ${formatDuration(cutover.freezeMs)} from when every region has seen it`,
      undo: 'thaw (it thaws by itself when the lease ends)',
    },
    ...drain,
    ...fenceAhead(plan),
    ...stepsAhead(plan, 'frozen'),
    {
      kind: 'write',
      what: `FLIP: one compare-and-set: producers and 100 % to ${to}, ${from} read-only, ${to} open`,
      undo: `${to} → ${from}: weight ${last} % first, then producers and writes`,
    },
    ...nativeWrite(plan, 100, last),
    everywhere,
    ...stepsAhead(plan, 'after-flip'),
    {
      kind: 'wait',
      what: `fence window: late writes are refused and counted${providers.queue === null ? '' : ', stragglers moved'}`,
      lastsMs: cutover.fenceMs,
      undo: providers.queue === null ? null : `move jobs back to ${from}`,
    },
  ];
}

function weightWrites(plan: Plan, weight: number, cohorts: readonly string[], before: number): Draft[] {
  const { topology, to } = plan;
  const what =
    topology === 'header'
      ? `cohorts ${cohorts.join(', ')} to ${to}`
      : `weight of ${to} ${before} → ${weight} %`;
  const undo = topology === 'header' ? 'cohorts as before' : `weight ${before} %`;
  return [{ kind: 'write', what: `${what}; read back`, undo }, ...nativeWrite(plan, weight, before)];
}

/** Where a vendor's own weight moves users it is set by a second write, after the edge config; on the way back it goes first. */
function nativeWrite({ providers: { edge }, to }: Plan, weight: number, before: number): Draft[] {
  if (edge.traffic === null) return [];
  return [
    {
      kind: 'write',
      what: `weight of ${to} at ${edge.traffic.use} ${before} → ${weight} %, by the edge config that stands; read back`,
      undo: `weight ${before} % at ${edge.traffic.use}, before the edge config`,
    },
  ];
}

function holdStep(plan: Plan, stage: JudgedStage, { forMs, looks }: HoldPlan, what: string): Draft {
  const every = formatDuration(forMs / looks);
  return {
    kind: 'hold',
    what: `${what}; ${looks} look${looks === 1 ? '' : 's'}, every ${every}; gates ${gates(plan, stage)}`,
    lastsMs: forMs,
  };
}

function gates(plan: Plan, stage: JudgedStage): string {
  return askedGates(plan, stage)
    .filter(({ skip }) => skip === undefined)
    .map((one) => (isAdvisory(one, plan.gates) ? `(${one.gate})` : one.gate))
    .join(' ');
}

function regions({ entry }: Plan): string {
  return entry.length === 1 ? 'one region' : entry.map(({ region }) => region).join(', ');
}

function peakText({ hold: { peak } }: Plan): string {
  if (peak === null) return 'any hour';
  if (peak === 'telemetry') return 'the next hour that was near the top of the last 14 days';
  return `${peak.at} ${peak.zone}${peak.days.length === 7 ? '' : `, days ${peak.days.join(' ')}`}`;
}
