/**
 * Where a plan names providers, and the manifest of each.
 *
 * Invariant: a module of the user's own has a manifest only where its code was loaded.
 */
import type { Manifest, ManifestPort } from '../ports/manifest.ts';
import { manifestOf } from '../providers/registry.ts';
import type { Path } from './errors.ts';
import { edgeFiles, edgePartsOf, type ProviderFile } from './providers.ts';
import type { PlanFile } from './schema.ts';
import { actionRef } from './schema-steps.ts';

/** Manifests of the user's own modules, by name as the plan writes it; empty where they were not read. */
export type OwnManifests = ReadonlyMap<string, Manifest>;

/** One place of a file that names a provider. */
export interface Named {
  readonly path: Path;
  readonly port: ManifestPort;
  readonly file: ProviderFile;
}

/** Where the name itself stands. */
export function nameAt({ path, port, file }: Named): Path {
  return typeof file === 'string' ? path : [...path, port === 'gate' ? 'kind' : 'use'];
}

const SINGLE = ['color', 'queue', 'cache', 'fence', 'telemetry', 'evidence'] as const;
const PARTS = ['store', 'router', 'traffic'] as const;

/** Every place of the file that names a provider. */
export function namedProviders(file: PlanFile): readonly Named[] {
  const { edge, color, queue, cache, fence, telemetry, evidence } = file;
  const single = { color, queue, cache, fence, telemetry, evidence };
  const embedder = typeof file.probes === 'object' ? file.probes.embedder : undefined;
  const found: readonly Place[] = [
    ...placesOfEdge(edge),
    ...SINGLE.map((port) => ({ path: [port], port, file: single[port] })),
    { path: ['warmup', 'provider'], port: 'warmup', file: file.warmup?.provider },
    ...(file.notify ?? []).map((given, index) => ({
      path: ['notify', index],
      port: 'notify' as const,
      file: given,
    })),
    { path: ['probes', 'embedder'], port: 'embedder', file: embedder },
    ...(file.customGates ?? []).map(({ name: _name, kind, ...options }, index) => ({
      path: ['customGates', index],
      port: 'gate' as const,
      file: { ...options, use: kind },
    })),
    ...placesOfSteps(file.steps),
  ];
  return found.filter((one): one is Named => one.file !== undefined);
}

function placesOfSteps(steps: PlanFile['steps'] = []): readonly Place[] {
  return steps.flatMap((step, index) =>
    (['do', 'undo'] as const).flatMap((which) => {
      const action = step[which];
      if (action === 'keep') return [];
      const { file, key } = actionRef(action);
      const path = ['steps', index, which, ...(key === null ? [] : [key])];
      return [{ path, port: 'step' as const, file }];
    }),
  );
}

type Place = Omit<Named, 'file'> & { readonly file: ProviderFile | undefined };

function placesOfEdge(edge: PlanFile['edge']): readonly Place[] {
  const parts = edgePartsOf(edge);
  if (parts === null) return [{ path: ['edge'], port: 'edge', file: edgeFiles(edge).store }];
  return PARTS.map((port) => ({ path: ['edge', port], port, file: parts[port] }));
}

/** The manifest of what a plan names. */
export function manifestIn(own: OwnManifests, use: string): Manifest | undefined {
  return manifestOf(use) ?? own.get(use);
}
