/**
 * From the plan's `probes.embedder` to an embedder with its cache.
 *
 * Invariant: the built-in names are `use-lite`, `lexical` and `openai`; a probe set's own `embeddings.f16` is used by
 * itself when it was made by the embedder that the plan names.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { assertPackages } from '../../ports/peer.ts';
import type { LoadedProbeSet } from '../probe-set.ts';
import type { CachedEmbedder } from './cache.ts';
import { withCache } from './cache.ts';
import type { Embedder } from './embedder.ts';
import { createLexical } from './lexical.ts';
import type { OpenAiOptions } from './openai.ts';
import { createOpenAi } from './openai.ts';
import { createUseLite } from './use-lite.ts';
import { useLite } from './manifests.ts';
import { openVectorFile } from './vector-file.ts';

function bare(
  ref: ProviderRef,
  set: LoadedProbeSet,
  env: Readonly<Record<string, string | undefined>>,
): Embedder {
  const { use, ...options } = ref;
  if (use === 'use-lite') {
    assertPackages(useLite);
    return createUseLite();
  }
  if (use === 'lexical') return createLexical([...set.sections.values()].map((section) => section.text));
  // Checked by the factory itself.
  if (use === 'openai') return createOpenAi(options as unknown as OpenAiOptions, env);
  throw new UserError(`probes.embedder: no embedder ${use}`, {
    hint: 'Built in: use-lite, lexical, openai.',
  });
}

/**
 * Makes the plan's embedder.
 * @param env the worker's environment, the only source of keys.
 * @throws UserError on an unknown name or options that do not fit.
 */
export function createEmbedder(
  ref: ProviderRef,
  set: LoadedProbeSet,
  env: Readonly<Record<string, string | undefined>> = {},
): CachedEmbedder {
  const embedder = bare(ref, set, env);
  const base = join(set.folder, 'embeddings');
  if (!embedder.id.endsWith('/f16') || !existsSync(`${base}.json`)) return withCache(embedder);
  return withCache(embedder, { file: openVectorFile({ base, embedder: embedder.id, dim: embedder.dim }) });
}
