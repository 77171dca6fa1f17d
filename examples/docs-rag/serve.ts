/**
 * Runs the sample service with its edge, queues and traffic until it is stopped, and writes the plan that switches it:
 * `node dist/examples/docs-rag/serve.js [folder]`, default `.cutover/sample`. From the environment, where set: the tokens; SAMPLE_PORTS, one
 * for each of the two entries (default: free ones); SAMPLE_HOST, the address on which the entries listen (default 127.0.0.1).
 */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { identitiesOf, writePlanFile } from './demo/plan-file.ts';
import { startStack } from './stack.ts';

const dir = resolve(process.argv[2] ?? '.cutover/sample');
const secret = (name: string): string => process.env[name] ?? randomBytes(24).toString('base64url');
const ports = (process.env['SAMPLE_PORTS'] ?? '').split(',').filter((port) => port !== '');
const stack = await startStack({
  dir,
  regions: ['eu-west', 'us-east'],
  // Fixed, because a worker is told this address before the sample runs (CLOUDFLARE_BASE_URL).
  ports: { explorer: Number(process.env['SAMPLE_EXPLORER_PORT'] ?? 8899), entries: ports.map(Number) },
  entryHost: process.env['SAMPLE_HOST'] ?? '127.0.0.1',
  tokens: {
    edgeAdmin: secret('CUTOVER_ADMIN_TOKEN'),
    colorAdmin: secret('CUTOVER_COLOR_TOKEN'),
    pinSecrets: [secret('CUTOVER_PIN_SECRET')],
  },
});
await stack.traffic.start();
const plan = await writePlanFile(dir, stack, await identitiesOf(stack));
process.stdout.write(`${JSON.stringify({ ready: true, plan, entries: stack.entries })}\n`);

await new Promise((done) => {
  process.once('SIGINT', done);
  process.once('SIGTERM', done);
});
await stack.close();
process.exit(0);
