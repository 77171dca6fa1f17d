/** The first few sticky users on `to`, with cache namespaces split. The first write of a switch: it claims the edge config. */
import { movedSaid } from '../../domain/edge-config.ts';
import { writeEdge } from '../edge.ts';
import { hold } from '../holds.ts';
import type { SwitchRun } from '../run.ts';
import { stepsOf } from '../steps.ts';
import { register } from '../undo.ts';

export async function canary(run: SwitchRun): Promise<string> {
  await stepsOf(run, 'before-canary');
  const { canary, colors, from, to, topology } = run.plan;
  const { weightPercent, cohorts } = canary;
  register(run, 'traffic');
  await writeEdge(run, {
    step: 'canary',
    patch: {
      salt: run.salt,
      from,
      to,
      topology,
      weightPercent,
      cohorts,
      writes: { blue: 'open', green: 'open' },
      freezeUntilMs: null,
      producer: from,
      releases: { blue: colors.blue.release, green: colors.green.release },
    },
  });
  await hold(run, { ...canary, step: `canary ${weightPercent} %`, gates: 'canary' });
  return `${movedSaid({ topology, weightPercent, cohorts }, '% of users')} on ${to}`;
}
