/** `cutover/worker`: run a worker, alone or within a process of your own. */
export { createSwitchWorker, runWorker, type SwitchWorker, type SwitchWorkerOptions } from './worker.ts';
export { realWorld } from './world.ts';
export { namedBuild, type WorkerBuild } from './versioning.ts';
