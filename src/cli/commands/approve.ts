/** `cutover approve`: approves the stage that waits, or a named one ahead of time. */
import { UserError } from '../../domain/errors.ts';
import { STAGES, type Stage } from '../../domain/stage.ts';
import { nearest } from '../../plan/nearest.ts';
import { OPERATOR_OPTIONS, send } from '../send.ts';
import { text, type CommandSpec } from '../spec.ts';

export const approve: CommandSpec = {
  name: 'approve',
  usage: '[service]',
  maxPositionals: 1,
  about:
    'Approves what the switch waits for: a stage that the plan wants approved, or a question it asked. With --stage it approves a stage ahead of time. A plan may name who may approve, and how many are needed.',
  options: {
    stage: { type: 'string', value: '<stage>', help: `approve this one: ${STAGES.join(', ')}` },
    ...OPERATOR_OPTIONS,
  },
  examples: ['cutover approve docs-rag', 'cutover approve docs-rag --stage decommission --by ana'],
  run: async (context) => {
    const given = text(context, 'stage');
    return send(context, 'approve', given === undefined ? {} : { stage: stageOf(given) });
  },
};

function stageOf(given: string): Stage {
  const stage = STAGES.find((one) => one === given);
  if (stage !== undefined) return stage;
  const meant = nearest(given, STAGES);
  throw new UserError(`--stage: there is no stage ${JSON.stringify(given.slice(0, 60))}`, {
    hint: meant === null ? `stages are ${STAGES.join(', ')}` : `did you mean ${meant}?`,
  });
}
