/**
 * References to providers as `cutover.yaml` writes them: what each port may be given, made of the manifests.
 *
 * Invariant: options of built-in providers are part of the plan's shape, so that a wrong one has its line and column, and editors
 * know them; a module of the user's own may have any.
 */
import { z } from 'zod';
import type { ManifestPort } from '../ports/manifest.ts';
import { required, text } from '../ports/option.ts';
import { manifestsWith } from '../providers/registry.ts';

/** A provider: its name alone, or its name with options. */
export type ProviderFile = string | { readonly use: string; readonly [option: string]: unknown };

/** The schema of a reference to a provider of one port. */
export function provider(port: ManifestPort): z.ZodType<ProviderFile, ProviderFile> {
  const branches = manifestsWith(port).map(({ name, about, ports }) =>
    z.strictObject({ use: required(z.literal(name), about), ...ports[port]?.options.shape }),
  );
  const own = z.looseObject({ use: ownName(port, '`./file.mjs`') });
  return z.union([text, ...branches, own]);
}

/** A name that is no built-in one of this port: a module of the user's own. */
export function ownName(port: ManifestPort, example: string): z.ZodString {
  const names = manifestsWith(port).map(({ name }) => name);
  return required(
    z
      .string()
      .max(500)
      .regex(new RegExp(`^(?!(?:${names.join('|')})$)[^]`), {
        // Else zod believes that this form was meant, whatever name stands there.
        abort: true,
        error: 'must name a provider',
      }),
    `A module of your own: a package name or ${example}.`,
  );
}
