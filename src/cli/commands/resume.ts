/** `cutover resume`: goes on after a pause. */
import { OPERATOR_OPTIONS, send } from '../send.ts';
import type { CommandSpec } from '../spec.ts';

export const resume: CommandSpec = {
  name: 'resume',
  usage: '[service]',
  maxPositionals: 1,
  about: 'Goes on after a pause. The hold under way starts its evidence anew.',
  options: OPERATOR_OPTIONS,
  examples: ['cutover resume docs-rag'],
  run: (context) => send(context, 'resume', {}),
};
