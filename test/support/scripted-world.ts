/** One world for all switches of a test process: each is led to the `ScriptedService` of its name. */
import { createHash } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import type { Targets } from '../../src/domain/targets.ts';
import { plannedPorts, type Planned, type PlannedPort, type World } from '../../src/activities/world.ts';
import type { Prober } from '../../src/probes/prober.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { EvidenceGoneError } from '../../src/domain/errors.ts';
import type { Probe, ProbeRun } from '../../src/domain/probe.ts';
import type { EvidencePort, Ports } from '../../src/ports/index.ts';
import {
  cacheOf,
  fenceOf,
  colorOf,
  routerOf,
  storeOf,
  trafficOf,
  notifierOf,
  queueOf,
  telemetryOf,
  warmupOf,
  stepOf,
} from './scripted-ports.ts';
import { openPort } from '../../src/providers/open.ts';
import type { ScriptedService } from './scripted-service.ts';

export function scriptedWorld(services: ReadonlyMap<string, ScriptedService>): World {
  const of = ({ service }: Targets): ScriptedService => {
    const found = services.get(service);
    if (found === undefined) throw new Error(`no scripted service ${service}`);
    return found;
  };
  return {
    // The workflow's clock, which tests skip.
    now: () => activityInfo().currentAttemptScheduledTimestampMs,
    realTime: false,
    port: plannedPorts((name, _, targets) => PORTS[name](of(targets))),
    prober: async (targets, { digest }) => {
      of(targets).fail('probes');
      return proberOf(of(targets), digest);
    },
    custom: async (targets, { name }, { step }) => {
      const service = of(targets);
      await service.pass(`gate:${step}`);
      const verdict = service.verdictAt(step);
      return { name, verdict, reason: `${verdict} as scripted`, from: 1, to: 1, n: 100 };
    },
    // A module of a test's own is opened as a worker opens it.
    step: async (targets, action) => {
      const { service, from, to, entry, colorUrls } = targets;
      if (action.use === 'scripted') return stepOf(of(targets));
      return openPort('step', action, { service, from, to, entry, colorUrls, env: of(targets).env });
    },
    pinned: async (targets) => of(targets).unfollowed,
    replay: async () => null,
  };
}

const PORTS: { readonly [P in PlannedPort]: (service: ScriptedService) => Ports[P] } = {
  store: storeOf,
  router: routerOf,
  traffic: trafficOf,
  color: colorOf,
  queue: queueOf,
  cache: cacheOf,
  fence: fenceOf,
  warmup: warmupOf,
  telemetry: telemetryOf,
  notify: notifierOf,
  evidence: evidenceOf,
};

/** The same world, but for some of its ports. */
export function withPorts(
  world: World,
  changed: { readonly [P in PlannedPort]?: (targets: Targets) => Promise<Planned<P>> },
): World {
  const port = <P extends PlannedPort>(name: P, targets: Targets): Promise<Planned<P>> => {
    const change: ((targets: Targets) => Promise<Planned<P>>) | undefined = changedOf(changed, name);
    return change === undefined ? world.port(name, targets) : change(targets);
  };
  return { ...world, port };
}

function changedOf<P extends PlannedPort>(
  changed: { readonly [N in PlannedPort]?: (targets: Targets) => Promise<Planned<N>> },
  name: P,
): ((targets: Targets) => Promise<Planned<P>>) | undefined {
  return changed[name];
}

function evidenceOf(service: ScriptedService): EvidencePort {
  return {
    put: async (value) => {
      service.fail('evidence');
      const digest = createHash('sha256').update(canonicalJson(value)).digest('hex');
      service.evidence.set(digest, value);
      return digest;
    },
    get: async (digest) => {
      const value = service.evidence.get(digest);
      if (value === undefined) throw new EvidenceGoneError('scripted', `no evidence with digest ${digest}`);
      return value;
    },
    published: async (_, name) => service.published.get(name) ?? '',
    publish: async (_, name, content) => {
      service.fail('publish');
      service.published.set(name, content);
      return `memory:${service.name}/${name}`;
    },
  };
}

function proberOf(service: ScriptedService, setDigest: string): Prober {
  const probe = { topic: 't', answerable: true, targets: [] as const };
  return {
    setDigest,
    corpusHash: 'c',
    embedderId: 'e',
    calibration: null,
    probes: Array.from(
      { length: service.probes },
      (_, index) => ({ ...probe, id: `q${index}` }) as unknown as Probe,
    ),
    dialogs: {
      begin: async (begun) => {
        service.begunDialogs += 1;
        // As many as a loss of all needs to be beyond chance.
        return Array.from({ length: 5 }, (_, at) => ({
          id: `dialog-${service.begunDialogs}.${at}`,
          word: 'w',
          probeId: 'q0',
          begun,
          error: null,
        }));
      },
      proceed: async (open, continued) =>
        open.map(({ id, begun }) => {
          const remembered = begun === continued || service.sharesDialogs();
          return { id, begun, continued, remembered, error: null, said: null };
        }),
    },
    round: () => [],
    // Each round is a document of its own, as real answers are.
    run: async (_, { round }) => [
      { probeId: `q${round}`, round, answer: `said ${round}` } as unknown as ProbeRun,
    ],
  };
}
