/** What the folder already tells: defaults for the questions. Nothing is written, and nothing of it is run. */
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isRecord } from '../domain/is-record.ts';
import type { Platform, Stack } from './answers.ts';
import { textOf } from './write.ts';

export interface FolderFacts {
  /** A name for the service, as a plan takes it. */
  readonly name: string;
  readonly platform: Platform;
  readonly stack: Stack;
  /** The color's stub is wanted as TypeScript. */
  readonly hasTypeScript: boolean;
}

const NODE_STACKS = ['hono', 'next', 'express'] as const;

export async function readFolder(folder: string): Promise<FolderFacts> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const manifest = await packageOf(folder);
  const packages = Object.keys({
    ...recordOf(manifest['dependencies']),
    ...recordOf(manifest['devDependencies']),
  });
  const isPython = names.some((one) => /^(requirements.*\.txt|pyproject\.toml|Pipfile|setup\.py)$/.test(one));
  const isWrangler = names.some((one) => /^wrangler\.(jsonc?|toml)$/.test(one));
  const framework = NODE_STACKS.find((one) => packages.includes(one));
  const isLambda = names.some((one) => /^(template\.ya?ml|samconfig\.toml|serverless\.ya?ml)$/.test(one));
  const own = names.includes('package.json') ? (isLambda ? 'lambda' : 'fetch') : 'none';
  return {
    name: serviceName(basename(resolve(folder))),
    platform: isWrangler ? 'cloudflare' : 'self-hosted',
    stack: framework ?? (isPython ? 'python' : own),
    hasTypeScript: packages.includes('typescript') || names.includes('tsconfig.json'),
  };
}

/** What a plan, a container and a Worker all take as a name. */
export function serviceName(given: string): string {
  const name = given
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return name === '' ? 'my-service' : name;
}

async function packageOf(folder: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return recordOf(JSON.parse((await textOf(join(folder, 'package.json'))) ?? ''));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
