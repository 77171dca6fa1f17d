/**
 * Which build of cutover a worker is, so that workers can be upgraded while switches run: a switch ends on the build it began on, and
 * new ones begin on the build that an operator made current.
 */
import type { WorkerOptions } from '@temporalio/worker';
import { UserError } from './domain/errors.ts';
import { packageVersion } from './package-version.ts';

export interface WorkerBuild {
  /** Name of the worker deployment: all builds of one fleet have the same. */
  readonly deployment: string;
  /** Default: the version of the installed package. */
  readonly buildId?: string | undefined;
}

/** The build named by CUTOVER_DEPLOYMENT and CUTOVER_BUILD_ID; null where none is: such a worker is unversioned. */
export function buildOf(env: Readonly<Record<string, string | undefined>>): WorkerBuild | null {
  return namedBuild(env['CUTOVER_DEPLOYMENT'], env['CUTOVER_BUILD_ID'], 'CUTOVER_DEPLOYMENT');
}

/** @throws UserError when there is a build id without a deployment. */
export function namedBuild(
  deployment: string | undefined,
  buildId: string | undefined,
  what: string,
): WorkerBuild | null {
  if ((deployment ?? '') !== '') {
    return { deployment: deployment ?? '', ...((buildId ?? '') === '' ? {} : { buildId }) };
  }
  if ((buildId ?? '') === '') return null;
  throw new UserError(`a build id without ${what} says nothing: a build belongs to a deployment`, {
    hint: `name the fleet with ${what}, e.g. \`cutover\``,
  });
}

/** Switches are pinned: their histories hold hours of decisions that another build need not be able to repeat. */
export function versioned(build: WorkerBuild | null): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (build === null) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName: build.deployment, buildId: build.buildId ?? packageVersion() },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}
