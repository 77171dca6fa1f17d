/** `cutover tune`: changes holds, thresholds and the steps still ahead of a running switch. */
import { readTune } from '../tune-input.ts';
import { OPERATOR_OPTIONS, send } from '../send.ts';
import { list, text, type CommandSpec } from '../spec.ts';

export const tune: CommandSpec = {
  name: 'tune',
  usage: '[service] (--file <change.yaml> | --set <field>=<value> …)',
  maxPositionals: 1,
  about:
    'Changes canary, audit, hold, rampAhead, gates, freezeMs and fenceMs of a running switch. A field of --set may be written as in a plan (hold.for=30m). A running hold keeps its length; what is past cannot be tuned.',
  options: {
    set: {
      type: 'string',
      multiple: true,
      value: '<field>=<value>',
      help: 'e.g. hold.forMs=30m; may be repeated',
    },
    file: { type: 'string', value: '<yaml>', help: 'a file with the same fields; --set wins over it' },
    ...OPERATOR_OPTIONS,
  },
  examples: [
    'cutover tune docs-rag --set hold.forMs=30m --set gates.latencyRatio=1.4',
    'cutover tune docs-rag --file change.yaml --reason "fewer steps tonight"',
  ],
  run: async (context) =>
    send(context, 'tune', { change: await readTune(text(context, 'file'), list(context, 'set')) }),
};
