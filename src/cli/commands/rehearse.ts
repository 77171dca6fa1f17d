/** `cutover rehearse`: the same workflow on a skipped clock against simulated ports. */
import { FAULT_NAMES } from '../../providers/simulated/faults.ts';
import { eventLine } from '../render/event-line.ts';
import { flag, required, text, type CommandSpec } from '../spec.ts';

export const rehearse: CommandSpec = {
  name: 'rehearse',
  usage: '<cutover.yaml>',
  maxPositionals: 1,
  about:
    'Runs a plan in seconds: the same workflow on a real Temporal server, its clock skipped, the world simulated. With --fault it shows what the plan would do about it (exit 0 if it rolls back as it should).',
  options: {
    fault: { type: 'string', value: '<name>', help: `what goes wrong: ${FAULT_NAMES.join(', ')}` },
    keep: { type: 'boolean', help: 'leave the server running at the end, to look at its history' },
  },
  examples: ['cutover rehearse cutover.yaml', 'cutover rehearse cutover.yaml --fault bad-index'],
  ownsSignals: true,
  run: async (context) => {
    const { out } = context;
    const planPath = required(context, 0, 'the plan file');
    const { rehearse: run } = await import('../../rehearse/index.ts');
    return run({
      planPath,
      fault: text(context, 'fault') ?? null,
      keep: flag(context, 'keep'),
      json: out.json,
      line: (event) => eventLine(event, out.paint),
      out: (line) => (out.json ? out.raw(`${line}\n`) : out.line(line)),
    });
  },
};
