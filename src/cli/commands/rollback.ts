/** `cutover rollback`: sends everybody back to the old color. */
import { OPERATOR_OPTIONS, send } from '../send.ts';
import type { CommandSpec } from '../spec.ts';

export const rollback: CommandSpec = {
  name: 'rollback',
  usage: '[service]',
  maxPositionals: 1,
  about:
    'Sends everybody back to the old color: traffic first, in one write, then jobs, caches and warmth. Legal in every stage before decommission.',
  options: OPERATOR_OPTIONS,
  examples: ['cutover rollback docs-rag --reason "answers cite the wrong pages"', 'cutover rollback'],
  run: (context) => send(context, 'rollback', {}),
};
