/** `cutover history`: everything that happened in a switch, a line an event. */
import { readEvents, readStatus } from '../../client/index.ts';
import { EXIT } from '../exit-codes.ts';
import { eventLine } from '../render/event-line.ts';
import { findingLines } from '../render/findings.ts';
import { RUN_OPTION, TEMPORAL_OPTIONS, text, type CommandSpec } from '../spec.ts';
import { resolveService, withTemporal } from '../temporal.ts';

export const history: CommandSpec = {
  name: 'history',
  usage: '[service]',
  maxPositionals: 1,
  about:
    'Prints every event of a switch, oldest first; times are UTC. The latest run unless --run names another.',
  options: { ...RUN_OPTION, ...TEMPORAL_OPTIONS },
  examples: ['cutover history docs-rag', 'cutover history docs-rag --json | jq .events[].type'],
  run: async (context) =>
    withTemporal(context, async ({ client }) => {
      const { out } = context;
      const service = await resolveService(client, context);
      const run = text(context, 'run');
      const events = await readEvents(client, service, run);
      if (out.json) {
        const { workflowId, runId, execution } = await readStatus(client, service, run);
        out.document({ service, workflowId, runId, execution, events });
      }
      const day = events[0] === undefined ? '' : new Date(events[0].atMs).toISOString().slice(0, 10);
      if (day !== '') out.line(out.paint('dim', `${service}, ${day}, times in UTC`));
      for (const event of events) {
        out.line(eventLine(event, out.paint));
        if (event.type !== 'findings') continue;
        for (const line of findingLines(event.findings, out.width - 2, out.paint)) out.line(`  ${line}`);
      }
      return EXIT.ok;
    }),
};
