/**
 * The rooms of `src`, from the top floor down, and the arrows that may go between them: an import may only point to a room that is named
 * here, and every arrow points down. `node --import tsx scripts/rooms.ts` writes the table into ARCHITECTURE.md.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { between } from './between.ts';

export interface Room {
  readonly name: string;
  readonly holds: string;
  /** Rooms that it may import from. `domain` goes without saying. */
  readonly mayUse: readonly string[];
}

/** Top floor first. A file that stands in `src` itself is a room of its own. */
export const ROOMS: readonly Room[] = [
  {
    name: 'cli',
    holds: 'commands, what they print, exit codes',
    mayUse: [
      'init',
      'rehearse',
      'worker',
      'dev-server',
      'client',
      'workflows',
      'evidence',
      'plan',
      'probes',
      'providers',
      'edge',
      'ports',
      'board',
      'temporal',
      'package-version',
    ],
  },
  {
    name: 'init',
    holds: 'a plan, an edge and a probe set for a service of one’s own, from five answers',
    mayUse: ['plan', 'probes', 'providers', 'ports', 'edge', 'package-version'],
  },
  {
    name: 'rehearse',
    holds: 'a plan’s hours in seconds, against simulated ports',
    mayUse: ['worker', 'dev-server', 'client', 'workflows', 'activities', 'plan', 'probes', 'providers'],
  },
  {
    name: 'worker',
    holds: 'ports, activities and workflow bundle put together: open it first',
    mayUse: ['worker-build', 'client', 'activities', 'probes', 'providers', 'ports', 'telemetry', 'in-time'],
  },
  {
    name: 'worker-build',
    holds: 'which build a worker is, and where its bundle lies',
    mayUse: ['package-version'],
  },
  { name: 'dev-server', holds: 'the Temporal dev server: find, fetch, launch', mayUse: ['temporal'] },
  { name: 'index', holds: 'what the package exports to programs', mayUse: ['client', 'plan'] },
  {
    name: 'client',
    holds: 'start, command, follow and recover a switch',
    mayUse: ['workflows', 'activities', 'plan', 'temporal', 'in-time'],
  },
  { name: 'workflows', holds: 'the playbook; no clock, no I/O', mayUse: ['activities', 'board'] },
  {
    name: 'activities',
    holds: 'what a switch does in the world, a file a group of verbs',
    mayUse: ['evidence', 'probes', 'ports', 'board', 'temporal'],
  },
  {
    name: 'evidence',
    holds: 'packs: written, found, signed, verified',
    mayUse: ['plan', 'providers', 'ports'],
  },
  { name: 'plan', holds: '`cutover.yaml`: schema, rules, preview', mayUse: ['providers', 'probes', 'ports'] },
  { name: 'providers', holds: 'a folder a vendor', mayUse: ['probes', 'edge', 'ports', 'in-time'] },
  { name: 'probes', holds: 'probe sets: read, send, score, calibrate', mayUse: ['edge', 'ports'] },
  { name: 'edge', holds: 'router, app kit, and the protocol between them', mayUse: ['in-time'] },
  { name: 'provider', holds: 'what a provider of one’s own imports', mayUse: ['ports'] },
  {
    name: 'conformance',
    holds: 'what each port must keep, as suites for a provider of one’s own',
    mayUse: ['ports'],
  },
  { name: 'ports', holds: 'a file a port: what the engine wants of the world', mayUse: [] },
  {
    name: 'temporal',
    holds: 'what the SDK leaves out: gRPC codes, the search attributes of a namespace',
    mayUse: ['in-time'],
  },
  { name: 'board', holds: 'what a switch says, once', mayUse: [] },
  { name: 'telemetry', holds: 'the log and metrics of a process', mayUse: [] },
  { name: 'in-time', holds: 'a bound for what may hang', mayUse: [] },
  { name: 'package-version', holds: 'the version of the package', mayUse: [] },
  { name: 'domain', holds: 'the rules, pure: switch, edge config, gates, probes, statistics', mayUse: [] },
];

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Imports of each file of `src`, type-only ones too, by path from there. */
export function imports(): Map<string, readonly string[]> {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(path.sep).join('/'));
  return new Map(
    files.map((file) => {
      const text = readFileSync(path.join(SRC, file), 'utf8');
      const targets = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map(([, target = '']) =>
        path.posix.join(path.posix.dirname(file), target),
      );
      return [file, [...new Set(targets)].filter((target) => files.includes(target))];
    }),
  );
}

export function roomOf(file: string): string {
  return (file.split('/')[0] ?? file).replace(/\.ts$/, '');
}

/** Groups of files that import each other, directly or around corners. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = (from: string): Set<string> => {
    const seen = new Set<string>();
    const open = [...(graph.get(from) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(graph.get(next) ?? []));
    }
    return seen;
  };
  const all = new Map([...graph.keys()].map((file) => [file, reached(file)]));
  const inCircles = [...graph.keys()].filter((file) => all.get(file)?.has(file));
  const groups = inCircles.map((file) =>
    inCircles.filter((other) => all.get(file)?.has(other) && all.get(other)?.has(file)).toSorted(),
  );
  return groups.filter((group, at) => groups.findIndex((one) => one[0] === group[0]) === at);
}

const BEGIN = '<!-- generated by scripts/rooms.ts: do not edit below -->';
const END = '<!-- generated: do not edit above -->';

/** The page with its table of rooms replaced. */
export function withTable(page: string): string {
  const rows = ROOMS.map(
    ({ name, holds, mayUse }) => `| \`${name}\` | ${holds} | ${mayUse.join(', ') || '–'} |`,
  );
  const table = ['| room | holds | may use, beside `domain` |', '|---|---|---|', ...rows].join('\n');
  return between(page, BEGIN, END, table);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = fileURLToPath(new URL('../ARCHITECTURE.md', import.meta.url));
  writeFileSync(page, withTable(readFileSync(page, 'utf8')));
}
