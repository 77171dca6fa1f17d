/**
 * The Temporal server that tests share. Import it at the top of a test file and call `sharedServer()` anywhere.
 * Invariant: one server per process tree: CUTOVER_TEST_TEMPORAL (an address) if set, else one that is started on first use,
 * announced to child processes by that variable. It is killed when this process exits (guarded-child.ts) and not by an `after`
 * hook: hooks run in the order of registration, and a worker whose server went first retries its last call for ten seconds and more.
 */
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';
import type { TemporalServer } from '../../src/dev-server/server.ts';

/** What a test needs to connect. */
export interface SharedServer {
  readonly address: string;
  readonly namespace: string;
  /** Web UI, if this process started the server. */
  readonly uiUrl: string | undefined;
}

let started: Promise<TemporalServer> | undefined;

/** Environment without settings that would lead a test to somebody's real server. */
export function testEnv(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(kept), ...extra };
}

/** The shared dev server, time skipping on, cutover's search attributes registered. */
export async function sharedServer(): Promise<SharedServer> {
  const address = process.env['CUTOVER_TEST_TEMPORAL'];
  if (!started && address) return { address, namespace: 'default', uiUrl: undefined };
  started ??= startTemporalServer({ env: testEnv() });
  const server = await started;
  process.env['CUTOVER_TEST_TEMPORAL'] = server.address;
  return server;
}
