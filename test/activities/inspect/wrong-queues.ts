/** What can be wrong of the queues and the probes. One line each way; where a code has several, the way is named. */
import { contract, green, plan, probes, queue, type Wrong } from './kit.ts';

export const QUEUES_WRONG: readonly Wrong[] = [
  {
    code: 'queue-topic-shared',
    how: 'one queue for both',
    bend: (seen) =>
      contract(['green'], () => ({ queue: null }))(
        queue(() => ({ topic: { blue: 'jobs', green: 'jobs' } }))(seen),
      ),
    says: /both colors' queue is jobs/,
  },
  {
    code: 'queue-topic-shared',
    how: 'the plan names another queue than `to` consumes',
    bend: green({ queue: { topic: 'jobs.teal', maxDeliveries: 5, ackTimeoutMs: 30_000 } }),
    says: /green consumes jobs\.teal, the plan names jobs\.green/,
  },
  {
    code: 'queue-retry-differs',
    bend: queue(({ retry }) => ({ retry: { ...retry, green: { ...retry.green, maxDeliveries: null } } })),
    says: /blue 5 deliveries, 30 s to acknowledge; green any number of deliveries, 30 s/,
  },
  {
    code: 'queue-quiet-too-short',
    bend: queue(() => ({ consistencyLagMs: 30_000 })),
    says: /lag up to 30000 ms/,
  },
  {
    code: 'queue-dead-letters',
    bend: queue(({ depth }) => ({
      depth: { blue: { ...depth.blue, dead: 2 }, green: { ...depth.green, dead: 1 } },
    })),
    says: /^3 job\(s\)/,
    warns: true,
  },
  {
    code: 'queue-unsafe',
    bend: queue(() => ({
      doubts: [{ severity: 'warning', what: 'Redis may throw jobs away', fix: 'set noeviction' }],
    })),
    says: /^Redis may throw jobs away/,
    warns: true,
  },
  { code: 'probe-set-size', bend: probes({ count: 49 }), says: /has 49 questions/ },
  {
    code: 'probe-set-size',
    how: 'many',
    bend: probes({ count: 201 }),
    says: /has 201 questions/,
    warns: true,
  },
  {
    code: 'assertions-unjudged',
    of: {
      ...plan,
      gates: { ...plan.gates, off: plan.gates.off.filter((gate) => gate !== 'assertions') },
    },
    bend: probes({ asserted: 80, unjudged: 20 }),
    says: /^20 of 80 questions with assertions/,
    warns: true,
  },
  {
    code: 'probes-too-slow',
    bend: (seen) => ({ ...seen, baseline: { digest: 'b', answerMs: 3_600_000 } }),
    says: /^the probes do not fit \w+.*: those of a look take \d+ min, and the next is due after .*; nor \d+ more of the holds$/,
    warns: true,
  },
];
