/** What a platform gives the stack: what carries jobs and keeps records, and the edge through which users come. */
import type { Color } from '../../../src/domain/color.ts';
import type { EdgeConfig } from '../../../src/domain/edge-config.ts';
import type { InfraSettings } from '../infra/server.ts';
import type { Child } from '../shared/child.ts';
import type { StackOptions, StackTokens } from '../stack-types.ts';
import type { PlatformName } from './names.ts';

export interface Entry {
  readonly region: string;
  readonly url: string;
}

/** Where a stack stands and what it is to be. */
export interface Site {
  readonly dir: string;
  readonly logDir: string;
  readonly service: string;
  readonly from: Color;
  /** Of each entry: its region and its port. */
  readonly regions: readonly { readonly name: string; readonly port: number }[];
  /** Address on which the entries listen. */
  readonly host: string;
  readonly ports: NonNullable<StackOptions['ports']>;
  readonly tokens: StackTokens;
  /** Variables of the router: which routes write, which are cached. */
  readonly routes: Readonly<Record<string, string>>;
  /** No queue, no records. */
  readonly plain: boolean;
  /** Starts a process of the stack. */
  readonly run: (
    name: string,
    module: URL,
    settings: unknown,
    env?: Readonly<Record<string, string>>,
  ) => Promise<Child>;
  /** What is started otherwise: ended when the stack is, the last one first. */
  readonly own: (name: string, server: { readonly pid: number; stop(): Promise<void> }) => void;
  readonly tell: (line: string) => void;
}

export interface Platform {
  /** Of the process that makes the queues and keeps the records; null in a plain stack. */
  readonly infra: Pick<InfraSettings, 'store' | 'broker'> | null;
  startEdge(origins: Readonly<Record<Color, string>>): Promise<PlatformEdge>;
}

export interface PlatformEdge {
  readonly entries: readonly Entry[];
  /** `edge` of a plan. */
  readonly plan: Readonly<Record<string, unknown>>;
  /** What a worker finds in its environment, secrets of the router and the colors apart. */
  readonly env: Readonly<Record<string, string>>;
  /** Request lines, NDJSON. */
  readonly logs: readonly string[];
  /** Writes the very first config. */
  writeFirst(config: EdgeConfig): Promise<void>;
  /** Breaks the cache of every region, or mends it; null where it cannot be broken. */
  readonly setCacheLeak: ((on: boolean) => Promise<void>) | null;
}

type Start = (site: Site) => Promise<Platform>;

const STARTS: Readonly<Record<PlatformName, () => Promise<{ readonly start: Start }>>> = {
  embedded: () => import('./embedded.ts'),
  'self-hosted': () => import('./self-hosted.ts'),
};

/** Only what the platform needs is loaded. */
export async function startPlatform(name: PlatformName, site: Site): Promise<Platform> {
  return (await STARTS[name]()).start(site);
}
