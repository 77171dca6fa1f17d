/** All activities over one world. */
import { knowEnvironment } from '../domain/redact.ts';
import type { Activities } from './api.ts';
import { attributeActivities } from './attributes.ts';
import { mapped } from './attempt.ts';
import { edgeActivities } from './edge.ts';
import { fenceActivities } from './fence.ts';
import { inspectActivities } from './inspect/index.ts';
import { migrateActivities } from './migrate.ts';
import { queueActivities } from './queue.ts';
import { reportActivities } from './report.ts';
import { stepActivities } from './step.ts';
import { surroundingsActivities } from './surroundings.ts';
import { watchActivities } from './watch.ts';
import type { World } from './world.ts';

export function createActivities(
  world: World,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Activities {
  knowEnvironment(env);
  return mapped({
    ...attributeActivities(),
    ...inspectActivities(world),
    ...watchActivities(world),
    ...edgeActivities(world),
    ...queueActivities(world),
    ...fenceActivities(world),
    ...migrateActivities(world),
    ...stepActivities(world),
    ...surroundingsActivities(world),
    ...reportActivities(world, env),
  });
}
