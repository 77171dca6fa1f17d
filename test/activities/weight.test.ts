/** A vendor's own weight at a look, and when somebody else has set it: what is put back, what is told, what is left alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { WatchInput } from '../../src/activities/api.ts';
import { readStanding, type Standing } from '../../src/activities/standing.ts';
import type { World } from '../../src/activities/world.ts';
import type { Concern } from '../../src/domain/concern.ts';
import { simulatedTraffic } from '../../src/providers/simulated/edge.ts';
import type { SimulatedTrafficOptions } from '../../src/providers/simulated/manifest.ts';
import { SimulatedWorld, type NativeWeight } from '../../src/providers/simulated/world.ts';
import { RUN, ScriptedStore, TARGETS, workerOver } from './edge/scripted-store.ts';

const OURS: NativeWeight = { atMs: 0, weightPercent: 10, writer: `${RUN}/ramp-10`, generation: 4 };

/** At generation 4 with 10 %, at the vendor too. */
function stand(options: SimulatedTrafficOptions = {}, ...weights: readonly Partial<NativeWeight>[]) {
  const store = new ScriptedStore();
  const world = new SimulatedWorld({ service: 'docs', from: 'blue', to: 'green', regions: [] });
  world.weights.push(OURS, ...weights.map((one) => ({ ...OURS, ...one })));
  store.traffic = simulatedTraffic(world, options);
  return { store, world, now: () => world.weights.at(-1) };
}

async function look(store: ScriptedStore): Promise<readonly Concern[]> {
  const world = {
    realTime: false,
    port: async (name: string) =>
      ({ store: store.port, traffic: store.traffic, color: { health: async () => [] } })[name],
  } as unknown as World;
  const edge = { generation: 4, weightPercent: 10, writer: `${RUN}/` };
  const input = { targets: TARGETS, pinned: null, edge } as unknown as WatchInput;
  const env = new MockActivityEnvironment();
  const { concerns } = await env.run<[], Standing, () => Promise<Standing>>(() => readStanding(world, input));
  return concerns.filter(({ kind }) => kind !== 'from-unfit');
}

void describe('a look at a vendor’s own weight', () => {
  void it('says nothing of the weight that was set', async () => {
    const { store, world } = stand();
    assert.deepEqual(await look(store), []);
    assert.equal(world.weights.length, 1);
  });

  void it('puts back what the vendor forgot, and says so', async () => {
    const { store, now } = stand({ volatile: true }, { weightPercent: 0, writer: null, generation: 0 });
    const [concern] = await look(store);
    assert.equal(concern?.kind, 'weight-put-back');
    assert.match(concern.what, /stood at 0 % on green and was put back to 10 %: the vendor had started anew/);
    assert.deepEqual([now()?.weightPercent, now()?.writer], [10, OURS.writer]);
    assert.deepEqual(await look(store), []);
  });

  void it('puts back what an attempt of ours set too late', async () => {
    const late = { weightPercent: 5, writer: `${RUN}/ramp-5`, generation: 3 };
    for (const memory of ['tagged', 'named'] as const) {
      const { store, now } = stand({ memory }, late);
      assert.match((await look(store))[0]?.what ?? '', /an attempt that came late had set it/);
      assert.equal(now()?.weightPercent, 10);
    }
  });

  void it('leaves a weight alone that is on its way back', async () => {
    const { store, world } = stand({}, { weightPercent: 0, writer: `${RUN}/rollback`, generation: 5 });
    assert.deepEqual(await look(store), []);
    assert.equal(world.weights.length, 2);
  });

  for (const [who, options, one] of [
    ['somebody with a name', {}, { weightPercent: 70, writer: 'codedeploy' }],
    ['anybody, where the vendor cannot tell', { memory: 'none' }, { weightPercent: 70 }],
  ] as const) {
    void it(`tells what ${who} set and does not touch it`, async () => {
      const { store, world } = stand(options, one);
      const [concern] = await look(store);
      assert.equal(concern?.kind, 'edge-weight');
      assert.match(concern.what, /set the weight: 70 % on green stands there, not 10 %/);
      assert.equal(concern.weightPercent, 70);
      assert.equal(world.weights.length, 2);
    });
  }
});

void describe('a forward write over a vendor’s own weight', () => {
  const RAMP = {
    step: 'ramp-25',
    expected: 4,
    patch: { weightPercent: 25 },
    movesUsers: true,
    seenWithinMs: 300,
  } as const;

  void it('writes the config, then the weight, and tells what it read back', async () => {
    const { store, now } = stand();
    const { result } = await workerOver(store)('writeEdge', RAMP);
    assert.deepEqual([result?.weightPercent, result?.generation, result?.seen], [25, 5, true]);
    assert.deepEqual([now()?.weightPercent, now()?.generation, now()?.writer], [25, 5, `${RUN}/ramp-25`]);
    assert.match(result?.detail ?? '', /^1 region\(s\) serve generation 5$/);
  });

  void it('does not write over somebody else’s before a person agreed to it', async () => {
    const { store, now } = stand({}, { weightPercent: 70, writer: 'codedeploy' });
    const { failure } = await workerOver(store)('writeEdge', RAMP);
    assert.equal(failure?.type, 'EdgeConflict');
    assert.match(failure.message, /somebody else set the weight: 70 % by codedeploy/);
    assert.deepEqual([store.stored?.generation, now()?.weightPercent], [4, 70]);
    const { result } = await workerOver(store)('writeEdge', { ...RAMP, over: 'codedeploy' });
    assert.deepEqual([result?.weightPercent, now()?.weightPercent], [25, 25]);
  });

  void it('is not seen while the vendor shows another weight', async () => {
    const { store } = stand({ lagMs: 5000 });
    const { result } = await workerOver(store)('writeEdge', { ...RAMP, seenWithinMs: 100 });
    assert.deepEqual([result?.seen, result?.behind, result?.weightPercent], [false, ['the traffic'], 10]);
  });

  void it('a later generation at the vendor wins', async () => {
    const { store, now } = stand({}, { writer: `${RUN}/rollback`, weightPercent: 0, generation: 9 });
    const { failure } = await workerOver(store, { maxAttempts: 1 })('writeEdge', RAMP);
    assert.equal(failure?.type, 'Reread');
    assert.equal(now()?.weightPercent, 0);
  });
});
