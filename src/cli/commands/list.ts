/** `cutover list`: the switches of a namespace, newest first. */
import { listSwitches, type SwitchListing } from '../../client/index.ts';
import { UserError } from '../../domain/errors.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../render/text.ts';
import { flag, TEMPORAL_OPTIONS, text, type CommandSpec } from '../spec.ts';
import { withTemporal } from '../temporal.ts';

export const list: CommandSpec = {
  name: 'list',
  usage: '',
  maxPositionals: 0,
  about: 'Lists the switches of this namespace, newest first, open and closed ones.',
  options: {
    open: { type: 'boolean', help: 'only those that are running' },
    limit: { type: 'string', value: '<n>', help: 'at most this many (default 50)' },
    ...TEMPORAL_OPTIONS,
  },
  examples: ['cutover list', 'cutover list --open --json'],
  run: async (context) => {
    const limit = Number(text(context, 'limit') ?? '50');
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
      throw new UserError('--limit must be a whole number from 1 to 10000', { hint: 'e.g. --limit 20' });
    }
    return withTemporal(context, async ({ client, namespace }) => {
      const switches = await listSwitches(client, limit, { open: flag(context, 'open') });
      const { out } = context;
      out.document({ namespace, switches });
      if (switches.length === 0) out.line(`no switch in namespace ${namespace}`);
      const rows = switches.map((one) => [
        one.service,
        endingOf(one),
        `${one.startedAt.slice(0, 16).replace('T', ' ')}Z`,
        one.startedBy,
        one.runId,
      ]);
      if (rows.length > 0) {
        const [head = '', ...lines] = table([['SERVICE', 'STATUS', 'STARTED', 'BY', 'RUN'], ...rows]);
        out.line(out.paint('dim', head));
        for (const line of lines) out.line(line);
      }
      return EXIT.ok;
    });
  },
};

/** Temporal calls a switch completed that rolled back; without the search attribute it is only known to have ended. */
function endingOf({ outcome, execution }: SwitchListing): string {
  return outcome ?? (execution === 'COMPLETED' ? 'ended' : execution.toLowerCase());
}
