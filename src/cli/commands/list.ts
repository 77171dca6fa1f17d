/** `cutover list`: the switches of a namespace, newest first. */
import type { Client } from '@temporalio/client';
import { listSwitches, type SwitchListing } from '../../client/index.ts';
import { UserError } from '../../domain/errors.ts';
import { EXIT } from '../exit-codes.ts';
import { endingOf } from '../follow.ts';
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
      const found = await listSwitches(client, limit);
      const switches = flag(context, 'open') ? found.filter((one) => one.execution === 'RUNNING') : found;
      const { out } = context;
      const endings = await endingsOf(client, switches);
      out.document({
        namespace,
        switches: switches.map((one, index) => ({ ...one, outcome: endings[index] ?? null })),
      });
      if (switches.length === 0) out.line(`no switch in namespace ${namespace}`);
      const rows = switches.map((one, index) => [
        one.service,
        endings[index] ?? one.execution.toLowerCase(),
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

/** At once, at most. */
const LOOKS = 10;

/** Temporal calls a switch completed that rolled back; its result says which. Null for one that runs. */
async function endingsOf(client: Client, switches: readonly SwitchListing[]): Promise<(string | null)[]> {
  const endings: (string | null)[] = [];
  for (let at = 0; at < switches.length; at += LOOKS) {
    const some = switches.slice(at, at + LOOKS);
    endings.push(
      ...(await Promise.all(
        some.map(async ({ execution, service, runId }) =>
          execution === 'COMPLETED' ? (await endingOf(client, service, runId)).how : null,
        ),
      )),
    );
  }
  return endings;
}
