/** Workflow types by name: the exported name is the type name that Temporal knows. */
export { switchover } from './switchover.ts';
