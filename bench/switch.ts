/**
 * What one reference switch costs on the server: events, bytes and Actions of its history.
 * Run: node --import tsx bench/switch.ts
 */
import { rehearseReference } from '../test/support/reference.ts';
import { sharedServer } from '../test/support/temporal.ts';

const { outcome, rehearsedMs, realMs, cost } = await rehearseReference(await sharedServer());
const rows: [string, number, number][] = [
  ['events', cost.events, 200],
  ['bytes', cost.bytes, 150 * 1024],
  ['actions', cost.actions, 45],
];
process.stdout.write(
  `reference switch ${outcome.kind}: ${Math.round(rehearsedMs / 60_000)} min, rehearsed in ${Math.round(realMs / 1000)} s\n`,
);
for (const [name, value, budget] of rows) {
  process.stdout.write(`${name.padEnd(8)} ${String(value).padStart(8)}  budget ${budget}\n`);
}
process.stdout.write(`looks and polls (further attempts): ${cost.retries}\n${JSON.stringify(cost.byType)}\n`);
if (process.argv.includes('--outcome')) process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.exit(0);
