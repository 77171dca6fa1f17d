/**
 * A process that starts a server and then hangs; temporal-server.test.ts kills it with -9.
 * It prints the server's pid and address as JSON.
 */
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';

const { pid, address } = await startTemporalServer({ headless: true });
process.stdout.write(`${JSON.stringify({ pid, address })}\n`);
setInterval(() => undefined, 1_000);
