/** One watch, attempt by attempt, over ports that a test holds in its hand: when it looks, what it tells, what it keeps, how it ends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { WatchInput, WatchProgress, WatchResult } from '../../src/activities/api.ts';
import type { Targets } from '../../src/domain/targets.ts';
import { watchActivities } from '../../src/activities/watch.ts';
import type { World } from '../../src/activities/world.ts';
import { pinnedOf } from '../../src/domain/concern.ts';
import { EvidenceGoneError } from '../../src/domain/errors.ts';
import type { AskedGate, Verdict } from '../../src/domain/gate.ts';
import type { LookInput, TrafficCounts } from '../../src/domain/look-input.ts';
import { askedGates } from '../../src/domain/asked-gates.ts';
import type { ProbeRun } from '../../src/domain/probe.ts';
import { colorOf } from '../support/scripted-ports.ts';
import { scriptedPlan } from '../support/plans.ts';
import { ScriptedService } from '../support/scripted-service.ts';
import { scriptedWorld, withPorts } from '../support/scripted-world.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 15, 12);

/** Runs attempt after attempt at the times the watch asks for, as the server would. */
class Watch {
  readonly service = new ScriptedService('docs');
  readonly signals: WatchProgress[] = [];
  readonly heartbeats: number[] = [];
  readonly rounds: number[] = [];
  /** What the pauses between looks say in the Temporal UI. */
  readonly pauses: string[] = [];
  /** How far back the error classes of `from` were asked for. */
  readonly cataloguesMs: number[] = [];
  readonly windows: { readonly fromMs: number; readonly toMs: number }[] = [];
  readonly world: World;
  input!: WatchInput;
  nowMs = START;
  #kept: unknown = undefined;

  constructor() {
    const world = scriptedWorld(new Map([['docs', this.service]]));
    this.world = {
      ...withPorts(world, {
        telemetry: async (targets) => ({
          ...(await world.port('telemetry', targets)),
          catalogue: async (_, { fromMs, toMs }) => {
            this.cataloguesMs.push(toMs - fromMs);
            return { requests: 0, users: 0, classes: {} };
          },
          window: async (query): Promise<TrafficCounts> => {
            this.service.fail('telemetry');
            this.windows.push(query);
            return { ...query, freshestMs: null, slices: [], flipBacks: 0, foreignCacheLookups: 0 };
          },
        }),
        evidence: async (targets) => {
          const store = await world.port('evidence', targets);
          return {
            ...store,
            get: async (digest) => {
              if (!this.service.evidence.has(digest))
                throw new EvidenceGoneError('memory', `no evidence ${digest}`);
              return store.get(digest);
            },
          };
        },
      }),
      now: () => this.nowMs,
      prober: async (targets, probes) => ({
        ...(await world.prober(targets, probes)),
        // No two rounds are alike: each is a document of its own.
        run: async (_, { round }) => {
          this.rounds.push(round);
          return [answer(round)];
        },
      }),
    };
  }

  static async of(change: Partial<WatchInput> = {}): Promise<Watch> {
    const one = new Watch();
    const plan = await scriptedPlan('docs');
    const { from, to, entry, providers } = plan;
    const colorUrls = { blue: plan.colors.blue.url, green: plan.colors.green.url };
    const targets: Targets = {
      switchId: 'run-1',
      startedMs: START,
      service: 'docs',
      from,
      to,
      entry,
      colorUrls,
      providers,
    };
    const color = colorOf(one.service);
    const identity = {
      INDEX_HASH: 'h1',
      metric: 'cosine',
      analyzer: 'en',
      embedModel: 'm1',
      reranker: 'none',
    };
    one.service.strangerWrites({});
    one.input = {
      targets,
      stage: 'hold',
      step: 'hold',
      everyMs: 5 * MINUTE,
      looks: 12,
      windowMs: null,
      lookPlan: { looks: 12, extensions: 2 },
      weightPercent: 100,
      deadLetters: null,
      rounds: 1,
      replay: 0,
      regions: [],
      gates: askedGates(plan, 'hold'),
      settings: { ...plan.gates, off: [] },
      probes: plan.probes,
      customGates: plan.customGates,
      allowErrors: [],
      expected: { blue: identity, green: identity },
      pinned: { blue: pinnedOf(await color.health('blue')), green: pinnedOf(await color.health('green')) },
      edge: { generation: 1, weightPercent: null, writer: null },
      baseline: null,
      watchesSchedules: true,
      openDialogs: null,
      ...change,
    };
    return one;
  }

  get kept(): { readonly last: WatchResult | null } {
    return this.#kept as { readonly last: WatchResult | null };
  }

  /** Attempts until the watch ends, or `attempts` of them. */
  async run(attempts: number): Promise<WatchResult | null> {
    const { watchGates } = watchActivities(this.world);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const client = {
        withAbortSignal: (_: unknown, perform: () => unknown) => perform(),
        workflow: {
          getHandle: () => ({
            signal: async (_: string, progress: WatchProgress) => void this.signals.push(progress),
          }),
        },
      };
      const begunMs = Date.now();
      const env = new MockActivityEnvironment(
        {
          heartbeatDetails: this.#kept,
          scheduledTimestampMs: START,
          currentAttemptScheduledTimestampMs: this.nowMs,
          workflowExecution: { workflowId: 'cutover/docs', runId: 'r' },
        },
        { client: client as never },
      );
      env.on('heartbeat', (details: unknown) => {
        this.#kept = details;
        this.heartbeats.push(JSON.stringify(details).length);
      });
      try {
        return await env.run(watchGates as never, this.input as never);
      } catch (cause) {
        if (!(cause instanceof ApplicationFailure) || cause.type !== 'LookAgain') throw cause;
        this.pauses.push(cause.message);
        this.nowMs += Number(cause.nextRetryDelay) + Date.now() - begunMs;
      }
    }
    return null;
  }
}

function answer(round: number): ProbeRun {
  return {
    probeId: 'q0',
    paraphrase: 0,
    seed: 0,
    color: 'green',
    round,
    sentAtMs: START,
    error: 'connect:refused',
    violations: [],
    answerClass: 'empty',
    sectionIds: [],
    sectionsFrom: 'cited',
    deltaS: null,
    deltaSControl: null,
    coverage: null,
    identity: null,
    cold: false,
    latencyMs: null,
  } as unknown as ProbeRun;
}

const HOURS = (hours: number): number => hours * 12 + 1;

void describe('what a watch tells the workflow', () => {
  void it('is nothing at all while nothing changes, an error that stays included (A8)', async () => {
    const watch = await Watch.of({ gates: [{ gate: 'latency', role: 'prove' }] });
    watch.service.failAt('telemetry', 'retry');
    await watch.run(10);
    assert.equal(watch.signals.length, 1, 'the first look says that the judge is blind');
    assert.equal(watch.signals[0]?.gates[0]?.verdict, 'error');
    watch.service.mend('telemetry');
    await watch.run(2);
    assert.equal(watch.signals.length, 2, 'and a later one that it sees again');
  });

  void it('is bounded, however often a gate flaps, for as long as it is watched (A8)', async () => {
    const gates: AskedGate[] = [{ gate: 'custom:script', role: 'prove' }];
    const watch = await Watch.of({ gates, looks: null, lookPlan: null, windowMs: 60 * MINUTE });
    watch.service.verdict = (_, look): Verdict => (look % 2 === 0 ? 'inconclusive' : 'pass');
    await watch.run(HOURS(12));
    assert.equal(watch.signals.length, 40);
  });
});

void describe('a look at a color that counts nothing', () => {
  void it('skips what only its counters tell, and says so; where it does not answer, there is no data', async () => {
    const gates: AskedGate[] = [{ gate: 'egress', role: 'prove' }];
    const watch = await Watch.of({ gates });
    watch.service.health = (one) => [{ ...one, counters: undefined, capacity: undefined, region: undefined }];
    await watch.run(2);
    const [skipped] = watch.kept.last?.gates ?? [];
    assert.deepEqual(
      [skipped?.verdict, skipped?.summary],
      ['skipped', 'green has no counters in its health contract.'],
    );
    watch.service.failAt('health:green', 'retry');
    await watch.run(1);
    assert.equal(watch.kept.last?.gates[0]?.verdict, 'inconclusive');
  });
});

void describe('a pause between two looks', () => {
  void it('says at first sight that nothing failed, when it goes on, and what the gates say by then', async () => {
    const gates: AskedGate[] = [
      { gate: 'custom:script', role: 'prove' },
      { gate: 'latency', role: 'prove' },
    ];
    const watch = await Watch.of({ gates });
    watch.service.verdict = (): Verdict => 'pass';
    await watch.run(2);
    const [first, second] = watch.pauses;
    assert.match(
      first ?? '',
      /^no failure, the next look is in 5m: look 1 of 12 of hold; no gate is judged yet$/,
    );
    assert.match(
      second ?? '',
      /^no failure, the next look is in [\dms]+: look 2 of 12 of hold; by the last one passing: custom:script; open until the end: latency$/,
    );
  });
});

void describe('a watch without a scheduled end', () => {
  void it('judges a window that slides along, by the cadence of the hold (F15)', async () => {
    const watch = await Watch.of({ looks: null, lookPlan: null, windowMs: 60 * MINUTE, gates: [] });
    await watch.run(HOURS(6));
    assert.equal(watch.windows.length, HOURS(6) - 1);
    const last = watch.windows.at(-1);
    assert.equal((last?.toMs ?? 0) - (last?.fromMs ?? 0), 60 * MINUTE);
    assert.ok(
      watch.windows.slice(0, 11).every(({ fromMs }) => fromMs === START),
      'growing at first; the twelfth look is an hour and what the machine took for eleven others after the start',
    );
  });

  void it('keeps no more after days than after an hour (F15)', async () => {
    const watch = await Watch.of({
      looks: null,
      lookPlan: null,
      windowMs: 60 * MINUTE,
      gates: [{ gate: 'schema', role: 'prove' }],
    });
    await watch.run(HOURS(2));
    const afterHours = Math.max(...watch.heartbeats);
    await watch.run(HOURS(70));
    assert.ok(Math.max(...watch.heartbeats) < 1.2 * afterHours, `${Math.max(...watch.heartbeats)} bytes`);
    assert.ok(afterHours < 20_000, `${afterHours} bytes`);
  });

  void it('sends one full grid of probes in each window, however long it lasts', async () => {
    const watch = await Watch.of({ looks: null, lookPlan: null, windowMs: 60 * MINUTE, gates: [] });
    await watch.run(HOURS(10));
    assert.equal(watch.rounds.length, 60);
  });

  void it('goes on without answers that its store has lost (F7)', async () => {
    const watch = await Watch.of({ looks: null, lookPlan: null, windowMs: 60 * MINUTE });
    await watch.run(4);
    watch.service.evidence.clear();
    assert.equal(await watch.run(4), null);
  });
});

void describe('a hold', () => {
  void it('knows the error classes of as long a past as the plan says', async () => {
    const watch = await Watch.of({});
    const { settings } = watch.input;
    watch.input = {
      ...watch.input,
      settings: { ...settings, novelty: { ...settings.novelty, dayMs: 60 * MINUTE } },
    };
    await watch.run(1);
    assert.deepEqual(watch.cataloguesMs, [60 * MINUTE]);
  });

  void it('says that the store has lost its evidence, in a way that the workflow can tell from a broken store (F7)', async () => {
    const watch = await Watch.of({ gates: [] });
    await watch.run(4);
    watch.service.evidence.clear();
    await assert.rejects(watch.run(2), EvidenceGoneError);
  });

  void it('names a baseline that was lost, and judges without it (F7)', async () => {
    const watch = await Watch.of({ baseline: 'f'.repeat(64) });
    assert.equal(await watch.run(4), null);
    assert.deepEqual(
      watch.kept.last?.concerns.map(({ kind }) => kind),
      ['evidence-lost'],
    );
  });
});

void describe('what a look stores of the colors', () => {
  /** How many instances were ready, by the evidence of the newest look. */
  const readyOf = async (watch: Watch): Promise<unknown> => {
    await watch.run(2);
    const { input } = watch.service.evidence.get(watch.kept.last?.evidence ?? '') as { input: string };
    return (watch.service.evidence.get(input) as LookInput).ready;
  };

  void it('is how many instances each has ready in the regions asked', async () => {
    assert.deepEqual(await readyOf(await Watch.of({ gates: [] })), { blue: 4, green: 4 });
    assert.deepEqual(await readyOf(await Watch.of({ gates: [], regions: ['mars'] })), { blue: 0, green: 0 });
  });

  void it('is nothing where regions are asked and a color does not name its own', async () => {
    const watch = await Watch.of({ gates: [], regions: ['eu-west'] });
    watch.service.health = (one) => [one.color === 'green' ? { ...one, region: undefined } : one];
    assert.equal(await readyOf(watch), undefined);
  });

  void it('is nothing where a color does not answer', async () => {
    const watch = await Watch.of({ gates: [] });
    watch.service.failAt('health:green', 'retry');
    assert.equal(await readyOf(watch), undefined);
  });
});

void describe('what a look sees beside the gates', () => {
  const ours = { generation: 1, weightPercent: 100, writer: 'run-1/' };

  const CASES: readonly {
    what: string;
    bend: (watch: Watch) => void;
    kinds: readonly string[];
    ends: boolean;
    says: RegExp;
  }[] = [
    {
      what: 'somebody else wrote 0 % by hand (F2)',
      bend: ({ service }) => service.strangerWrites({ weightPercent: 0 }),
      kinds: ['edge-foreign'],
      ends: true,
      says: /a stranger wrote the edge config: generation 2 with 0 % on green stands there, not generation 1 with 100 %/,
    },
    {
      what: 'somebody else wrote the very same weight (F2)',
      bend: ({ service }) => service.strangerWrites({ weightPercent: 100 }),
      kinds: ['edge-foreign'],
      ends: true,
      says: /a stranger wrote/,
    },
    {
      what: 'the config was deleted (F2)',
      bend: ({ service }) => service.writes.splice(0),
      kinds: ['edge-foreign'],
      ends: true,
      says: /was deleted; generation 1 with 100 % should stand there/,
    },
    {
      what: 'our own document holds another weight (F2)',
      bend: ({ service }) => {
        const config = service.edge;
        assert.ok(config !== null);
        service.write({ ...config, generation: 2, writer: 'run-1/caches-1/purge', weightPercent: 30 });
      },
      kinds: ['edge-weight'],
      ends: true,
      says: /holds 30 % on green where 100 % was read back/,
    },
    {
      what: '`from` is not well (A12)',
      bend: ({ service }) => (service.health = (one) => [{ ...one, ok: one.color !== 'blue' }]),
      kinds: ['from-unfit'],
      ends: false,
      says: /blue is not fit to return to: it says it is not well in eu-west/,
    },
    {
      what: '`from` was scaled to nothing (A12)',
      bend: ({ service }) =>
        (service.health = (one) => [one.color === 'blue' ? { ...one, capacity: { ready: 0, max: 0 } } : one]),
      kinds: ['from-unfit'],
      ends: false,
      says: /it has no capacity in eu-west/,
    },
    {
      what: '`from` does not answer (A12)',
      bend: ({ service }) => service.failAt('health:blue', 'retry'),
      kinds: ['from-unfit'],
      ends: false,
      says: /its health contract does not answer/,
    },
    {
      what: 'a scheduled job of `from` did not end with the flip',
      bend: ({ service }) => {
        const config = service.edge;
        assert.ok(config !== null);
        service.write({ ...config, producer: 'green' });
        service.health = (one) => [{ ...one, schedules: [{ name: 'nightly', state: 'on' }] }];
      },
      kinds: ['schedules-misplaced'],
      ends: false,
      says: /^scheduled work of green runs elsewhere: nightly on both colors$/,
    },
    {
      what: 'a hotfix was deployed to `to` (A13)',
      bend: ({ service }) =>
        (service.health = (one) => [one.color === 'green' ? { ...one, release: 'r43' } : one]),
      kinds: ['release-changed'],
      ends: true,
      says: /green runs r43 now; preflight pinned r42/,
    },
    {
      what: 'the index of `to` was rebuilt (A13)',
      bend: ({ service }) =>
        (service.health = (one) => [
          one.color === 'green' ? { ...one, index: { ...one.index, INDEX_HASH: 'h2' } } : one,
        ]),
      kinds: ['index-changed'],
      ends: true,
      says: /green's index has changed since preflight pinned it \(INDEX_HASH h2\)/,
    },
    {
      what: '`from` was deployed over (A13)',
      bend: ({ service }) =>
        (service.health = (one) => [one.color === 'blue' ? { ...one, release: 'r40' } : one]),
      kinds: ['release-changed'],
      ends: false,
      says: /blue runs r40 now/,
    },
  ];

  for (const { what, bend, kinds, ends, says } of CASES) {
    void it(`${what}: ${ends ? 'ends the hold before its time' : 'is told once'}`, async () => {
      const watch = await Watch.of({ edge: ours, gates: [{ gate: 'custom:script', role: 'prove' }] });
      watch.service.write({ ...own(watch), generation: 1 });
      assert.equal(await watch.run(3), null);
      assert.equal(watch.signals.length, 0, 'all is well');
      bend(watch);
      const ended = await watch.run(5);
      const seen = ended ?? watch.kept.last;
      assert.deepEqual(
        seen?.concerns.map(({ kind }) => kind),
        kinds,
      );
      assert.match(seen?.concerns[0]?.what ?? '', says);
      assert.equal(ended !== null, ends);
      assert.equal(seen?.verdict, 'inconclusive');
      assert.equal(watch.signals.length, ends ? 0 : 1);
    });
  }

  void it('keeps a hold from passing while `from` is unfit, though every gate passes (A12)', async () => {
    const watch = await Watch.of({ edge: ours, gates: [{ gate: 'custom:script', role: 'prove' }] });
    watch.service.write({ ...own(watch), generation: 1 });
    watch.service.health = (one) => [{ ...one, ok: one.color !== 'blue' }];
    const ended = await watch.run(20);
    assert.equal(ended?.look.final, true);
    assert.equal(ended.gates[0]?.verdict, 'pass');
    assert.equal(ended.verdict, 'inconclusive');
  });

  void it('is no concern: our own cache epoch, a store that does not answer, a single lost packet', async () => {
    const watch = await Watch.of({ edge: ours, gates: [{ gate: 'custom:script', role: 'prove' }] });
    watch.service.write({ ...own(watch), generation: 2, writer: 'run-1/caches-1/purge' });
    await watch.run(2);
    watch.service.failAt('edge.read', 'retry', 1);
    await watch.run(1);
    watch.service.failAt('health:blue', 'retry', 1);
    await watch.run(1);
    assert.deepEqual(watch.kept.last?.concerns, []);
    assert.equal(watch.signals.length, 0);
  });

  void it('is told, and ends nothing, while something else is waited for (F2)', async () => {
    const gates: AskedGate[] = [{ gate: 'custom:script', role: 'prove' }];
    const watch = await Watch.of({ edge: ours, gates, looks: null, lookPlan: null, windowMs: 60 * MINUTE });
    watch.service.strangerWrites({ weightPercent: 0 });
    assert.equal(await watch.run(6), null);
    assert.equal(watch.signals.length, 1);
    assert.equal(watch.signals[0]?.concerns[0]?.kind, 'edge-foreign');
  });

  function own({ service }: Watch) {
    const config = service.edge;
    assert.ok(config !== null);
    return { ...config, weightPercent: 100, writer: 'run-1/flip-1' };
  }
});
