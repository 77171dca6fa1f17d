/** Prints one switch: what the engine said and what the world saw, side by side by the switch's clock. */
import type { Ended } from './oracle/ended.ts';

const QUIET: ReadonlySet<string> = new Set(['telemetry', 'depth', 'custom']);

export function trace({ service, nth, events, outcome, failure, history }: Ended): void {
  const said = events.map(({ atMs, ...fact }) => ({ atMs, text: `  said  ${short(fact)}` }));
  const seen = service.ledger.entries
    .filter((one) => one.nth === nth && !QUIET.has(one.kind))
    .map(({ atMs, seq: _seq, nth: _nth, ...fact }) => ({ atMs, text: `world   ${short(brief(fact))}` }));
  console.log(`--- switch ${nth + 1} of ${service.name}: ${JSON.stringify(service.current)}`);
  for (const { atMs, text } of [...said, ...seen].sort((a, b) => a.atMs - b.atMs))
    console.log(`${new Date(atMs).toISOString().slice(5, 23)} ${text}`);
  console.log(`--- ${outcome?.kind ?? failure ?? 'never ended'}, ${history.length} history events`);
}

function brief(fact: object): object {
  const state =
    'state' in fact ? (fact.state as { stage: string; wait: unknown; actualPercent: unknown }) : null;
  if (state === null) return fact;
  return { kind: 'said', stage: state.stage, actualPercent: state.actualPercent, wait: state.wait };
}

function short(fact: object): string {
  return JSON.stringify(fact).slice(0, 420);
}
