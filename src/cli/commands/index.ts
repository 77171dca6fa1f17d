/**
 * The table of commands. A command's file is loaded when it is called, so that `--help` costs nothing.
 * Invariant: the name here is the name in the file.
 */
import type { CommandSpec } from '../spec.ts';

export interface CommandEntry {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  load(): Promise<CommandSpec>;
}

export const COMMANDS: readonly CommandEntry[] = [
  entry(
    'Try it',
    'demo',
    'a real switch of a real service, on this machine',
    async () => (await import('./demo.ts')).demo,
  ),
  entry(
    'Try it',
    'init',
    'a plan, an edge and a probe set for a service of your own',
    async () => (await import('./init.ts')).init,
  ),
  entry(
    'Try it',
    'dev',
    'a Temporal server on this machine, kept in .cutover/',
    async () => (await import('./dev.ts')).dev,
  ),
  entry(
    'Try it',
    'rehearse',
    'run a plan in seconds on a skipped clock',
    async () => (await import('./rehearse.ts')).rehearse,
  ),
  entry(
    'Try it',
    'compare',
    'is one address worse than another, by a set of questions',
    async () => (await import('./compare.ts')).compare,
  ),
  entry(
    'Try it',
    'check',
    'whether a color does what a switch needs of it',
    async () => (await import('./check.ts')).check,
  ),
  entry(
    'Switch',
    'plan',
    'check a plan, or list every side effect it leads to',
    async () => (await import('./plan.ts')).plan,
  ),
  entry('Switch', 'start', 'start a switch', async () => (await import('./start.ts')).start),
  entry(
    'Switch',
    'status',
    'where a switch stands and what it waits for',
    async () => (await import('./status.ts')).status,
  ),
  entry(
    'Switch',
    'approve',
    'approve the stage that waits, or one ahead',
    async () => (await import('./approve.ts')).approve,
  ),
  entry(
    'Switch',
    'pause',
    'stop moving on; gates keep judging',
    async () => (await import('./pause.ts')).pause,
  ),
  entry('Switch', 'resume', 'go on', async () => (await import('./resume.ts')).resume),
  entry('Switch', 'rollback', 'send everybody back', async () => (await import('./rollback.ts')).rollback),
  entry(
    'Switch',
    'recover',
    'bring users home after a switch that was ended from outside',
    async () => (await import('./recover.ts')).recover,
  ),
  entry(
    'Switch',
    'override',
    'ignore a gate, or end the present hold or wait',
    async () => (await import('./override.ts')).override,
  ),
  entry(
    'Switch',
    'tune',
    'change holds, thresholds and steps ahead',
    async () => (await import('./tune.ts')).tune,
  ),
  entry('Look back', 'list', 'switches of this namespace', async () => (await import('./list.ts')).list),
  entry(
    'Look back',
    'history',
    'everything that happened in a switch',
    async () => (await import('./history.ts')).history,
  ),
  entry('Look back', 'why', 'what is behind a verdict', async () => (await import('./why.ts')).why),
  entry(
    'Look back',
    'report',
    'the report of a switch that has ended',
    async () => (await import('./report.ts')).report,
  ),
  entry(
    'Look back',
    'verify',
    'recompute every verdict of a past switch',
    async () => (await import('./verify.ts')).verify,
  ),
  entry(
    'Look back',
    'whatif',
    'judge a past switch by other thresholds',
    async () => (await import('./whatif.ts')).whatif,
  ),
  entry(
    'Probes',
    'probes',
    'check, curate, import and rotate probe sets',
    async () => (await import('./probes.ts')).probes,
  ),
  entry(
    'Probes',
    'calibrate',
    'find the scale of ΔS and keep it beside the probe set',
    async () => (await import('./calibrate.ts')).calibrate,
  ),
  entry(
    'Run it',
    'worker',
    'the process that does the work of switches',
    async () => (await import('./worker.ts')).worker,
  ),
  entry(
    'Run it',
    'router',
    'the process that sends each user to one color',
    async () => (await import('./router.ts')).router,
  ),
  entry(
    'Run it',
    'doctor',
    'check what cutover needs, and say what to do',
    async () => (await import('./doctor.ts')).doctor,
  ),
];

function entry(group: string, name: string, summary: string, load: () => Promise<CommandSpec>): CommandEntry {
  return { group, name, summary, load };
}
