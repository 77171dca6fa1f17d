/** The demo's operator: approves what the plan wants approved, and mends what the switch asks about. */
import { sendCommand } from '../client/command.ts';
import type { SwitchHandle } from '../client/start.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Stack } from '../../examples/docs-rag/stack.ts';

const BY = 'demo-operator';

export function demoOperator(
  handle: SwitchHandle,
  stack: Stack,
  out: (line: string) => void,
): (event: SwitchEvent) => Promise<void> {
  return async (event) => {
    if (event.type !== 'waiting') return;
    if (event.wait.kind === 'question') {
      out(`   operator: mends the cause ("${event.wait.what.slice(0, 100)}…") and approves`);
      await stack.setFault('none');
      await approve(handle, 'the cause is mended');
    }
    if (event.wait.kind === 'approval') {
      out(`   operator: approves ${event.wait.stage ?? ''}`);
      await approve(handle, 'the probe board was green for the whole hold');
    }
  };
}

async function approve(handle: SwitchHandle, reason: string): Promise<void> {
  await sendCommand(handle, 'approve', { by: BY, reason });
}
