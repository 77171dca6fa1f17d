/** What the commands that operators send have in common: options, sending, and printing the answer. */
import { sendCommand, switchWorkflowId } from '../client/index.ts';
import type { CommandName } from '../domain/command.ts';
import type { CommandInput } from '../workflows/messages.ts';
import { EXIT } from './exit-codes.ts';
import { BY_OPTION, TEMPORAL_OPTIONS, text, who, type Context, type OptionSpec } from './spec.ts';
import { resolveService, withTemporal } from './temporal.ts';

/** Options of every operator command. */
export const OPERATOR_OPTIONS = {
  reason: { type: 'string', value: '<text>', help: 'why; stands in the history and in the report' },
  ...BY_OPTION,
  'command-id': {
    type: 'string',
    value: '<id>',
    help: 'any unique text; a command sent twice with one id is one command',
  },
  ...TEMPORAL_OPTIONS,
} as const satisfies Record<string, OptionSpec>;

/** What a command adds to who, why and its id. */
export type Extra<N extends CommandName> = Omit<CommandInput<N>, 'by' | 'reason' | 'commandId'>;

/** Sends a command and prints the switch's answer. */
export async function send<N extends CommandName>(
  context: Context,
  name: N,
  extra: Extra<N>,
): Promise<number> {
  const by = who(context);
  const reason = text(context, 'reason');
  const commandId = text(context, 'command-id');
  return withTemporal(context, async ({ client }) => {
    const service = await resolveService(client, context);
    const input = {
      ...extra,
      by,
      ...(reason === undefined ? {} : { reason }),
      ...(commandId === undefined ? {} : { commandId }),
    } as unknown as Omit<CommandInput<N>, 'commandId'> & { commandId?: string };
    const handle = client.workflow.getHandle(switchWorkflowId(service));
    const { answer, answered, way } = await sendCommand(handle, name, input);
    context.out.line(
      `${context.out.paint(answered ? 'good' : 'warn', answered ? '✔' : '…')} ${service}: ${answer}`,
    );
    context.out.document({ service, command: name, by, answer, answered, way });
    return EXIT.ok;
  });
}
