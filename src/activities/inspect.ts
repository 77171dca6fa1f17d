/** Preflight: looks at everything, changes nothing, and turns what it sees into findings (DESIGN §2.1). */
import { COLORS, type Color } from '../domain/color.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';
import { ProviderError, UserError } from '../domain/errors.ts';
import type { Finding, FindingCode } from '../domain/finding.ts';
import type { Baseline } from '../domain/gate.ts';
import type { HealthContract } from '../domain/health.ts';
import { IDENTITY_FIELDS, type AnswerIdentity } from '../domain/identity.ts';
import type { Plan } from '../domain/plan.ts';
import type { EdgeCapabilities, QueueDepth, QueuePort } from '../providers/ports.ts';
import type { Activities, Targets } from './api.ts';
import { signal } from './attempt.ts';
import type { Prober, World } from './world.ts';

const TRIES = 3;
const BASELINE_MS = 15 * 60_000;

/** Everything that could be read; null where reading failed, which is a finding of its own. */
interface Seen {
  readonly edge: { readonly config: EdgeConfig | null; readonly capabilities: EdgeCapabilities } | null;
  readonly health: Readonly<Record<Color, readonly HealthContract[] | null>>;
  readonly queue: {
    readonly port: QueuePort;
    readonly depth: Readonly<Record<Color, QueueDepth>>;
    readonly retry: Readonly<Record<Color, { maxReceives: number | null; visibilityTimeoutS: number }>>;
  } | null;
  readonly prober: Prober | null;
  readonly baseline: string | null;
}

export function inspectActivities(world: World): Pick<Activities, 'inspect'> {
  return {
    async inspect({ plan, targets }) {
      const findings: Finding[] = [];
      const add = (code: FindingCode, severity: Finding['severity'], message: string, fix: string): void => {
        findings.push({ code, severity, message, fix, accepted: plan.preflight.accept[code] ?? null });
      };
      const seen = await look(world, plan, targets, add);
      for (const check of CHECKS) check(plan, seen, add);
      const deadLetters = seen.queue === null ? 0 : seen.queue.depth.blue.dead + seen.queue.depth.green.dead;
      return {
        findings,
        expected: expectedOf(plan, seen),
        baseline: seen.baseline,
        deadLetters,
        generation: seen.edge?.config?.generation ?? 0,
      };
    },
  };
}

type Add = (code: FindingCode, severity: Finding['severity'], message: string, fix: string) => void;
type Check = (plan: Plan, seen: Seen, add: Add) => void;

async function look(world: World, plan: Plan, targets: Targets, add: Add): Promise<Seen> {
  const attempt = <T>(port: string, read: () => Promise<T>): Promise<T | null> => reach(port, read, add);
  const [edge, blue, green, queue, prober, baseline] = await Promise.all([
    attempt('edge', async () => {
      const port = await world.edge(targets);
      const config = await port.read(signal());
      const regions = await port.observe(signal());
      const silent = regions.filter((one) => one.error !== null);
      for (const one of silent) {
        add(
          'provider-unreachable',
          'blocking',
          `the router of ${one.region} does not answer: ${one.error}`,
          'mend the region',
        );
      }
      return { config, capabilities: port.capabilities };
    }),
    attempt('color blue', async () => (await world.color(targets)).health('blue', signal())),
    attempt('color green', async () => (await world.color(targets)).health('green', signal())),
    plan.providers.queue === null
      ? null
      : attempt('queue', async () => {
          const port = await world.queue(targets);
          if (port === null) throw new Error('the plan names no queue');
          const [depthBlue, depthGreen, retryBlue, retryGreen] = await Promise.all([
            port.depth('blue', signal()),
            port.depth('green', signal()),
            port.retryPolicy('blue', signal()),
            port.retryPolicy('green', signal()),
          ]);
          return {
            port,
            depth: { blue: depthBlue, green: depthGreen },
            retry: { blue: retryBlue, green: retryGreen },
          };
        }),
    openProbes(world, plan, targets, add),
    attempt('telemetry', async () => captureBaseline(world, targets)),
  ]);
  await attempt('cache', () => world.cache(targets));
  await attempt('warmup', () => world.warmup(targets));
  await attempt('notify', () => world.notifiers(targets));
  return { edge, health: { blue, green }, queue, prober, baseline };
}

/** Some tries, then a finding: an unreachable provider is one clear line, not a stuck switch. */
async function reach<T>(port: string, read: () => Promise<T>, add: Add): Promise<T | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (cause) {
      signal().throwIfAborted();
      const message = `${port}: ${cause instanceof Error ? cause.message : String(cause)}`;
      const isTransient = cause instanceof ProviderError && cause.kind === 'retry';
      if (isTransient && attempt < TRIES) {
        await new Promise((resolve) => setTimeout(resolve, 300 * attempt));
        continue;
      }
      if (cause instanceof UserError || (cause instanceof ProviderError && cause.kind !== 'retry')) {
        const fix =
          (cause instanceof UserError ? cause.hint : undefined) ??
          "correct the plan or the worker's environment";
        add('provider-misconfigured', 'blocking', message, fix);
      } else {
        add(
          'provider-unreachable',
          'blocking',
          message,
          'make it reachable from the worker, then start again',
        );
      }
      return null;
    }
  }
}

async function openProbes(world: World, plan: Plan, targets: Targets, add: Add): Promise<Prober | null> {
  try {
    return await world.prober(targets, plan.probes);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const code = message.includes('digest') ? 'probe-set-changed' : 'probe-set-missing';
    add(
      code,
      'blocking',
      message,
      'the worker reads the probe set from the same path as `cutover start` did',
    );
    return null;
  }
}

async function captureBaseline(world: World, targets: Targets): Promise<string> {
  const toMs = world.now();
  const query = { service: targets.service, fromMs: toMs - BASELINE_MS, toMs, regions: [] };
  const traffic = await (await world.telemetry(targets)).window(query, signal());
  const baseline: Baseline = { capturedAtMs: toMs, probes: null, traffic };
  return (await world.evidence(targets)).put(baseline);
}

/** Declared by the plan, else what the color says it is: pinned from now on. */
function expectedOf(plan: Plan, seen: Seen): Record<Color, AnswerIdentity> | null {
  const identity = (color: Color): AnswerIdentity | null =>
    plan.colors[color].index ?? seen.health[color]?.[0]?.index ?? null;
  const [blue, green] = [identity('blue'), identity('green')];
  return blue === null || green === null ? null : { blue: bare(blue), green: bare(green) };
}

function bare(identity: AnswerIdentity): AnswerIdentity {
  const { INDEX_HASH, metric, analyzer, embedModel, reranker } = identity;
  return { INDEX_HASH, metric, analyzer, embedModel, reranker };
}

const CHECKS: readonly Check[] = [
  checkEdge,
  checkHealth,
  checkIndexes,
  checkPair,
  checkRegions,
  checkQueues,
  checkProbes,
  checkReturn,
];

function checkEdge(plan: Plan, { edge }: Seen, add: Add): void {
  if (edge === null) return;
  const { config, capabilities } = edge;
  const { from } = plan;
  if (config !== null) {
    const isOnFrom =
      (config.from === from && config.weightPercent === 0) ||
      (config.to === from && config.weightPercent === 100);
    if (!isOnFrom) {
      add(
        'edge-not-on-from',
        'blocking',
        `users are not all on ${from}: generation ${config.generation} serves ${config.weightPercent} % on ${config.to} (from ${config.from})`,
        `bring the last switch to its end, or swap from and to in the plan`,
      );
    }
    if (config.freezeUntilMs !== null && config.freezeUntilMs > Date.now()) {
      add('edge-frozen', 'blocking', 'writes are frozen by somebody else', 'wait until the lease ends');
    }
  }
  if (!capabilities.topologies.includes(plan.topology)) {
    add(
      'edge-topology-unsupported',
      'blocking',
      `the edge provider cannot do topology ${plan.topology}`,
      `it can do ${capabilities.topologies.join(', ')}`,
    );
  }
  if (!capabilities.canLower) {
    add(
      'edge-cannot-lower',
      'blocking',
      'the edge provider cannot lower a weight, so a rollback could not be done',
      'use another edge provider',
    );
  }
  const weights = [plan.canary.weightPercent, ...plan.ramp.map((step) => step.weightPercent), 100];
  const impossible = weights.filter(
    (weight) =>
      weight > capabilities.maxPercent ||
      (capabilities.stages !== null && !capabilities.stages.includes(weight)) ||
      Math.abs(
        weight / capabilities.granularityPercent - Math.round(weight / capabilities.granularityPercent),
      ) > 1e-6,
  );
  if (impossible.length > 0) {
    add(
      'edge-granularity',
      'blocking',
      `the edge provider cannot set ${impossible.join(', ')} %`,
      'choose weights it can set',
    );
  }
}

function checkHealth(plan: Plan, { health }: Seen, add: Add): void {
  for (const color of COLORS) {
    const contracts = health[color];
    if (contracts === null) continue;
    if (contracts.length === 0) {
      add(
        'health-missing',
        'blocking',
        `${color} answers no health contract`,
        'serve GET /.well-known/cutover',
      );
    }
    for (const one of contracts) {
      if (!one.ok)
        add(
          'health-not-ok',
          'blocking',
          `${color} in ${one.region} says it is not well`,
          'mend the color first',
        );
      if (one.color !== color) {
        add(
          'health-wrong-color',
          'blocking',
          `${plan.colors[color].url} says it is ${one.color}, not ${color}`,
          'correct colors in the plan',
        );
      }
      const { release } = plan.colors[color];
      if (one.release !== release) {
        add(
          'release-differs',
          'blocking',
          `${color} in ${one.region} runs ${one.release}, the plan says ${release}`,
          'deploy the release of the plan, or correct the plan',
        );
      }
    }
  }
}

function checkIndexes(plan: Plan, { health }: Seen, add: Add): void {
  const from = health[plan.from]?.[0]?.index;
  const to = health[plan.to]?.[0]?.index;
  if (from === undefined || to === undefined) return;
  for (const [color, index] of [
    [plan.from, from],
    [plan.to, to],
  ] as const) {
    if (index.name === '' || index.INDEX_HASH === '') {
      add(
        'index-unlabelled',
        'blocking',
        `${color}'s index has no family label or hash`,
        'label it, e.g. docs-v3-green',
      );
    }
    const declared = plan.colors[color].index;
    const off =
      declared === undefined ? [] : IDENTITY_FIELDS.filter((field) => declared[field] !== index[field]);
    if (declared !== undefined && off.length > 0) {
      add(
        'index-differs',
        'blocking',
        `${color}'s index differs from what the plan declares: ${off.map((field) => `${field} ${index[field]} ≠ ${declared[field]}`).join(', ')}`,
        'deploy the declared index, or correct colors.<color>.index',
      );
    }
  }
  const different = IDENTITY_FIELDS.filter((field) => from[field] !== to[field]);
  if (different.length > 0 && plan.colors[plan.to].index === undefined) {
    add(
      'index-differs',
      'blocking',
      `the indexes differ in ${different.join(', ')} and the plan does not declare it`,
      `declare colors.${plan.to}.index if the difference is meant`,
    );
  }
  if (from.name === to.name && different.length > 0) {
    add(
      'index-shared',
      'blocking',
      `both colors call their index ${from.name}`,
      'version indexes by family, e.g. docs-v3-green',
    );
  }
}

/** What must differ between the colors, and what must not. */
function checkPair(plan: Plan, { health }: Seen, add: Add): void {
  const from = health[plan.from]?.[0];
  const to = health[plan.to]?.[0];
  if (from === undefined || to === undefined) return;
  const names = [...new Set([...Object.keys(from.env), ...Object.keys(to.env)])];
  const off = names.filter((name) => from.env[name] !== to.env[name]);
  if (off.length > 0) {
    add(
      'env-parity',
      'blocking',
      `settings differ between the colors: ${off.join(', ')}`,
      'align them, or accept env-parity with a reason',
    );
  }
  for (const contract of [from, to]) {
    const missing = contract.secrets.edge.filter((kid) => !contract.secrets.core.includes(kid));
    if (contract.secrets.edge.length < 2 || missing.length > 0) {
      add(
        'secrets-overlap',
        'blocking',
        `${contract.color}: keys accepted at the edge ${list(contract.secrets.edge)}, in the core ${list(contract.secrets.core)}; current and next must be accepted in both`,
        'rotate with overlap: accept the next key everywhere before using it',
      );
    }
  }
  if (from.cachePrefix === to.cachePrefix) {
    add(
      'cache-prefix-shared',
      'blocking',
      `both colors use cache prefix ${from.cachePrefix}`,
      'split the prefixes by color',
    );
  }
  if (from.queue !== null && to.queue !== null && from.queue.topic === to.queue.topic) {
    add(
      'queue-topic-shared',
      'blocking',
      `both colors consume ${from.queue.topic}`,
      'duplicate the topic: jobs.blue and jobs.green',
    );
  }
  if (to.migration.mode === 'forward-only') {
    add(
      'migration-forward-only',
      'warning',
      `${to.color} needs a forward-only migration of ${list(to.migration.tables)}: after the flip ${from.color} cannot write them`,
      'pause their writes in the cutover window; rollback keeps them read-only',
    );
  }
}

function checkRegions(plan: Plan, { health }: Seen, add: Add): void {
  const regions = (color: Color): string[] => (health[color] ?? []).map((one) => one.region);
  const missing = regions(plan.from).filter((region) => !regions(plan.to).includes(region));
  if (health[plan.to] !== null && missing.length > 0) {
    add(
      'regions-missing',
      'blocking',
      `${plan.to} does not run in ${list(missing)}, where ${plan.from} does`,
      'deploy it there first',
    );
  }
}

function checkQueues(plan: Plan, { queue, health }: Seen, add: Add): void {
  if (queue === null) return;
  const { port, retry, depth } = queue;
  if (port.topic('blue') === port.topic('green')) {
    add(
      'queue-topic-shared',
      'blocking',
      `both colors' queue is ${port.topic('blue')}`,
      'duplicate the topic',
    );
  }
  const aligned =
    retry.blue.maxReceives === retry.green.maxReceives &&
    retry.blue.visibilityTimeoutS === retry.green.visibilityTimeoutS;
  if (!aligned) {
    const describe = (color: Color) =>
      `${color} ${retry[color].maxReceives ?? 'no limit'} receives, ${retry[color].visibilityTimeoutS} s`;
    add(
      'queue-retry-differs',
      'blocking',
      `retry policies differ: ${COLORS.map(describe).join('; ')}`,
      'align them',
    );
  }
  if (port.capabilities.consistencyLagMs >= plan.cutover.freezeMs) {
    add(
      'queue-quiet-too-short',
      'blocking',
      `the broker's counts lag up to ${port.capabilities.consistencyLagMs} ms, longer than the freeze of ${plan.cutover.freezeMs} ms: drained could never be proved`,
      'raise cutover.freeze above the lag',
    );
  }
  const dead = depth.blue.dead + depth.green.dead;
  if (dead > 0) {
    add(
      'queue-dead-letters',
      'warning',
      `${dead} job(s) are in dead-letter queues already`,
      'they are counted before and after',
    );
  }
  const named = health[plan.to]?.[0]?.queue;
  if (named !== undefined && named !== null && !port.topic(plan.to).endsWith(named.topic)) {
    add(
      'queue-topic-shared',
      'blocking',
      `${plan.to} consumes ${named.topic}, the plan names ${port.topic(plan.to)}`,
      'correct queue in the plan',
    );
  }
}

function checkProbes(plan: Plan, { prober }: Seen, add: Add): void {
  if (prober === null) return;
  const count = prober.probes.length;
  if (count < 50 || count > 200) {
    add(
      'probe-set-size',
      count < 50 ? 'blocking' : 'warning',
      `the probe set has ${count} questions; 50 to 200 can be judged`,
      'add questions, or split the set',
    );
  }
  if (plan.probes.scale === 'calibrated' && prober.calibration === null) {
    add(
      'probe-set-uncalibrated',
      'blocking',
      `embedder ${prober.embedderId} is not calibrated on this probe set, so 0.45 and 0.60 mean nothing`,
      'run `cutover calibrate`, or set probes.scale: raw',
    );
  }
}

/** A switch that cannot be undone must not begin. */
function checkReturn(plan: Plan, { health }: Seen, add: Add): void {
  for (const one of health[plan.from] ?? []) {
    if (one.capacity.max <= 0) {
      add(
        'from-capacity',
        'blocking',
        `${plan.from} in ${one.region} has no capacity to come back to`,
        'scale it before starting',
      );
    }
  }
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
