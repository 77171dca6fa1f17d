/**
 * `cutover demo`: a real switch of the sample service on this machine; with a fault, it comes back. The sample is a package of its own
 * beside this one, found where the build and the checkout have it, and loaded only when it is asked for.
 */
import { readFile } from 'node:fs/promises';
import { UserError } from '../../domain/errors.ts';
import type { SwitchEvent } from '../../domain/event.ts';
import { installCommand, isInstalled } from '../../ports/peer.ts';
import { eventLine } from '../render/event-line.ts';
import { flag, text, type CommandSpec } from '../spec.ts';

/** What the sample's demo gives, by module. */
interface DemoEndings {
  readonly FAULTS: readonly string[];
}

interface DemoPlatforms {
  readonly PLATFORMS: Readonly<
    Record<string, { readonly about: string; readonly packages: readonly string[] }>
  >;
}

interface Demo {
  /** @returns 0 when the switch ended as the fault demands and the ledger is whole, 1 otherwise. */
  readonly runDemo: (options: DemoOptions) => Promise<number>;
}

export interface DemoOptions {
  /** One of `FAULTS`; `none` for a healthy switch. */
  readonly fault: string;
  /** One of `PLATFORMS`. */
  readonly platform: string;
  /** What moves users until the flip. */
  readonly topology: 'weight' | 'header';
  /** Switch a service without queue, cache or writes. */
  readonly plain: boolean;
  /** Keep everything up after the end, until Ctrl-C. */
  readonly keep: boolean;
  readonly json: boolean;
  readonly out: (line: string) => void;
  /** Renders an event for people. */
  readonly line?: (event: SwitchEvent) => string | null;
  /** Where this run keeps its files; emptied first. Default `.cutover/demo`, or `demo-2`… while another demo runs. */
  readonly dir?: string;
}

/** The same from the sources and from `dist`. */
const SAMPLE = '../../../examples/docs-rag/';

const { FAULTS } = (await import(moduleOf('demo/endings'))) as DemoEndings;
const { PLATFORMS } = (await import(moduleOf('platforms/names'))) as DemoPlatforms;
const EMBEDDED = 'embedded';

export const demo: CommandSpec = {
  name: 'demo',
  usage: '',
  maxPositionals: 0,
  about:
    'Runs a Temporal server, an edge, queues, a RAG service in two colors and user traffic on this machine, and switches it over. With --fault it breaks the new color so that you can watch it come back (exit 0 if it does).',
  options: {
    fault: { type: 'string', value: '<name>', help: `break the new color in this way: ${FAULTS.join(', ')}` },
    platform: {
      type: 'string',
      value: '<name>',
      help: `${Object.entries(PLATFORMS)
        .map(([name, { about }]) => `${name} (${about})`)
        .join('; ')} (default ${EMBEDDED})`,
    },
    topology: {
      type: 'string',
      value: '<name>',
      help: 'what moves users until the flip: weight, or header (cohorts that their requests’ signed header names) (default weight)',
    },
    plain: { type: 'boolean', help: 'switch a service that only answers: no queue, no cache, no writes' },
    keep: { type: 'boolean', help: 'leave everything running at the end, to look at (--no-keep: stop it)' },
  },
  examples: [
    'cutover demo',
    'cutover demo --fault bad-index',
    'cutover demo --platform self-hosted',
    'cutover demo --topology header',
    'cutover demo --plain',
    'cutover demo --no-keep --json',
  ],
  ownsSignals: true,
  run: async (context) => {
    const { out } = context;
    const platform = text(context, 'platform') ?? EMBEDDED;
    await checkPackages(platform);
    const { runDemo } = (await import(moduleOf('demo/index'))) as Demo;
    return runDemo({
      fault: text(context, 'fault') ?? 'none',
      platform,
      topology: topologyOf(text(context, 'topology') ?? 'weight'),
      plain: flag(context, 'plain'),
      keep: flag(context, 'keep', out.live),
      json: out.json,
      line: (event) => eventLine(event, out.paint),
      out: (line) => (out.json ? out.raw(`${line}\n`) : out.line(line)),
    });
  },
};

function topologyOf(name: string): DemoOptions['topology'] {
  if (name === 'weight' || name === 'header') return name;
  throw new UserError(`no topology "${name}"`, { hint: 'there are weight, header' });
}

function moduleOf(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`${SAMPLE}${name}.${extension}`, import.meta.url).href;
}

/** The demo's peers are not installed with the package: a user of one vendor needs none of the others'. */
async function checkPackages(platform: string): Promise<void> {
  if (!Object.hasOwn(PLATFORMS, platform)) {
    const hint = `there are ${Object.keys(PLATFORMS).join(', ')}`;
    throw new UserError(`no platform "${platform}"`, { hint });
  }
  const { dependencies } = JSON.parse(await manifest()) as { dependencies: Record<string, string> };
  const ofOthers = Object.entries(PLATFORMS).flatMap(([name, { packages }]) =>
    name === platform ? [] : packages,
  );
  const missing = Object.entries(dependencies).filter(
    ([name]) => !ofOthers.includes(name) && !isInstalled(name),
  );
  if (missing.length === 0) return;
  throw new UserError(`the demo runs on ${missing.length} packages that are not installed here`, {
    hint: installCommand(missing.map((one) => one.join('@'))),
  });
}

/** `dist` has the sample's code alone; its data and its manifest lie beside `dist`. */
async function manifest(): Promise<string> {
  const beside = new URL(`${SAMPLE}package.json`, import.meta.url);
  const above = new URL(`../${SAMPLE}package.json`, import.meta.url);
  return readFile(beside, 'utf8').catch(() => readFile(above, 'utf8'));
}
