/** What a simulated world's sums show: the same lines as its windows, each fault, and a past. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BUILT_IN_RULE,
  limitsOf,
  type SumsTerms,
  type TrafficSums,
} from '../../src/domain/clusters/index.ts';
import { firstConfig } from '../../src/domain/edge-config.ts';
import { SimulatedWorld, type Fault } from '../../src/providers/simulated/index.ts';
import { simulatedTelemetry, simulatedWarmup } from '../../src/providers/simulated/ports.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const MINUTE = 60_000;
const TICKS = 20;

function makeWorld(...faults: readonly Fault[]) {
  const clock = { now: START };
  const world = new SimulatedWorld({
    service: 'docs',
    from: 'blue',
    to: 'green',
    regions: ['eu', 'us'],
    faults,
  });
  world.now = () => clock.now;
  const set = (weightPercent: number, atMs = clock.now): void => {
    const first = firstConfig({ service: 'docs', from: 'blue', to: 'green' });
    world.history.push({ atMs, config: { ...first, generation: world.history.length + 1, weightPercent } });
  };
  return { world, clock, set, port: simulatedTelemetry(world) };
}

const QUERY = { service: 'docs', regions: [] };
const TERMS: SumsTerms = {
  startMs: START + MINUTE,
  holdMs: TICKS * MINUTE,
  grid: { tickMs: MINUTE, blockTicks: 4, ticks: TICKS },
  to: 'green',
  from: 'blue',
  recent: { startMs: START + 11 * MINUTE, parts: 6 },
  sameFailureMs: MINUTE,
  serverErrors: BUILT_IN_RULE,
  known: ['headers:http_5xx:503'],
  apartBlocks: 1,
};
const RANGE = { ...QUERY, fromMs: TERMS.startMs, toMs: TERMS.startMs + TICKS * MINUTE };

/** Twenty minutes at half of the users. */
async function look(...faults: readonly Fault[]): Promise<TrafficSums> {
  const { port, clock, set } = makeWorld(...faults);
  set(50);
  clock.now = RANGE.toMs;
  return port.sums({ ...QUERY, terms: TERMS }, (seen) => limitsOf(seen, TERMS, 1.25, null));
}

const total = (counts: readonly number[] = []): number => counts.reduce((sum, one) => sum + one, 0);

function shareOf({ parts }: TrafficSums, what: 'slow' | 'own'): number {
  const to = parts[0]?.final?.arms.to ?? assert.fail();
  const events = what === 'own' ? to.own : to.slow['1.25'];
  return total(events?.byBin) / total(to.trials.byBin);
}

void describe('sums of a simulated world', () => {
  void it('are of the lines that its windows count, and of users who stay', async () => {
    const { port, clock, set } = makeWorld();
    set(25);
    clock.now = RANGE.toMs;
    const { slices } = await port.window(RANGE);
    const sums = await port.sums({ ...QUERY, terms: TERMS }, (seen) => limitsOf(seen, TERMS, 1.25, null));
    const { to, from } = sums.parts[0]?.errors.arms ?? assert.fail();
    const requests = (color: string): number =>
      total(slices.filter((one) => one.color === color).map((one) => one.requests));
    assert.equal(total(to.trials.byBin), requests('green'));
    assert.equal(total(from?.trials.byBin), requests('blue'));
    assert.deepEqual(sums.parts.map(({ part }) => part?.name ?? 'all').toSorted(), [
      'all',
      'answer',
      'eu',
      'note.write',
      'us',
    ]);
    const { users } = sums.novelty;
    assert.ok(Math.abs(users.to / (users.to + (users.from ?? 0)) - 0.25) < 0.02);
    assert.ok(total(to.trials.byInstance) === requests('green'), 'every line names its instance');
  });

  void it('show each fault where its gate looks', async () => {
    const healthy = await look();
    assert.deepEqual(healthy.novelty.classes, []);
    assert.ok(shareOf(healthy, 'slow') < 0.02);
    assert.ok(shareOf(await look('slow-tail'), 'slow') > 0.05);
    const [fresh] = (await look('new-error-class')).novelty.classes;
    assert.equal(fresh?.name, 'body:truncated');
    assert.ok(fresh.users > 100 && fresh.byBlock.every((users) => users > 10));
    assert.ok(shareOf(await look('cold-only'), 'slow') < 0.02, 'as fast as the other when warm');
    assert.equal(total((await look('one-sided')).parts[0]?.errors.arms.to.trials.byBin), 0);
    assert.equal(total((await look('telemetry-silent')).parts[0]?.errors.arms.from?.trials.byBin), 0);
    const stale = (await look('telemetry-stale')).parts[0]?.errors.arms.from?.trials.byTick ?? [];
    assert.ok(total(stale.slice(0, TICKS / 2)) > 0 && total(stale.slice(TICKS / 2)) === 0);
    await assert.rejects(look('telemetry-down'), { kind: 'retry' });
  });

  void it('a cold start is paid until the color is warm, whoever asks later', async () => {
    const { world, port, clock, set } = makeWorld('cold-only');
    set(50);
    const coldOf = async (fromMinute: number): Promise<number> => {
      const fromMs = START + fromMinute * MINUTE;
      const { slices } = await port.window({ ...QUERY, fromMs, toMs: fromMs + 5 * MINUTE });
      return total(slices.filter(({ color }) => color === 'green').map(({ cold }) => cold));
    };
    clock.now = START + 5 * MINUTE;
    const before = await coldOf(0);
    await simulatedWarmup(world).warm('green', 4, { idempotencyKey: 'w' });
    clock.now = START + 10 * MINUTE;
    assert.ok(before > 100);
    assert.ok((await coldOf(5)) < 20);
    assert.equal(await coldOf(0), before);
  });

  void it('a weight that was written while the newest lines were read is seen in them the next time', async () => {
    const { port, clock, set } = makeWorld();
    clock.now = START + 5 * MINUTE;
    const query = { ...QUERY, fromMs: START, toMs: clock.now };
    const onTo = async (): Promise<number> =>
      total(
        (await port.window(query)).slices.filter((one) => one.color === 'green').map((one) => one.requests),
      );
    assert.equal(await onTo(), 0);
    set(50, START + 2 * MINUTE);
    assert.ok((await onTo()) > 1000);
  });

  void it('a day before the switch is all on `from`, with a peak in the afternoon', async () => {
    const { port } = makeWorld();
    const range = {
      fromMs: START - 24 * 60 * MINUTE,
      toMs: START,
      blockMs: 60 * MINUTE,
      sameFailureMs: MINUTE,
      serverErrors: BUILT_IN_RULE,
    };
    const day = await port.blocks('blue', { ...QUERY, ...range });
    const trials = day.blocks.map((block) => block?.trials ?? 0);
    // It begins at ten: the fifth hour is the peak, the seventeenth the quietest.
    assert.ok((trials[4] ?? 0) > 2.5 * (trials[16] ?? 0));
    assert.ok(total(trials) > 5000);
    const other = await port.blocks('green', { ...QUERY, ...range });
    assert.ok(other.blocks.every((block) => block === null));
  });
});
