/** The end of every crash test: all that must hold, and a line of what was measured. */
import assert from 'node:assert/strict';
import type { SwitchSpec, Switched } from './harness.ts';
import { assertEdge, assertHistory, assertLedger, assertOnce } from './verdict.ts';

export async function assertRight(switched: Switched, spec: SwitchSpec): Promise<string> {
  const { outcome, handle, config, firstGeneration, writes, ledger, events, hits } = switched;
  assert.equal(outcome.kind, spec.outcome, JSON.stringify(outcome));
  assertEdge(config, spec.from, spec.outcome);
  assertOnce(writes, firstGeneration, config.generation);
  assertLedger(ledger);
  const length = await assertHistory(handle);
  const attempts = events.filter((event) => event.type === 'transaction-opened').length;
  const flipped = events.find((event) => event.type === 'flipped');
  return [
    `${outcome.kind} in ${seconds(switched.ms)}`,
    ...hits.map((hit) => `${hit.moment}: still for ${seconds(hit.standstillMs)}`),
    `${attempts} cutover attempt(s)`,
    ...(flipped === undefined ? [] : [`writes frozen ${seconds(flipped.frozenMs ?? 0)}`]),
    ...(outcome.kind === 'rolled-back'
      ? [
          `users back in ${outcome.restoredInMs === null ? 'nothing had left' : seconds(outcome.restoredInMs)}`,
        ]
      : []),
    ledger.find((check) => check.name === 'write-wait')?.detail ?? '',
    `${length} history events`,
  ].join('; ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
