/** `cutover pause`: stops moving on; gates keep judging. */
import { OPERATOR_OPTIONS, send } from '../send.ts';
import type { CommandSpec } from '../spec.ts';

export const pause: CommandSpec = {
  name: 'pause',
  usage: '[service]',
  maxPositionals: 1,
  about:
    'Stops the switch where it is; gates keep judging, and a red one still rolls back. In the cutover transaction it takes effect at its end. A pause has a deadline (plan: pause).',
  options: OPERATOR_OPTIONS,
  examples: ['cutover pause docs-rag --reason "support is looking at a ticket"'],
  run: (context) => send(context, 'pause', {}),
};
