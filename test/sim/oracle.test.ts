/** Rules of the oracle that only some kinds of edge can break: each is broken here once, on purpose. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ended, Invariant } from '../../scripts/sim-switches/oracle/ended.ts';
import { generationsGrow } from '../../scripts/sim-switches/oracle/traffic.ts';
import {
  strangersWeightIsAskedAbout,
  vendorFollows,
  weightsAreMonotone,
} from '../../scripts/sim-switches/oracle/vendor.ts';
import { Ledger, type Fact } from '../../scripts/sim-switches/world/ledger.ts';

const RUN = 'run-1';
const ENDED_MS = 60_000;

interface Day {
  readonly edge: 'native' | 'lossy' | 'router';
  readonly facts?: readonly Fact[];
  /** Share of users on `to` at the end, percent. */
  readonly onTo?: number;
  readonly outcome?: object | null;
  readonly events?: readonly object[];
  /** Generations of the store, one after the other, and whether their writers were told. */
  readonly stored?: readonly (readonly [number, 'acknowledged' | 'unanswered' | 'back'])[];
}

/** Facts are a second apart, from the first second on. */
function said(rule: Invariant, day: Day): string[] {
  const { edge, facts = [], onTo = 0, outcome = null, events = [], stored = [] } = day;
  const ledger = new Ledger();
  for (const [index, fact] of facts.entries()) ledger.note((index + 1) * 1000, fact);
  const history = stored.map(([generation, how], index) => ({
    atMs: index * 1000,
    config: { generation, writer: `${RUN}/${index}` },
    how,
  }));
  const service = {
    ledger,
    scenario: { edge },
    nowMs: ENDED_MS,
    vendor: { on: () => onTo },
    edge: { history },
  };
  const ended = { service, nth: 0, runId: RUN, from: 'blue', to: 'green', outcome, events };
  return [...rule(ended as unknown as Ended)];
}

const weighed = (onTo: number, runId: string | null = RUN): Fact => ({
  kind: 'weighed',
  onTo,
  runId,
  writer: runId === null ? 'a stranger' : `${runId}/${onTo}`,
});
const rolledBack = (...left: string[]): object => ({ kind: 'rolled-back', left });

void describe('the oracle of a vendor’s own weight', () => {
  void it('wants users where the outcome says that they are', () => {
    const day = { edge: 'native', facts: [weighed(50)], onTo: 50 } as const;
    assert.deepEqual(said(vendorFollows, { ...day, outcome: { kind: 'completed' } }), [
      'completed, and 50 % are on green',
    ]);
    assert.deepEqual(said(vendorFollows, { ...day, outcome: rolledBack() }), [
      'rolled back, and 50 % are on green',
    ]);
    assert.deepEqual(
      said(vendorFollows, { ...day, outcome: rolledBack('the edge stands at 50 % on green') }),
      [],
    );
    assert.deepEqual(said(vendorFollows, { ...day, onTo: 0, outcome: rolledBack() }), []);
  });

  void it('wants nobody on a color that is retired', () => {
    const retired = { kind: 'retired', onTo: 99, color: 'blue', runId: RUN, stored: null, jobs: 0 } as const;
    const facts = [weighed(99), { ...retired, regions: [] }];
    assert.deepEqual(said(vendorFollows, { edge: 'native', facts }), [
      '1 % of users were on blue as it was retired',
    ]);
  });

  void it('wants no weight to fall before a rollback', () => {
    const day = { edge: 'native', facts: [weighed(50), weighed(25)] } as const;
    assert.deepEqual(said(weightsAreMonotone, day), ['run-1/25 took the weight from 50 to 25 %']);
    assert.deepEqual(
      said(weightsAreMonotone, { ...day, events: [{ type: 'rollback-started', atMs: 1500 }] }),
      [],
    );
  });

  void it('wants a person to be asked about somebody else’s weight', () => {
    const day = { edge: 'native', facts: [weighed(10), weighed(30, null), weighed(25)] } as const;
    assert.deepEqual(said(strangersWeightIsAskedAbout, day), [
      "run-1/25 set 25 % over a stranger's 30 % and asked nobody",
    ]);
    const asked = { type: 'waiting', wait: { kind: 'question' }, atMs: 2500 };
    assert.deepEqual(said(strangersWeightIsAskedAbout, { ...day, events: [asked] }), []);
  });
});

void describe('the oracle of generations', () => {
  void it('wants none that was acknowledged to be given twice, though the store has lost it', () => {
    const lost = [
      [1, 'acknowledged'],
      [2, 'acknowledged'],
      [1, 'back'],
    ] as const;
    const again = [...lost, [2, 'acknowledged'] as const];
    assert.deepEqual(said(generationsGrow, { edge: 'lossy', stored: again }), [
      'generation 2 is given though 2 was acknowledged',
    ]);
    const above = [...lost, [3, 'acknowledged'] as const];
    assert.deepEqual(said(generationsGrow, { edge: 'lossy', stored: above }), []);
  });

  void it('wants no gap where the store loses nothing', () => {
    const stored = [
      [1, 'acknowledged'],
      [3, 'acknowledged'],
    ] as const;
    assert.deepEqual(said(generationsGrow, { edge: 'router', stored }), ['generation 3 follows 1']);
  });
});
