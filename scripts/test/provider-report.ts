/** What the lane of providers says at its end: each port of each provider, what it was asked of, what it kept, and where the peer differs. */
import { portManifest } from '../../src/ports/manifest.ts';
import type { PortName } from '../../src/ports/index.ts';
import { MANIFESTS } from '../../src/providers/registry.ts';
import type { FileResult, SuiteResult } from './run-group.ts';

/** By how its suite is called. */
const PORTS: Readonly<Record<string, PortName>> = {
  CachePort: 'cache',
  ColorPort: 'color',
  ConfigStorePort: 'store',
  CustomGatePort: 'gate',
  EvidencePort: 'evidence',
  NotifyPort: 'notify',
  QueuePort: 'queue',
  RouterPort: 'router',
  StepPort: 'step',
  TelemetryPort: 'telemetry',
  TrafficPort: 'traffic',
  WarmupPort: 'warmup',
};

interface Shown {
  readonly provider: string;
  readonly port: PortName;
  readonly what: 'rules' | 'faults';
  readonly suite: SuiteResult;
}

/** `ConfigStorePort: redis with a replica`, or `redis: store.compareAndSet` of the table of faults. */
function shownOf(title: string, suite: SuiteResult): Shown | null {
  const [, kind = '', name = ''] = /^(\w+Port)(?: of totals)?: (\w+)/.exec(title) ?? [];
  const port = PORTS[kind];
  if (port !== undefined) return { provider: name, port, what: 'rules', suite };
  const [, provider = '', of = ''] = /^(\w+): (\w+)\.\w+/.exec(title) ?? [];
  const known = Object.values(PORTS).find((one) => one === of);
  return known === undefined ? null : { provider, port: known, what: 'faults', suite };
}

/** @returns a table, a line each; a port that nothing was asked of says so */
export function providerReport(results: readonly Pick<FileResult, 'suites'>[]): readonly string[] {
  const shown = results.flatMap(({ suites }) =>
    [...suites].flatMap(([title, suite]) => shownOf(title, suite) ?? []),
  );
  const rows = MANIFESTS.flatMap((manifest) =>
    Object.values(PORTS).flatMap((port) => {
      const told = portManifest(manifest, port);
      const own = shown.filter((one) => one.provider === manifest.name && one.port === port);
      if (told === undefined || (own.length === 0 && !Object.hasOwn(manifest.ports, port))) return [];
      const skipped = [...new Set(own.flatMap(({ suite }) => suite.skipped))];
      return [
        [
          manifest.name,
          port,
          told.testedAgainst,
          counted(own.filter(({ what }) => what === 'rules')),
          counted(own.filter(({ what }) => what === 'faults')),
          skipped.join('; ') || '–',
          told.peerDiffers?.join('; ') ?? '–',
        ],
      ];
    }),
  );
  const head = [
    'provider',
    'port',
    'tested against',
    'rules',
    'faults',
    'not asked',
    'where its peer differs',
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return ['', line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function counted(own: readonly Shown[]): string {
  const sum = (of: (suite: SuiteResult) => number): number =>
    own.reduce((total, { suite }) => total + of(suite), 0);
  const failed = sum((suite) => suite.failed);
  if (own.length === 0) return '–';
  return `${sum((suite) => suite.passed)} passed${failed === 0 ? '' : `, ${failed} failed`}`;
}
