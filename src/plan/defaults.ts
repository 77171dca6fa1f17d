/**
 * Every default of `cutover.yaml`, each with the reason for it. The schema, the loader and docs/plan.md all read this table.
 *
 * Invariant: a field of the user's file that may be left out has its default here and nowhere else.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import { parseDuration } from '../domain/duration.ts';

interface Default<T = unknown> {
  readonly value: T;
  /** One line: why this value. */
  readonly why: string;
}

const is = <const T>(value: T, why: string): Default<T> => ({ value, why });

/** Defaults by dotted path in the user's file. Durations are text, as the user would write them. */
export const DEFAULTS = {
  from: is('blue', 'the usual first color; the next release says `from: green`'),
  topology: is('weight', 'a sticky percentage works for every service; cohorts need signed headers'),
  queue: is('none', 'a service without a job queue has nothing to drain'),
  notify: is([], 'the CLI and the Temporal UI show everything anyway'),
  evidence: is(
    { use: 'folder', path: './.cutover/evidence' },
    'needs nothing; fleets name an S3-compatible store',
  ),
  color: is('http', 'the health contract is read over HTTP from each color'),
  warmupProvider: is('pings', 'tagged requests warm any platform'),
  'probes.set': is('./probes', 'next to the plan, under version control'),
  'probes.scale': is(
    'calibrated',
    'raw distances depend on the embedder and would blind the 0.45/0.60 limits',
  ),
  'probes.embedder': is('use-lite', 'offline, deterministic, independent of either color’s retriever'),
  'probes.concurrency': is(4, 'keeps probes well below the load that would move the latency gate'),
  'probes.timeout': is('30s', 'longer than any answer a user waits for'),
  'probes.request.preset': is('answer', 'the plain contract: question in, answer with citations out'),
  'shadow.replay': is(200, 'enough to show an error class of 1.5 % with 95 % certainty'),
  'shadow.deadline': is(
    { after: '2h', then: 'rollback' },
    'no user has seen `to`; start again when it is fixed',
  ),
  'canary.weight': is(1, 'the playbook’s first exposure'),
  'canary.for': is('15m', 'three five-minute looks'),
  'canary.looks': is(3, 'two consecutive breaches can show before the last look'),
  'warmup.pings': is(20, 'opens enough instances for the first ramp step'),
  'warmup.rounds': is(5, 'a second round shows whether the first one stayed warm'),
  'warmup.deadline': is({ after: '30m', then: 'pause' }, 'cold but correct needs a person, not a rollback'),
  ramp: is([5, 10, 25, 50], 'the playbook’s steps: each about doubles what a fault can reach'),
  'ramp.for': is('15m', 'three five-minute looks'),
  'ramp.looks': is(3, 'two consecutive breaches can show before the last look'),
  'cutover.freeze': is(
    '30s',
    'shorter than most client retry budgets; raised to twice `quiet` where the queue needs it',
  ),
  'cutover.quiet': is('5s', 'exact counts need little; a queue whose counts lag brings its own: `sqs` 75s'),
  'cutover.fence': is('5m', 'longer than a client’s retries and a stale edge location'),
  'cutover.propagation': is('2m', 'twice what the slowest supported edge documents'),
  'cutover.attempts': is(3, 'a drain that fails three times needs a person'),
  'cutover.backoff': is('5m', 'lets a burst of jobs pass'),
  'cutover.deadline': is({ after: '4h', then: 'rollback' }, 'half-way at 50 % is no place to stay overnight'),
  'caches.popular': is(200, 'the head of a usual key distribution'),
  'caches.deadline': is({ after: '30m', then: 'pause' }, 'a cold cache is slow, not wrong'),
  'audit.for': is('10m', 'long enough for a full probe grid'),
  'audit.looks': is(2, 'one confirmation of the first look'),
  'hold.for': is('1h', 'the playbook’s peak hour'),
  'hold.looks': is(12, 'every five minutes'),
  'hold.peak': is(
    'telemetry',
    'the next hour that was busy in the last 14 days; declare a window to know when it will be',
  ),
  'hold.onRed': is(
    'restart',
    'one red look at peak is more often chance than a fault; gates that FAIL roll back in any case',
  ),
  'hold.onRelease': is('ask', 'a release that nobody judged in the ramp is for a person to decide'),
  'hold.noPeak': is('ask', 'an hour that nobody can tell is no peak'),
  'hold.restarts': is(3, 'a fourth peak that is not green is an answer'),
  'decommission.retire': is(true, 'two stacks cost twice'),
  'decommission.deadline': is(
    { after: '1h', then: 'pause' },
    'past the point of no return there is only forward',
  ),
  approve: is(['decommission'], 'the one step that cannot be undone is a person’s decision'),
  'approve.count': is(1, 'one named person is responsible'),
  'approve.deadline': is(
    { after: '3d', then: 'pause' },
    'a weekend passes; a healthy release is not rolled back for want of a click',
  ),
  'gates.deltaS.pass': is(0.45, 'the playbook’s limit to flip'),
  'gates.deltaS.block': is(0.6, 'the playbook’s limit in shadow'),
  'gates.deltaS.pairedRise': is(0.05, 'a rise above this is audited'),
  'gates.coverage.mean': is(0.7, 'the playbook’s coverage'),
  'gates.coverage.share': is(0.9, 'nine in ten probes reach the mean limit'),
  'gates.coverage.blockShare': is(0.8, 'below this the index is broken for whole topics'),
  'gates.coverage.pairedDrop': is(0.1, 'the least drop that a 50-question set can show'),
  'gates.coverage.critical': is(0.6, 'a probe under this lost its section'),
  'gates.lambda.pass': is(0.9, 'convergent answers wanted'),
  'gates.lambda.block': is(0.8, 'five of six runs agree'),
  'gates.latencyRatio': is(1.25, 'the playbook’s p95 limit'),
  'gates.errorRatio': is(1.2, 'the playbook’s limit against the control'),
  'gates.errorFloor': is(0.001, 'one error in a thousand is nobody’s regression'),
  'gates.cacheDrop': is(0.05, 'the playbook’s five points'),
  'gates.egressSuccess': is(0.99, 'outbound calls that fail more often than this are a missing permission'),
  'gates.queueAge': is('15m', 'older jobs mean that consumers stand still'),
  'gates.minSamples': is(59, 'the least n with which a p95 has a finite upper bound at 95 %'),
  'gates.advisory': is([], 'every gate decides'),
  'gates.off': is([], 'every gate is asked'),
  customGates: is([], 'the built-in gates cover the playbook'),
  allowErrors: is([], 'what `from` never showed is new'),
  'onInconclusive.extensions': is(2, 'an hour more of data before anybody is asked'),
  'onInconclusive.extension': is('30m', 'a full probe grid and six more looks'),
  'onInconclusive.then': is('pause', 'too little data is a question for a person'),
  'onInconclusive.deadline': is({ after: '4h', then: 'rollback' }, 'an unanswered question is a no'),
  pause: is(
    { after: '1d', then: 'rollback' },
    'two colors under traffic drift apart; a pause nobody ends is a no',
  ),
} as const;

export type DefaultPath = keyof typeof DEFAULTS;

/** @returns ms of `given`, else of the default; NaN when that is no duration, which lint reports */
export function durationMs(path: DefaultPath, given: string | undefined): number {
  const text: unknown = given ?? DEFAULTS[path].value;
  return (typeof text === 'string' ? parseDuration(text) : null) ?? Number.NaN;
}
