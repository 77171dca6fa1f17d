/** `cutover demo`: a real switch of the sample service on this machine; with a fault, it comes back. */
import { FAULTS } from '../../demo/endings.ts';
import { eventLine } from '../render/event-line.ts';
import { flag, text, type CommandSpec } from '../spec.ts';

export const demo: CommandSpec = {
  name: 'demo',
  usage: '',
  maxPositionals: 0,
  about:
    'Runs a Temporal server, an edge, queues, a RAG service in two colors and user traffic on this machine, and switches it over. With --fault it breaks the new color so that you can watch it come back (exit 0 if it does).',
  options: {
    fault: { type: 'string', value: '<name>', help: `break the new color in this way: ${FAULTS.join(', ')}` },
    plain: { type: 'boolean', help: 'switch a service that only answers: no queue, no cache, no writes' },
    keep: { type: 'boolean', help: 'leave everything running at the end, to look at (--no-keep: stop it)' },
  },
  examples: [
    'cutover demo',
    'cutover demo --fault bad-index',
    'cutover demo --plain',
    'cutover demo --no-keep --json',
  ],
  ownsSignals: true,
  run: async (context) => {
    const { out } = context;
    const { runDemo } = await import('../../demo/index.ts');
    return runDemo({
      fault: text(context, 'fault') ?? 'none',
      plain: flag(context, 'plain'),
      keep: flag(context, 'keep', out.live),
      json: out.json,
      line: (event) => eventLine(event, out.paint),
      out: (line) => (out.json ? out.raw(`${line}\n`) : out.line(line)),
    });
  },
};
