/**
 * References to providers as `cutover.yaml` writes them: what each port may be given, made of the manifests.
 *
 * Invariant: options of built-in providers are part of the plan's shape, so that a wrong one has its line and column, and editors
 * know them; a module of the user's own may have any.
 */
import { z } from 'zod';
import { portManifest, type ManifestPort } from '../ports/manifest.ts';
import { optional, required, text } from '../ports/option.ts';
import { manifestsWith } from '../providers/registry.ts';

/** A provider: its name alone, or its name with options. */
export type ProviderFile = string | { readonly use: string; readonly [option: string]: unknown };

/** The schema of a reference to a provider of one port. */
export function provider(port: ManifestPort): z.ZodType<ProviderFile, ProviderFile> {
  const branches = manifestsWith(port).map((one) =>
    z.strictObject({
      use: required(z.literal(one.name), one.about),
      ...asWritten(portManifest(one, port)?.options.shape ?? {}),
    }),
  );
  const own = z.looseObject({ use: ownName(port, '`./file.mjs`') });
  return z.union([text, ...branches, own]);
}

/**
 * Options for the plan, which keeps them as they were written: what is left out has its default from the provider that opens, maybe of
 * another version than the one that read the plan.
 */
export function asWritten(options: z.core.$ZodLooseShape): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(options as Record<string, z.ZodType>).map(([key, option]) => {
      if (!(option instanceof z.ZodDefault)) return [key, option];
      const own = option.unwrap() as z.ZodType;
      return [key, own.meta({ ...option.meta(), default: option.def.defaultValue }).optional()];
    }),
  );
}

/**
 * A name that is no built-in one of this port: a module of the user's own.
 *
 * @param error what is said of a built-in one
 */
export function ownName(port: ManifestPort, example: string, error = 'must name a provider'): z.ZodString {
  const names = manifestsWith(port).map(({ name }) => name);
  return required(
    z
      .string()
      .max(500)
      .regex(new RegExp(`^(?!(?:${names.join('|')})$)[^]`), {
        // Else zod believes that this form was meant, whatever name stands there.
        abort: true,
        error,
      }),
    `A module of your own: a package name or ${example}.`,
  );
}

/** An edge in its parts. */
export interface EdgeFile {
  readonly store: ProviderFile;
  /** Left out: our own. */
  readonly router?: ProviderFile | undefined;
  /** Left out: the router moves users. */
  readonly traffic?: ProviderFile | undefined;
}

export const edgeParts: z.ZodType<EdgeFile, EdgeFile> = z.strictObject({
  store: required(provider('store'), 'Who holds the edge config.', 'cloudflare'),
  router: optional(provider('router'), 'Who routes by it in every region. Left out: `router`, our own.'),
  traffic: optional(
    provider('traffic'),
    'A vendor’s own weight that moves users. Left out: the router does, by the weight that the edge config holds.',
  ),
});

/** The parts of an edge; null of the short form. */
export function edgePartsOf(file: ProviderFile | EdgeFile): EdgeFile | null {
  return isShort(file) ? null : file;
}

/** Who is what, in whichever form: the short one names the store and the router, and the router moves users. */
export function edgeFiles(file: ProviderFile | EdgeFile): {
  readonly store: ProviderFile;
  readonly router: ProviderFile;
  readonly traffic: ProviderFile | null;
} {
  if (isShort(file)) return { store: file, router: file, traffic: null };
  return { store: file.store, router: file.router ?? OUR_ROUTER, traffic: file.traffic ?? null };
}

const OUR_ROUTER = 'router';

function isShort(file: ProviderFile | EdgeFile): file is ProviderFile {
  return typeof file === 'string' || 'use' in file;
}
