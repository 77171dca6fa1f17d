/** `cutover status`: where a switch stands; `--watch` repaints it until it ends. */
import { UserError } from '../../domain/errors.ts';
import { parseDuration } from '../../domain/duration.ts';
import { EXIT, outcomeExit } from '../exit-codes.ts';
import { readView, watch } from '../watch.ts';
import { watchLines } from '../render/watch.ts';
import { flag, RUN_OPTION, TEMPORAL_OPTIONS, text, type CommandSpec, type Context } from '../spec.ts';
import { resolveService, withTemporal } from '../temporal.ts';

export const status: CommandSpec = {
  name: 'status',
  usage: '[service]',
  maxPositionals: 1,
  about:
    'Shows desired and actual weight, stages, the hold, gates with tallies, and the one thing waited for. With --watch it repaints until the switch ends, and exits with its outcome (0, 4, 5 or 6). Without a terminal it prints a block on each change.',
  options: {
    watch: { type: 'boolean', short: 'w', help: 'repaint until the switch ends; with --json: NDJSON' },
    interval: { type: 'string', value: '<duration>', help: 'between two looks with --watch (default 1s)' },
    ...RUN_OPTION,
    ...TEMPORAL_OPTIONS,
  },
  examples: [
    'cutover status',
    'cutover status docs-rag --watch',
    'cutover status docs-rag --watch --interval 5s --json',
  ],
  run: async (context) => {
    const everyMs = intervalOf(context);
    return withTemporal(context, async ({ client }) => {
      const { out } = context;
      const service = await resolveService(client, context);
      const runId = text(context, 'run');
      if (flag(context, 'watch')) {
        const outcome = await watch(context, { client, service, runId, everyMs });
        return outcomeExit(outcome);
      }
      const view = await readView(client, service, runId);
      const { width, paint } = out;
      for (const line of watchLines(view, { width, paint, height: 200, nowMs: Date.now() })) out.line(line);
      out.document({ service, ...view.status, outcome: view.outcome });
      return EXIT.ok;
    });
  },
};

function intervalOf(context: Context): number {
  const given = text(context, 'interval') ?? '1s';
  const ms = parseDuration(given);
  if (ms !== null && ms >= 200 && ms <= 3_600_000) return ms;
  throw new UserError(
    `--interval must be a duration from 200ms to 1h, not ${JSON.stringify(given.slice(0, 40))}`,
    {
      hint: 'e.g. --interval 2s',
    },
  );
}
