/**
 * Deliberate breaks of the engine, one kind each: the oracle is worth what it notices of them. A break whose text is not in the
 * sources any more fails loudly; some need two patches, because the engine guards the same thing twice.
 */
import type { Patch } from './engine.ts';

export interface Mutation {
  readonly name: string;
  readonly patches: readonly Patch[];
}

const p = (file: string, find: string, replace: string): Patch => ({ file, find, replace });

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'skip the read-back: no region is waited for',
    patches: [
      p(
        'activities/edge/regions.ts',
        'const seen = foreign.length + behind.length === 0;',
        'const seen = true;',
      ),
    ],
  },
  {
    name: 'a region that does not answer counts as agreeing',
    patches: [
      p(
        'activities/edge/regions.ts',
        'return error !== null || generation === null || generation < written.generation;',
        'return error === null && generation !== null && generation < written.generation;',
      ),
    ],
  },
  {
    name: 'retire without looking at users and jobs once more',
    patches: [p('workflows/stages/decommission.ts', '  await emptyOfUsersAndJobs(run);\n', '')],
  },
  {
    name: 'close the fence over jobs',
    patches: [
      p(
        'workflows/stages/cutover.ts',
        'const isLeft = !guarded.closed && left !== null;',
        'const isLeft = false;',
      ),
      p('workflows/stages/decommission.ts', '  await emptyOfUsersAndJobs(run);\n', ''),
    ],
  },
  {
    name: 'ignore a pause',
    patches: [p('workflows/waits.ts', 'while (run.state.pause !== null) {', 'while (false as boolean) {')],
  },
  {
    name: 'other deadlines run under a pause',
    patches: [
      p(
        'workflows/waits.ts',
        "const stands = () => waitFor.kind !== 'paused' && run.state.pause !== null;",
        'const stands = () => false;',
      ),
    ],
  },
  {
    name: 'write over whatever generation stands',
    patches: [
      p(
        'activities/edge.ts',
        '  if ((stored?.generation ?? 0) !== expected) throw conflict(step, expected, stored);\n',
        '',
      ),
    ],
  },
  {
    name: 'one idempotency key for every write',
    patches: [
      p(
        'activities/attempt.ts',
        'idempotencyKey: `${targets.switchId}/${step}`',
        'idempotencyKey: `${targets.switchId}/${step.replace(/[0-9].*/, "")}`',
      ),
    ],
  },
  {
    name: 'forget to register the undo of warmth',
    patches: [p('workflows/stages/warmup.ts', "  register(run, 'warmth');\n", '')],
  },
  {
    name: 'a rollback leaves the writes frozen',
    patches: [
      p(
        'workflows/way-back.ts',
        'producer: from, writes: modes, freezeUntilMs: null }',
        'producer: from, writes: modes }',
      ),
    ],
  },
  {
    name: 'a rollback leaves the producers on `to`',
    patches: [
      p('workflows/way-back.ts', 'cohorts: [], producer: from, writes: modes', 'cohorts: [], writes: modes'),
    ],
  },
  {
    name: 'a rollback skips the jobs',
    patches: [
      p(
        'workflows/undo.ts',
        "    if (run.plan.providers.queue === null) return 'no queue';",
        "    if (run.plan !== null) return 'no queue';",
      ),
    ],
  },
  {
    name: 'no data counts as a pass',
    patches: [
      p(
        'domain/gates/ruling.ts',
        "return { ...facts, verdict: 'inconclusive', reasonCodes: [code], summary };",
        "return { ...facts, verdict: code === 'no_data' ? 'pass' : 'inconclusive', reasonCodes: [code], summary };",
      ),
    ],
  },
  {
    name: 'one person approves twice',
    patches: [
      p(
        'domain/approval.ts',
        "return name.normalize('NFKC').trim().replaceAll(/\\s+/gu, ' ').toLowerCase();",
        'return name;',
      ),
    ],
  },
  {
    name: 'flip before the queue is drained',
    patches: [
      p(
        'workflows/stages/cutover.ts',
        'if (drain === null || drain.drained || !provesDrained) {',
        'if (drain === null || drain.detail !== null) {',
      ),
    ],
  },
  {
    name: 'an override ends an approval',
    patches: [
      p('domain/decide.ts', "if (state.wait?.kind === 'approval') {", "if (state.wait?.kind === 'peak') {"),
      p('workflows/waits.ts', "    waitFor.kind !== 'approval' &&\n", ''),
    ],
  },
  {
    name: 'a worker that stood still writes over a later switch',
    patches: [
      p(
        'activities/edge/restore.ts',
        '    if (isOfLaterSwitch(current, targets)) throw overtaken(current);\n',
        '',
      ),
      p(
        'activities/attempt.ts',
        '  context.cancellationSignal.throwIfAborted();\n  const { heartbeatTimeoutMs',
        '  if (context !== null) return;\n  const { heartbeatTimeoutMs',
      ),
    ],
  },
  {
    name: 'the way forward goes on after an accepted rollback',
    patches: [
      p(
        'workflows/run.ts',
        '    if (this.state.rollbackAsked !== null || this.#givenUp !== null) {',
        '    if (this.state.outcome !== null) {',
      ),
      p(
        'workflows/run.ts',
        '    this.#givenUp ??= [];\n    this.#forward?.cancel();',
        '    this.#givenUp ??= [];',
      ),
    ],
  },
  {
    name: '`from` takes writes after the flip',
    patches: [
      p('workflows/stages/cutover.ts', "modes(from, 'read-only', 'open')", "modes(from, 'open', 'open')"),
    ],
  },
  {
    name: 'deal the users anew at each step',
    patches: [
      p(
        'workflows/stages/ramp.ts',
        'patch: { weightPercent: step.weightPercent, cohorts',
        'patch: { salt: name, weightPercent: step.weightPercent, cohorts',
      ),
    ],
  },
  {
    name: 'a freeze of ten minutes',
    patches: [p('activities/edge.ts', 'input.freezeForMs + 2 * spreadMs', 'input.freezeForMs + 600_000')],
  },
  {
    name: 'a wait without a deadline',
    patches: [p('workflows/waits.ts', 'deadlineMs: sinceMs + leftMs, then', 'deadlineMs: null, then')],
  },
  {
    name: 'a handler throws what is no failure of the application',
    patches: [
      p(
        'domain/decide.ts',
        "    if (state.pause === null) return refused('not paused');",
        "    if (state.pause === null) throw new TypeError('not paused');",
      ),
    ],
  },
  {
    name: 'say what was sent, not what stands',
    patches: [
      p(
        'workflows/edge.ts',
        '    actualPercent: written.weightPercent,\n    generation: written.generation,',
        '    actualPercent: desiredPercent,\n    generation: written.generation + 1,',
      ),
    ],
  },
  {
    name: 'an activity stumbles over its own input',
    patches: [
      p(
        'activities/report.ts',
        '      const targets = targetsOf(plan, switchId, startedMs);\n',
        '      const targets = targetsOf(plan, switchId, startedMs);\n      [...(undefined as unknown as string[])];\n',
      ),
    ],
  },
  {
    name: 'the report goes where nobody looks',
    patches: [
      p(
        'activities/report.ts',
        'store.publish(switchId, REPORT_FILE, report)',
        'store.publish(switchId, `${REPORT_FILE}.new`, report)',
      ),
    ],
  },
  {
    name: 'a rollback leaves the steps of one’s own as they are',
    patches: [p('workflows/rollback.ts', "      if (undo === 'jobs') await undoSteps(run, left);\n", '')],
  },
  {
    name: 'steps are undone in the order they were done',
    patches: [
      p('domain/own-step.ts', 'return state.steps.toReversed().flatMap(', 'return state.steps.flatMap('),
    ],
  },
  {
    name: 'a step is done anew under the key that was undone',
    patches: [
      p('domain/own-step.ts', "known.how === 'undone' ? known.round + 1 : known.round", 'known.round'),
    ],
  },
  {
    name: 'a step that is kept from the flip on is undone all the same',
    patches: [
      p('domain/own-step.ts', "undo === null || (undoUntil === 'flip' && flipBegun)", 'undo === null'),
    ],
  },
  {
    name: 'steps stay when their freeze is unwound',
    patches: [p('workflows/stages/cutover.ts', '  await unwindSteps(run);\n', '')],
  },
  {
    name: 'steps of the freeze are left out',
    patches: [
      p('workflows/steps.ts', "stepsAt(run.plan, 'frozen')) {", "stepsAt(run.plan, 'frozen').slice(9)) {"),
    ],
  },
];
