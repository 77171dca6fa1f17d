/**
 * What a provider says of itself without its SDK: the options of each port, the variables and packages it needs, and what it can do.
 * Plan lint, the JSON Schema, the preview, `doctor` and the documentation read manifests, so that a fact about a vendor stands once.
 *
 * Invariant: a manifest is data and zod schemas; loading one takes milliseconds and reads nothing.
 */
import type { z } from 'zod';
import type { TrafficCapabilities } from '../domain/traffic.ts';
import { PORT_NAMES, type PortName } from './provider.ts';

/** An embedder judges on behalf of the engine, so it is no port; what a plan says of it is checked alike. */
export const MANIFEST_PORTS = [...PORT_NAMES, 'embedder'] as const satisfies readonly ManifestPort[];

export type ManifestPort = PortName | 'embedder';

/** An environment variable of the worker. */
export interface Variable {
  /** Any one of them will do; the first is the usual one. */
  readonly oneOf: readonly [string, ...string[]];
  /** What it is for, as the end of "not set here: …". */
  readonly why: string;
  /**
   * When it is needed: `set`, that option is written; `absent`, that option is left out; `retire`, the plan retires a color.
   * Left out: always.
   */
  readonly when?: { readonly set: string } | { readonly absent: string } | 'retire';
  /** The provider works without it: never a fault. */
  readonly optional?: true;
  /** An option that names another variable to read instead. */
  readonly namedBy?: string;
}

/** A rule between options that no schema can say. */
export interface OptionFault {
  readonly key: string;
  readonly message: string;
  readonly fix: string;
}

export interface PortManifest<S extends z.ZodObject = z.ZodObject> {
  /** What it does, one line. */
  readonly does: string;
  /** The peer that its tests run against. */
  readonly testedAgainst: string;
  /** Where that peer differs from the vendor, a clause each. Left out: it is the vendor's own program, or there is no vendor. */
  readonly peerDiffers?: readonly string[];
  /** Options beside `use` (of a gate: beside `name` and `kind`). Strict: what is not in it is refused. */
  readonly options: S;
  /** Most basic first; asked only of options that the schema accepts. */
  faults?(options: z.input<S>): readonly OptionFault[];
  readonly env?: readonly Variable[];
}

/** Of an edge in its short form, and of a router. */
export interface EdgeManifest<S extends z.ZodObject = z.ZodObject> extends PortManifest<S> {
  /** Longest time for a write to reach every router, ms, unless the option `propagationMs` says otherwise. */
  readonly propagationMs?: number;
  /** Who is the cache of a plan that names none, with the options that it takes over from the edge. */
  readonly cache?: { readonly use: string; readonly options: readonly string[] };
}

/** Of a vendor's own weight. */
export interface TrafficManifest<S extends z.ZodObject = z.ZodObject> extends PortManifest<S> {
  /** What its weight can do, with these options. */
  capabilities(options: z.input<S>): TrafficCapabilities;
}

export interface QueueManifest<S extends z.ZodObject = z.ZodObject> extends PortManifest<S> {
  /** Default of `cutover.quiet` with this queue, e.g. `75s`: longer than its counts lag. */
  readonly quiet?: string;
  /** Longest lag of its counts, ms, unless the option `consistencyLagMs` says otherwise. */
  readonly countsLagMs?: number;
}

export interface TelemetryManifest<S extends z.ZodObject = z.ZodObject> extends PortManifest<S> {
  /** `requests`: it knows no users, and answers `totals` instead of `sums`. Left out: it reads request lines. */
  readonly counts?: 'requests';
  /** Whether it can be asked of some regions alone, with these options. Left out: it can. */
  byRegion?(options: z.input<S>): boolean;
}

export interface Manifest {
  readonly name: string;
  /** One line: what it is. */
  readonly about: string;
  readonly ports: {
    readonly [
      P in Exclude<ManifestPort, 'edge' | 'router' | 'traffic' | 'queue' | 'telemetry'>
    ]?: PortManifest;
  } & {
    /** The short form; also what a `store` or a `router` of this name takes that has no entry of its own. */
    readonly edge?: EdgeManifest;
    readonly router?: EdgeManifest;
    readonly traffic?: TrafficManifest;
    readonly queue?: QueueManifest;
    readonly telemetry?: TelemetryManifest;
  };
  /** npm packages that it imports and cutover does not bring, with the versions that fit. */
  readonly packages?: Readonly<Record<string, string>>;
}

/** Keeps the types of the options for the code beside the manifest. */
export function defineManifest<const M extends Manifest>(manifest: M): M {
  return manifest;
}

/** What a provider says of one of its ports. */
export function portManifest<P extends ManifestPort>(
  { ports }: Manifest,
  port: P,
): Manifest['ports'][P] | EdgeManifest | undefined {
  return ports[port] ?? (port === 'store' || port === 'router' ? ports.edge : undefined);
}
