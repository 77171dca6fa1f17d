/** Rehearsed switches over telemetry that counts requests and knows no users. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SwitchEvent } from '../../src/domain/event.ts';
import { gatesThatNeed } from '../../src/domain/gate.ts';
import type { GateSummary } from '../../src/domain/gate-record.ts';
import { rehearseReference, WITHOUT_QUEUE, type Rehearsed } from '../support/reference.ts';
import { sharedServer } from '../support/temporal.ts';

const PROMETHEUS = `telemetry:
  use: prometheus
  url: http://127.0.0.1:19090
  requests: 'sum(increase(requests_total{color="{{color}}"}[{{window}}s]))'
  failures: 'sum(increase(failures_total{color="{{color}}"}[{{window}}s]))'
`;
const TEXT = WITHOUT_QUEUE.replace(/^telemetry: .*\n/m, PROMETHEUS);

async function rehearse(more = '', fault?: 'new-error-class'): Promise<Rehearsed> {
  return rehearseReference(await sharedServer(), {
    text: TEXT,
    // The way to the next peak is hours of looks at one time of day and none at another.
    more: `hold: { peak: none }\n${more}`,
    ...(fault === undefined ? {} : { fault }),
  });
}

interface Seen extends GateSummary {
  readonly step: string;
}

function gatesOf(events: readonly SwitchEvent[]): Seen[] {
  return events.flatMap((event) =>
    event.type === 'looked' ? event.gates.map((one) => ({ ...one, step: event.step })) : [],
  );
}

void describe('a rehearsal over counters and histograms', { concurrency: 2 }, () => {
  void it('of a healthy color completes by what probes prove, and says what nobody could ask', async () => {
    const { outcome, events } = await rehearse();
    assert.equal(outcome.kind, 'completed', JSON.stringify(outcome));
    const gates = gatesOf(events);
    const rates = gates.filter(({ gate }) => gate === 'error-rate');
    assert.ok(rates.length > 0);
    assert.deepEqual([...new Set(rates.map(({ verdict }) => verdict))], ['inconclusive']);
    const blind = gates.filter(({ gate, step }) => step !== 'shadow' && BLIND.includes(gate));
    assert.ok(blind.length > 0);
    assert.deepEqual([...new Set(blind.map(({ verdict }) => verdict))], ['skipped']);
    assert.match(blind[0]?.summary ?? '', /^prometheus counts requests/);
    const findings = events.flatMap((event) => (event.type === 'findings' ? event.findings : []));
    assert.ok(findings.some(({ code }) => code === 'telemetry-without-users'));
  });

  void it('of a color over the limit twice asks a person, and fails and proves nothing by itself', async () => {
    const { events } = await rehearse('gates: { advisory: [error-novelty, schema] }\n', 'new-error-class');
    const rates = gatesOf(events).filter(({ gate }) => gate === 'error-rate');
    assert.deepEqual([...new Set(rates.map(({ verdict }) => verdict))], ['inconclusive']);
    const asked = events.flatMap((event) =>
      event.type === 'waiting' && event.wait.kind === 'question' ? [event.wait.what] : [],
    );
    assert.match(asked.join('\n'), /error-rate: Over the limit at two looks running: /);
    assert.match(asked.join('\n'), /simulated counts requests and not users/);
  });
});

const BLIND: readonly string[] = gatesThatNeed('lines');
