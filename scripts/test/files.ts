/**
 * Which test files there are, in which lane, and which of them share a process.
 * A file is in the lane of the real peer that its name says (`evidence.s3.test.ts`), in `crash` or `system` by its folder, or in `main`:
 * what whoever changes a line waits for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PEERS } from './peers.ts';

export interface TestFile {
  readonly path: string;
  readonly lane: 'main' | 'system' | 'crash' | 'providers';
  /** Of a provider lane: the peer that must be there. */
  readonly peer: string | null;
  /** It asks a provider what every port of its kind must keep, or runs the table of faults: `npm run test:providers` shows it. */
  readonly isOfProviders: boolean;
}

const NAME = /(?:\.([a-z0-9-]+))?\.test\.ts$/;

/** Start-up is a second and more of work: files share a process, few enough that a failure of one is near its cause. */
const MOST_IN_A_GROUP = 8;
/** Of folders whose files start next to nothing and take milliseconds. */
const MOST_OF_QUICK_ONES = 20;
const QUICK = ['domain', 'plan', 'board', 'evidence', 'activities'];

/**
 * Whole stacks under traffic, tarballs in empty folders, thousands of simulated hours, every order of every two commands, hundreds of
 * drawn holds, thousands of mutated inputs, hundreds of thousands of users, brokers, servers that are killed, reset and upgraded.
 */
const SYSTEM = [
  'test/cli/compare',
  'test/cli/rehearse',
  'test/client/command-server',
  'test/domain/clusters/sight.',
  'test/domain/gates/null.property',
  'test/domain/streams/fuzz',
  'test/e2e/',
  'test/edge/node/process',
  'test/edge/node/vectors',
  'test/edge/user-hash',
  'test/examples/faults',
  'test/examples/retrieval',
  'test/examples/stack',
  'test/package/compose',
  'test/package/pack',
  'test/package/probes-page',
  'test/package/stranger',
  'test/probes/import/fuzz',
  'test/providers/duckdb-formats-',
  'test/providers/faults/faults.',
  'test/providers/duckdb/readers/fuzz',
  'test/providers/sqs-',
  'test/rehearse/',
  'test/sim/',
  'test/temporal/',
  'test/workflows/after-flip',
  'test/workflows/attributes',
  'test/workflows/blind-judge',
  'test/workflows/budget',
  'test/workflows/deadlines',
  'test/workflows/durability',
  'test/workflows/native',
  'test/workflows/races',
  'test/workflows/renewal',
  'test/workflows/reset',
  'test/workflows/storms',
  'test/workflows/versioning',
];

/** They run a whole stack under traffic and judge it by the clock: nothing beside them. */
const ALONE = ['test/e2e/', 'test/crash/', 'test/examples/stack'];
/** The longest first, so that no core is idle at the end. */
const FIRST = [
  'test/workflows/',
  'test/sim/',
  'test/replay/',
  'test/cli/',
  'test/dev-server/',
  'test/providers/',
];

const OF_PROVIDERS = /^ *(\w+PortSuite\(|for .* survives\()/m;

export function allFiles(): readonly TestFile[] {
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .map((name) => join('test', name).replaceAll('\\', '/'))
    .filter((path) => NAME.test(path))
    .sort((a, b) => a.localeCompare(b))
    .map((path) => {
      const word = NAME.exec(path)?.[1] ?? '';
      const peer = Object.hasOwn(PEERS, word) ? word : null;
      const lane = peer === null ? laneOf(path) : 'providers';
      return { path, lane, peer, isOfProviders: OF_PROVIDERS.test(readFileSync(path, 'utf8')) };
    });
}

function laneOf(path: string): 'main' | 'system' | 'crash' {
  if (path.startsWith('test/crash/')) return 'crash';
  return SYSTEM.some((prefix) => path.startsWith(prefix)) ? 'system' : 'main';
}

/** Files by folder, at most so many together; those that run alone are last, each by itself. */
export function groupsOf(paths: readonly string[]): { together: string[][]; alone: string[][] } {
  const isAlone = (path: string): boolean => ALONE.some((prefix) => path.startsWith(prefix));
  const folders = new Map<string, string[]>();
  for (const path of paths.filter((one) => !isAlone(one))) {
    const folder = path.split('/')[1] ?? '';
    folders.set(folder, [...(folders.get(folder) ?? []), path]);
  }
  const together = [...folders].flatMap(([folder, files]) => {
    const count = Math.ceil(files.length / (QUICK.includes(folder) ? MOST_OF_QUICK_ONES : MOST_IN_A_GROUP));
    return Array.from({ length: count }, (_, i) => files.filter((__, at) => at % count === i));
  });
  const rank = ([path = '']: string[]): number => {
    const at = FIRST.findIndex((prefix) => path.startsWith(prefix));
    return at === -1 ? FIRST.length : at;
  };
  together.sort((a, b) => rank(a) - rank(b));
  return { together, alone: paths.filter(isAlone).map((path) => [path]) };
}
