/** `cutover override`: a gate decides no longer, or the present hold or wait ends as if it had passed. */
import { UserError } from '../../domain/errors.ts';
import { BUILT_IN_GATES, type GateName } from '../../domain/gate.ts';
import { nearest } from '../../plan/nearest.ts';
import { OPERATOR_OPTIONS, send } from '../send.ts';
import { flag, text, type CommandSpec } from '../spec.ts';

export const override: CommandSpec = {
  name: 'override',
  usage: '[service] --reason <text> (--gate <gate> | --hold)',
  maxPositionals: 1,
  about:
    'Takes a decision that the playbook left to a gate. The reason stands in the report. --gate ignores one gate from now on; --hold ends the present hold or wait as if it had passed.',
  options: {
    gate: { type: 'string', value: '<gate>', help: `one of ${BUILT_IN_GATES.join(', ')}, custom:<name>` },
    hold: { type: 'boolean', help: 'end the present hold or wait' },
    ...OPERATOR_OPTIONS,
  },
  examples: [
    'cutover override docs-rag --gate cache --reason "prefix was purged by hand"',
    'cutover override docs-rag --hold --reason "peak fell on a holiday"',
  ],
  run: async (context) => {
    const gate = text(context, 'gate');
    const hold = flag(context, 'hold');
    if ((gate === undefined) === !hold) {
      throw new UserError('override needs either --gate or --hold', { hint: 'e.g. --gate cache' });
    }
    if (text(context, 'reason') === undefined) {
      throw new UserError('override needs --reason', { hint: 'say why, for the report: --reason "<text>"' });
    }
    return send(context, 'override', gate === undefined ? { hold: true } : { gate: gateOf(gate) });
  },
};

function gateOf(given: string): GateName {
  if (given.startsWith('custom:')) return given as GateName;
  const gate = BUILT_IN_GATES.find((one) => one === given);
  if (gate !== undefined) return gate;
  const meant = nearest(given, BUILT_IN_GATES);
  throw new UserError(`--gate: there is no gate ${JSON.stringify(given.slice(0, 60))}`, {
    hint: meant === null ? `gates are ${BUILT_IN_GATES.join(', ')}, custom:<name>` : `did you mean ${meant}?`,
  });
}
