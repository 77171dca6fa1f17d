/** The rollback cookbook: what to mend before the next try. What each gate says is in its own file. */
import { isBuiltIn, FACTS } from './gate.ts';

/** What to mend before the next try, by what sent the switch back. */
const BY_TRIGGER: Readonly<Record<'operator' | 'cancel' | 'deadline' | 'failure' | 'gate', string>> = {
  operator: 'No gate failed: an operator asked for the rollback.',
  cancel: 'No gate failed: the workflow was cancelled.',
  deadline:
    'No gate failed: a question was not answered in time. Answer it, or write a longer deadline into the plan.',
  failure: 'No gate failed: a step could not be done. Mend what the reason names, then start again.',
  gate: 'Look at the gates of the last hold before the next try.',
};

/** A loop of tool calls that one color began and the other goes on with, by tools or a memory that it does not know. */
export const TOOL_LOOPS_REMEDY =
  'lock tool schemas and timeouts in the build, and split memory namespaces by color, so that no tool loop goes on with what the other color left';

export function remedyFor(gate: string | null, trigger: keyof typeof BY_TRIGGER): string {
  if (gate === null) return BY_TRIGGER[trigger];
  return isBuiltIn(gate) ? FACTS[gate].remedy : `Look at the evidence of gate ${gate} before the next try.`;
}
