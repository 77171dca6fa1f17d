/** The demo's operator: approves what the plan wants approved, and answers what the switch asks about. */
import { offerCommand } from '../../../src/client/command.ts';
import type { SwitchHandle } from '../../../src/client/start.ts';
import type { SwitchEvent } from '../../../src/domain/event.ts';
import type { Stack } from '../stack.ts';

const BY = 'demo-operator';

/** What the operator does when the switch stops and asks. */
export type WhenAsked = 'mend' | 'look again' | 'roll back';

export function demoOperator(
  handle: SwitchHandle,
  { stack, whenAsked, out }: { stack: Stack; whenAsked: WhenAsked; out: (line: string) => void },
): (event: SwitchEvent) => Promise<void> {
  const approve = async (reason: string): Promise<void> => {
    await offerCommand(handle, 'approve', { by: BY, reason });
  };
  return async (event) => {
    if (event.type !== 'waiting') return;
    const { kind, what, stage } = event.wait;
    if (kind === 'question' && whenAsked === 'mend') {
      out(`   operator: mends the cause ("${what.slice(0, 100)}…") and approves`);
      await stack.setFault('none');
      await approve('the cause is mended');
    }
    // On a busy machine a look may find nobody at home: that is no reason to take the fault away.
    if (kind === 'question' && whenAsked === 'look again') {
      out(`   operator: has it looked at again ("${what.slice(0, 100)}…")`);
      await approve('look again');
    }
    if (kind === 'question' && whenAsked === 'roll back') {
      out(`   operator: rolls back ("${what.slice(0, 100)}…")`);
      await offerCommand(handle, 'rollback', { by: BY, reason: 'asked, and nobody would vouch for it' });
    }
    if (kind === 'approval') {
      out(`   operator: approves ${stage ?? ''}`);
      await approve('the probe board was green for the whole hold');
    }
  };
}

/** What the switch stopped and asked, in order. */
export function questionsIn(events: readonly SwitchEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'waiting' && event.wait.kind === 'question' ? [event.wait.what] : [],
  );
}
