/** Coverage: near misses, broken minorities, topics. */
import { check } from './cases.ts';
import { broken, look, midway, probes, type ProbeParts } from './kit.ts';

const coverage = (parts: ProbeParts) => look('coverage', { probes: probes(parts) });
const all =
  (value: number): NonNullable<ProbeParts['to']> =>
  () => ({ coverage: value });

check('coverage', [
  { name: 'a healthy build passes at the end', input: () => coverage({}), expect: 'pass ok' },
  {
    name: 'exactly 0.70 everywhere passes',
    input: () => coverage({ from: all(0.7), to: all(0.7) }),
    expect: 'pass ok',
  },
  {
    name: 'a healthy build waits in the middle',
    input: () => midway(coverage({})),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'near misses fail in the middle',
    input: () => midway(coverage({ to: all(0.05) })),
    expect: 'fail coverage_newly_critical',
  },
  {
    name: 'a minority that lost its section fails',
    input: () => coverage({ to: broken(14, { coverage: 0 }) }),
    expect: 'fail coverage_newly_critical',
  },
  {
    name: 'a mean under the limit beyond chance fails',
    input: () => coverage({ from: all(0.72), to: all(0.65) }),
    expect: 'fail coverage_mean',
  },
  {
    name: 'a drop of 0.2 on all questions fails',
    input: () => coverage({ to: all(0.8) }),
    expect: 'fail coverage_paired_drop',
  },
  {
    name: 'a share under 0.80 that `from` does not have fails',
    input: () => coverage({ from: all(0.71), to: (_, q) => ({ coverage: q < 15 ? 0.65 : 0.8 }) }),
    expect: 'fail coverage_share',
  },
  {
    name: 'a share under 0.90 is for a person',
    input: () => coverage({ from: all(0.71), to: broken(8, { coverage: 0.65 }) }),
    expect: 'inconclusive coverage_share_low',
  },
  {
    name: 'a topic that is lost fails, however good the rest is (hard stop of the 5 % step)',
    input: () =>
      coverage({
        from: all(0.85),
        to: (run) => ({ coverage: run.probeId.endsWith('0') ? 0.65 : 0.9 }),
        window: {
          probes: probes().probes.map((probe) => ({
            ...probe,
            topic: probe.id.endsWith('0') ? 'low' : 'rest',
          })),
        },
      }),
    expect: 'fail coverage_topic',
  },
  {
    name: 'a topic that is a little low blocks a pass',
    input: () =>
      coverage({
        from: all(0.85),
        to: (run) => ({
          coverage: run.probeId.endsWith('0')
            ? run.probeId.endsWith('10') || run.probeId.endsWith('20')
              ? 0.6
              : 0.7
            : 0.9,
        }),
        window: {
          probes: probes().probes.map((probe) => ({
            ...probe,
            topic: probe.id.endsWith('0') ? 'low' : 'rest',
          })),
        },
      }),
    expect: 'inconclusive coverage_topic_low',
  },
  {
    name: 'a sick baseline is an error',
    input: () => coverage({ from: all(0.4), to: all(0.4) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'a small set cannot pass',
    input: () => coverage({ n: 40 }),
    expect: 'inconclusive underpowered,probe_set_small',
  },
  {
    name: 'no probes are no data',
    input: () => look('coverage', { probes: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'one color alone is one-sided',
    input: () => coverage({ colors: ['green'] }),
    expect: 'inconclusive one_sided',
  },
]);
