/** Words for what a service without queue, cache and writes does not have. That a stage or a gate is skipped may be said. */
export const ABSENT = /writes|frozen|freeze|drain|fence|straggler|\bjobs?\b|purged|primed|popular keys/;
