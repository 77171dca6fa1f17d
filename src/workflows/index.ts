/** Workflow types by name: the exported name is the type name that Temporal knows. */
export { recovery, surroundings } from './recovery.ts';
export { switchover } from './switchover.ts';
