/**
 * The manifest of a module of the user's own: checked before it is believed, since a plan's defaults and mistakes are read from it.
 * Invariant: what is wrong with it is one line that says where; nothing of it is skipped.
 */
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import type { TrafficCapabilities } from '../domain/traffic.ts';
import { portManifest, type Manifest } from '../ports/manifest.ts';
import { PORT_NAMES, type Provider } from '../ports/index.ts';

const ms = z.number().int().min(0);
const call = z.custom<never>((value) => typeof value === 'function', 'must be a function');
const line = z.string().min(1);
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable');

const variable = z.strictObject({
  oneOf: z.array(variableName).min(1),
  why: line,
  when: z
    .union([z.literal('retire'), z.strictObject({ set: line }), z.strictObject({ absent: line })])
    .optional(),
  optional: z.literal(true).optional(),
  namedBy: line.optional(),
});

const port = {
  does: line.optional(),
  testedAgainst: line.optional(),
  peerDiffers: z.array(line).optional(),
  options: z.custom<never>(
    isStrict,
    'must be a z.strictObject, with `z` of cutover/provider: what is not in it is refused',
  ),
  faults: call.optional(),
  env: z.array(variable).optional(),
};

const edge = z.strictObject({
  ...port,
  propagationMs: ms.optional(),
  cache: z.strictObject({ use: line, options: z.array(line) }).optional(),
});

const schema = z.strictObject({
  name: line,
  about: line.optional(),
  packages: z.record(line, line).optional(),
  ports: z.strictObject({
    ...Object.fromEntries(PORT_NAMES.map((name) => [name, z.strictObject(port).optional()])),
    edge: edge.optional(),
    router: edge.optional(),
    traffic: z.strictObject({ ...port, capabilities: call }).optional(),
    telemetry: z
      .strictObject({ ...port, counts: z.literal('requests').optional(), byRegion: call.optional() })
      .optional(),
    queue: z
      .strictObject({
        ...port,
        quiet: z
          .string()
          .refine((text) => parseDuration(text) !== null, 'must be a duration, like 75s')
          .optional(),
        countsLagMs: ms.optional(),
      })
      .optional(),
  }),
});

/** Whether it is a schema of the zod that we read, and one that refuses what it does not know. */
function isStrict(value: unknown): boolean {
  return value instanceof z.ZodObject && value.def.catchall instanceof z.ZodNever;
}

/** @throws UserError when the manifest of a provider is not one, or speaks of other ports than it has. */
export function assertManifest(use: string, provider: Provider): void {
  const { manifest } = provider;
  if (manifest === undefined) return;
  const parsed = schema.safeParse(manifest);
  const [issue] = parsed.success ? [] : parsed.error.issues;
  if (issue !== undefined) {
    throw broken(use, `${['manifest', ...issue.path].join('.')}: ${issue.message}`);
  }
  const silent = PORT_NAMES.find(
    (name) => provider[name] !== undefined && portManifest(manifest, name) === undefined,
  );
  if (silent !== undefined) throw broken(use, `manifest.ports.${silent} is missing: it has that port`);
  const empty = PORT_NAMES.find((name) => name in manifest.ports && !has(provider, name));
  if (empty !== undefined) throw broken(use, `manifest.ports.${empty}: it has no such port`);
}

/** The three of an edge may be made in one piece, and an edge in its short form in two. */
function has(provider: Provider, name: (typeof PORT_NAMES)[number]): boolean {
  if (provider[name] !== undefined) return true;
  if (name === 'edge') return provider.store !== undefined && provider.router !== undefined;
  return provider.edge !== undefined && (name === 'store' || name === 'router' || name === 'traffic');
}

function broken(use: string, what: string): UserError {
  return new UserError(`the manifest of "${use}" is wrong: ${what}`, {
    hint: 'what a manifest holds: docs/write-a-provider.md',
  });
}

/** The manifest of a provider, such that whatever its functions throw is said as a mistake of the module. */
export function ownManifest(use: string, { manifest }: Provider): Manifest | null {
  if (manifest === undefined) return null;
  const ports = Object.entries(manifest.ports).map(([name, one]) => {
    const port = { ...one };
    if ('faults' in one) {
      port.faults = (options) =>
        asked(use, `${name}.faults`, () => faultsOf.parse(one.faults?.(options) ?? []));
    }
    if (!('capabilities' in one)) return [name, port];
    const can = (options: Readonly<Record<string, unknown>>): TrafficCapabilities =>
      asked(use, `${name}.capabilities`, () => canDo.parse(one.capabilities(options)));
    return [name, { ...port, capabilities: can }];
  });
  return { ...manifest, ports: Object.fromEntries(ports) as Manifest['ports'] };
}

const faultsOf = z.array(z.object({ key: line, message: line, fix: line }));

const canDo = z.object({
  granularityPercent: z.number().positive(),
  maxPercent: z.number(),
  canLower: z.boolean(),
  stages: z.array(z.number()).nullable(),
  isSticky: z.boolean(),
  isVolatile: z.boolean(),
  propagation: z.object({ maxMs: z.number() }),
});

function asked<T>(use: string, what: string, ask: () => T): T {
  try {
    return ask();
  } catch (cause) {
    const why =
      cause instanceof z.ZodError
        ? cause.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
        : firstLine(cause);
    throw broken(use, `manifest.ports.${what} breaks: ${why}`);
  }
}

function firstLine(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n')[0] ?? message;
}
