/** `cutover/client`: start a switch, command it, look at it. */
export { connect, connectSettings, type Connected, type TemporalAddress } from './connect.ts';
export { findStranded, proposal, readRun, startRecovery, type PastSwitch, type Stranded } from './recover.ts';
export { EXIT_DENIED, EXIT_SETTINGS, EXIT_UNAVAILABLE } from './temporal-error.ts';
export { sendCommand, type CommandAnswer } from './command.ts';
export { switchWorkflowId, TASK_QUEUE, WORKFLOW_TYPE } from './names.ts';
export { endingOf, endingOfRun, follow, type Ending, type FollowOptions } from './follow.ts';
export { admitted, startSwitch, type StartOptions, type SwitchHandle } from './start.ts';
export { listSwitches, readEvents, readStatus, type SwitchListing, type SwitchStatus } from './status.ts';
