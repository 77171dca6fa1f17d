/**
 * The checks of preflight as pure functions: a healthy pair has no finding, and each thing that is wrong with it has its own and
 * no other. What is read comes from the scripted ports; test/workflows/preflight.test.ts drives the same through a real server.
 */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { before, describe, test } from 'node:test';
import { check } from '../../src/activities/inspect/index.ts';
import { probesUnreadable, unreadable } from '../../src/activities/inspect/failures.ts';
import { expectedIdentities } from '../../src/activities/inspect/indexes.ts';
import type { Seen } from '../../src/activities/inspect/seen.ts';
import { COLORS, type Color } from '../../src/domain/color.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import { FINDING_CODES, type FindingCode } from '../../src/domain/finding.ts';
import type { HealthContract } from '../../src/domain/health.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { openProber } from '../../src/worker/prober.ts';
import { scriptedPlan } from '../support/plans.ts';
import { colorOf, edgeOf, queueOf } from '../support/scripted-ports.ts';
import { ScriptedService } from '../support/scripted-service.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

type Edge = NonNullable<Seen['edge']>;
type Queue = NonNullable<Seen['queue']>;

let plan: Plan;
let healthy: Seen;

before(async () => {
  plan = await scriptedPlan('inspected');
  const service = new ScriptedService('inspected');
  service.strangerWrites({});
  const [edge, color, queue] = [edgeOf(service), colorOf(service), queueOf(service)];
  const ofBoth = async <T>(read: (one: Color) => Promise<T> | T): Promise<Record<Color, T>> => ({
    blue: await read('blue'),
    green: await read('green'),
  });
  healthy = {
    atMs: NOW,
    edge: {
      config: await edge.read(),
      capabilities: edge.capabilities,
      regions: await edge.observe(),
      storeMs: NOW,
      clocks: [
        { whose: 'the config store', aheadMs: 0 },
        { whose: 'the router of eu-west', aheadMs: -900 },
      ],
    },
    health: await ofBoth((one) => color.health(one)),
    queue: {
      topic: await ofBoth((one) => queue.topic(one)),
      consistencyLagMs: queue.capabilities.consistencyLagMs,
      depth: await ofBoth((one) => queue.depth(one)),
      retry: await ofBoth((one) => queue.retryPolicy(one)),
    },
    probes: { count: service.probes, embedderId: 'e', isCalibrated: true },
    baseline: 'b',
  };
});

const codes = (seen: Seen, of: Plan = plan): FindingCode[] => check(of, seen).map(({ code }) => code);

type Bend = (seen: Seen) => Seen;

const config =
  (change: Partial<EdgeConfig>): Bend =>
  (seen) => {
    assert.ok(seen.edge?.config);
    const bent = { ...seen.edge.config, ...change };
    const { generation, weightPercent } = bent;
    // What stands is what every region serves.
    const regions = seen.edge.regions.map((one) => ({ ...one, generation, weightPercent }));
    return { ...seen, edge: { ...seen.edge, regions, config: bent } };
  };

const edge =
  (change: Partial<Edge['capabilities']>): Bend =>
  (seen) => {
    assert.ok(seen.edge);
    return { ...seen, edge: { ...seen.edge, capabilities: { ...seen.edge.capabilities, ...change } } };
  };

const region =
  (change: Partial<Edge['regions'][number]>, isWritten = true): Bend =>
  (seen) => {
    assert.ok(seen.edge);
    const regions = seen.edge.regions.map((one) => ({ ...one, ...change }));
    return { ...seen, edge: { ...seen.edge, regions, config: isWritten ? seen.edge.config : null } };
  };

const clock =
  (aheadMs: number): Bend =>
  (seen) => {
    assert.ok(seen.edge);
    return { ...seen, edge: { ...seen.edge, clocks: [{ whose: 'the router of eu-west', aheadMs }] } };
  };

const contract =
  (colors: readonly Color[], change: (one: HealthContract) => Partial<HealthContract>): Bend =>
  (seen) => {
    const bent = (color: Color): readonly HealthContract[] | null =>
      colors.includes(color)
        ? (seen.health[color]?.map((one) => ({ ...one, ...change(one) })) ?? null)
        : seen.health[color];
    return { ...seen, health: { blue: bent('blue'), green: bent('green') } };
  };

const green = (change: Partial<HealthContract>): Bend => contract(['green'], () => change);
const index = (change: Partial<HealthContract['index']>): Bend =>
  contract(['green'], (one) => ({ index: { ...one.index, ...change } }));

const queue =
  (change: (one: Queue) => Partial<Queue>): Bend =>
  (seen) => {
    assert.ok(seen.queue);
    return { ...seen, queue: { ...seen.queue, ...change(seen.queue) } };
  };

const probes =
  (change: Partial<NonNullable<Seen['probes']>>): Bend =>
  (seen) => {
    assert.ok(seen.probes);
    return { ...seen, probes: { ...seen.probes, ...change } };
  };

/** One line each way to go wrong; where a code has several, the way is named. */
const WRONG: readonly { code: FindingCode; how?: string; bend: Bend; says: RegExp; warns?: true }[] = [
  {
    code: 'edge-not-on-from',
    bend: config({ weightPercent: 40 }),
    says: /serves 40 % on green \(from blue\)/,
  },
  {
    code: 'edge-not-on-from',
    how: 'the last switch went the other way and stopped half-way',
    bend: config({ from: 'green', to: 'blue', weightPercent: 99 }),
    says: /serves 99 % on blue/,
  },
  { code: 'edge-frozen', bend: config({ freezeUntilMs: NOW + 1 }), says: /frozen by somebody else/ },
  { code: 'edge-topology-unsupported', bend: edge({ topologies: ['header'] }), says: /topology weight/ },
  { code: 'edge-cannot-lower', bend: edge({ canLower: false }), says: /cannot lower/ },
  { code: 'edge-granularity', bend: edge({ granularityPercent: 20 }), says: /set 1, 10, 50 %/ },
  { code: 'edge-granularity', how: 'most', bend: edge({ maxPercent: 50 }), says: /set 100 %/ },
  { code: 'edge-granularity', how: 'stages', bend: edge({ stages: [1, 10, 100] }), says: /set 50 %/ },
  {
    code: 'edge-region-differs',
    how: 'generation 999 (F13)',
    bend: region({ generation: 999, weightPercent: 0 }),
    says: /eu-west serves generation 999 at 0 %, the store holds generation 1 at 0 %: another writer/,
  },
  {
    code: 'edge-region-differs',
    how: 'another weight (F13)',
    bend: region({ weightPercent: 30 }),
    says: /generation 1 at 30 %/,
  },
  {
    code: 'edge-region-differs',
    how: 'behind',
    bend: region({ generation: 0 }),
    says: /serves generation 0/,
    warns: true,
  },
  {
    code: 'edge-reads-stale',
    how: 'by its own declaration (F14)',
    bend: edge({ reads: 'eventual' }),
    says: /older config/,
  },
  {
    code: 'propagation-too-short',
    how: 'while the plan waits for less (A6)',
    bend: edge({ propagation: { typicalMs: 1000, maxMs: 180_000 } }),
    says: /may need 3m to reach every region, the plan waits 2m/,
  },
  {
    code: 'default-color',
    how: 'on an empty store (B10)',
    bend: region({ generation: 0, defaultColor: 'green' }, false),
    says: /nothing was ever written, and the router of eu-west sends users to green/,
  },
  {
    code: 'default-color',
    how: 'on a written store (B10)',
    bend: region({ defaultColor: 'green' }),
    says: /a router of eu-west that finds no config sends users to green/,
    warns: true,
  },
  {
    code: 'clock-skew',
    how: 'over a third of the freeze (A19, F12)',
    bend: clock(10_100),
    says: /the router of eu-west is 10\.1 s ahead of this worker's/,
  },
  {
    code: 'clock-skew',
    how: 'behind (F12)',
    bend: clock(-600_000),
    says: /600\.0 s behind this worker's/,
  },
  { code: 'clock-skew', how: 'noted (A19)', bend: clock(-5100), says: /5\.1 s behind/, warns: true },
  {
    code: 'health-missing',
    bend: (seen) => ({ ...seen, health: { ...seen.health, blue: [] } }),
    says: /blue answers no health contract/,
  },
  { code: 'health-not-ok', bend: green({ ok: false }), says: /green in eu-west says it is not well/ },
  { code: 'health-wrong-color', bend: green({ color: 'blue' }), says: /:9002 says it is blue, not green/ },
  { code: 'release-differs', bend: green({ release: 'r40' }), says: /runs r40, the plan says r42/ },
  { code: 'index-unlabelled', bend: index({ name: '' }), says: /green's index has no family label/ },
  { code: 'index-differs', bend: index({ metric: 'dot' }), says: /differ in metric and the plan does not/ },
  { code: 'env-parity', bend: green({ env: { MODEL: 'same', TOP_K: '8' } }), says: /colors: TOP_K$/ },
  {
    code: 'secrets-overlap',
    bend: green({ secrets: { edge: ['k1', 'k2'], core: ['k1'] } }),
    says: /^green: keys accepted at the edge k1, k2, in the core k1;/,
  },
  {
    code: 'secrets-overlap',
    how: 'no next key',
    bend: green({ secrets: { edge: ['k1'], core: ['k1'] } }),
    says: /^green: keys accepted at the edge k1, in the core k1;/,
  },
  { code: 'cache-prefix-shared', bend: green({ cachePrefix: 'docs:blue' }), says: /prefix docs:blue/ },
  {
    code: 'migration-forward-only',
    bend: green({ migration: { mode: 'forward-only', tables: ['notes', 'turns'] } }),
    says: /forward-only migration of notes, turns/,
    warns: true,
  },
  { code: 'regions-missing', bend: green({ region: 'ap-south' }), says: /green does not run in eu-west/ },
  {
    code: 'queue-topic-shared',
    how: 'one queue for both',
    bend: (seen) =>
      contract(['green'], () => ({ queue: null }))(
        queue(() => ({ topic: { blue: 'jobs', green: 'jobs' } }))(seen),
      ),
    says: /both colors' queue is jobs/,
  },
  {
    code: 'queue-topic-shared',
    how: 'the plan names another queue than `to` consumes',
    bend: green({ queue: { topic: 'jobs.teal', maxReceives: 5, visibilityTimeoutS: 30 } }),
    says: /green consumes jobs\.teal, the plan names jobs\.green/,
  },
  {
    code: 'queue-retry-differs',
    bend: queue(({ retry }) => ({ retry: { ...retry, green: { ...retry.green, maxReceives: null } } })),
    says: /blue 5 receives, 30 s; green no limit receives, 30 s/,
  },
  {
    code: 'queue-quiet-too-short',
    bend: queue(() => ({ consistencyLagMs: 30_000 })),
    says: /lag up to 30000 ms/,
  },
  {
    code: 'queue-dead-letters',
    bend: queue(({ depth }) => ({
      depth: { blue: { ...depth.blue, dead: 2 }, green: { ...depth.green, dead: 1 } },
    })),
    says: /^3 job\(s\)/,
    warns: true,
  },
  { code: 'probe-set-size', bend: probes({ count: 49 }), says: /has 49 questions/ },
  {
    code: 'probe-set-size',
    how: 'many',
    bend: probes({ count: 201 }),
    says: /has 201 questions/,
    warns: true,
  },
  {
    code: 'from-capacity',
    bend: contract(['blue'], () => ({ capacity: { ready: 0, max: 0 } })),
    says: /blue in eu-west has no capacity/,
  },
];

void describe('the checks of preflight', () => {
  void test('find nothing wrong with a healthy pair', () => {
    assert.deepEqual(check(plan, healthy), []);
  });

  for (const { code, how, bend, says, warns } of WRONG) {
    void test(`find ${code}${how === undefined ? '' : `: ${how}`}`, () => {
      const found = check(plan, bend(healthy));
      assert.deepEqual(
        found.map((one) => [one.code, one.severity]),
        [[code, warns === true ? 'warning' : 'blocking']],
      );
      assert.match(found[0]?.message ?? '', says);
      assert.notEqual(found[0]?.fix, '');
    });
  }

  void test('find two faults where one cause has two sides', () => {
    assert.deepEqual(codes(index({ name: 'docs-blue', INDEX_HASH: 'h2' })(healthy)), [
      'index-differs',
      'index-shared',
    ]);
    const oneTopic = { topic: 'jobs.blue', maxReceives: 5, visibilityTimeoutS: 30 };
    assert.deepEqual(codes(green({ queue: oneTopic })(healthy)), [
      'queue-topic-shared',
      'queue-topic-shared',
    ]);
  });

  void test('ask for a calibration only where the plan wants one', () => {
    const uncalibrated = probes({ isCalibrated: false })(healthy);
    const calibrated: Plan = { ...plan, probes: { ...plan.probes, scale: 'calibrated' } };
    assert.deepEqual(codes(uncalibrated), []);
    assert.deepEqual(codes(uncalibrated, calibrated), ['probe-set-uncalibrated']);
  });

  void test('take a difference that is declared, and no other', () => {
    const declared = {
      INDEX_HASH: 'h2',
      metric: 'cosine',
      analyzer: 'en',
      embedModel: 'm1',
      reranker: 'none',
    };
    const meant: Plan = {
      ...plan,
      colors: { ...plan.colors, green: { ...plan.colors.green, index: declared } },
    };
    assert.deepEqual(codes(index({ INDEX_HASH: 'h2' })(healthy), meant), []);
    const [finding, ...others] = check(meant, index({ INDEX_HASH: 'h3' })(healthy));
    assert.deepEqual(others, []);
    assert.match(finding?.message ?? '', /green's index differs .* INDEX_HASH h3 ≠ h2$/);
  });

  void test('take what is no fault: an edge never written, a switch that ended, a lease that is over', () => {
    assert.deepEqual(codes(region({ generation: 0, defaultColor: 'blue' }, false)(healthy)), []);
    assert.deepEqual(codes(clock(5000)(healthy)), []);
    assert.deepEqual(codes(config({ from: 'green', to: 'blue', weightPercent: 100 })(healthy)), []);
    assert.deepEqual(codes(config({ freezeUntilMs: NOW })(healthy)), []);
    assert.deepEqual(codes(edge({ granularityPercent: 0.1 })(healthy)), []);
  });

  void test('are silent about what could not be read: that is a finding already', () => {
    const nothing = { edge: null, health: { blue: null, green: null }, queue: null, probes: null };
    assert.deepEqual(codes({ ...nothing, atMs: NOW, baseline: null }), []);
  });

  void test('are all provoked here, but those of other tests', () => {
    const here = new Set<FindingCode>(WRONG.map(({ code }) => code));
    const elsewhere = FINDING_CODES.filter((code) => !here.has(code));
    assert.deepEqual(elsewhere.toSorted(), [
      'evidence-not-shared',
      'index-shared',
      'pin-refused',
      'probe-set-changed',
      'probe-set-missing',
      'probe-set-uncalibrated',
      'provider-misconfigured',
      'provider-unreachable',
      'telemetry-not-shared',
      'warm-route',
      'worker-not-checked',
    ]);
  });
});

void describe('what cannot be read', () => {
  void test('is misconfigured where a person must act, with the hint there is', () => {
    const hinted = unreadable('edge', new UserError('no token', { hint: 'set CLOUDFLARE_API_TOKEN' }));
    assert.deepEqual(
      [hinted.code, hinted.message, hinted.fix],
      ['provider-misconfigured', 'edge: no token', 'set CLOUDFLARE_API_TOKEN'],
    );
    for (const kind of ['human', 'fatal', 'reread'] as const) {
      assert.equal(unreadable('queue', new ProviderError(kind, 'sqs', 'no')).code, 'provider-misconfigured');
    }
  });

  void test('is unreachable where only time or the network can help', () => {
    assert.equal(unreadable('edge', new ProviderError('retry', 'x', 'no')).code, 'provider-unreachable');
    assert.equal(unreadable('edge', new TypeError('fetch failed')).message, 'edge: fetch failed');
    assert.equal(unreadable('edge', 'text').code, 'provider-unreachable');
  });

  void test('is, of probes, a set that changed or one that is not there', async () => {
    const colorUrls = { blue: plan.colors.blue.url, green: plan.colors.green.url };
    const { service, from, to, entry } = plan;
    const scope = { service, from, to, entry, colorUrls, env: {} };
    const failure = async (change: Partial<Plan['probes']>): Promise<unknown> =>
      openProber(scope, { ...plan.probes, ...change }).then(
        () => assert.fail('it opened'),
        (cause: unknown) => cause,
      );
    const changed = probesUnreadable(await failure({ digest: '0'.repeat(64) }));
    assert.equal(changed.code, 'probe-set-changed');
    assert.match(changed.message, /was started with 0000/);
    const missing = probesUnreadable(await failure({ set: '/nowhere' }));
    assert.equal(missing.code, 'probe-set-missing', missing.message);
    assert.match(missing.message, new RegExp(`on worker host ${hostname()}`), 'F7');
  });
});

void describe('the identities that are pinned', () => {
  void test('are what the plan declares, else what each color says, without the family label', () => {
    const said = expectedIdentities(plan, healthy);
    for (const color of COLORS) {
      assert.equal(said?.[color].INDEX_HASH, 'h1');
      assert.ok(!Object.hasOwn(said?.[color] ?? {}, 'name'));
    }
    const declared = { INDEX_HASH: 'h2', metric: 'dot', analyzer: 'en', embedModel: 'm1', reranker: 'none' };
    const meant: Plan = {
      ...plan,
      colors: { ...plan.colors, green: { ...plan.colors.green, index: declared } },
    };
    assert.deepEqual(expectedIdentities(meant, healthy)?.green, declared);
  });

  void test('are not known while a color says nothing', () => {
    assert.equal(expectedIdentities(plan, { health: { ...healthy.health, green: null } }), null);
  });
});

describe('every region', () => {
  const regional =
    (change: (region: string) => Partial<HealthContract>): Bend =>
    (seen) => {
      const both = (color: Color): readonly HealthContract[] =>
        (seen.health[color] ?? []).flatMap((one) =>
          ['eu-west', 'us-east'].map((region) => ({
            ...one,
            region,
            ...(color === 'green' ? change(region) : {}),
          })),
        );
      return { ...seen, health: { blue: both('blue'), green: both('green') } };
    };

  test('two healthy regions have no finding', () => {
    assert.deepEqual(codes(regional(() => ({}))(healthy)), []);
  });

  test('what is wrong in the second region only is found there, and said so', () => {
    const bent = regional((region) => (region === 'us-east' ? { env: { MODEL: 'other' } } : {}))(healthy);
    const [finding, ...rest] = check(plan, bent);
    assert.deepEqual([finding?.code, rest], ['env-parity', []]);
    assert.equal(finding?.message, 'in us-east: settings differ between the colors: MODEL');
  });

  test('an index that differs in one region is found before a user is', () => {
    const index = { ...healthy.health.green?.[0]?.index, INDEX_HASH: 'h9' } as HealthContract['index'];
    const bent = regional((region) => (region === 'us-east' ? { index } : {}))(healthy);
    assert.ok(
      check(plan, bent).some(
        ({ code, message }) => code === 'index-differs' && message.startsWith('in us-east'),
      ),
    );
  });

  test('what is wrong everywhere is said once', () => {
    const found = check(plan, regional(() => ({ env: { MODEL: 'other' } }))(healthy));
    assert.deepEqual(
      found.map(({ message }) => message),
      ['settings differ between the colors: MODEL'],
    );
  });
});
