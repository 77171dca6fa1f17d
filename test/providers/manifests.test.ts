/** What manifests say is so: packages, ports and how light they are. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isStale } from '../../scripts/provider-tables.ts';
import { UserError } from '../../src/domain/errors.ts';
import { MANIFEST_PORTS } from '../../src/ports/manifest.ts';
import { assertPackages } from '../../src/ports/peer.ts';
import { BUILT_IN_PROVIDERS, manifestOf, MANIFESTS, resolveProvider } from '../../src/providers/registry.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROVIDERS = path.join(ROOT, 'src/providers');
const { dependencies, peerDependencies, peerDependenciesMeta, devDependencies } = JSON.parse(
  readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Packages that a file imports for their values, by `import`, `import()` or `require`. */
function packagesOf(file: string): string[] {
  const code = readFileSync(file, 'utf8').replaceAll(/^import type [^;]*;/gms, '');
  const found = code.matchAll(/(?:from|import\(|require\()\s*'([@\w][\w@/.-]*)'/g);
  return [...found]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}

/** Those of a folder and of the files of other vendors that it stands on, without what cutover brings. */
function vendorPackages(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
  const all = [...files, ...files.flatMap(ofOtherVendors)].flatMap(packagesOf);
  return [...new Set(all)].filter((name) => dependencies?.[name] === undefined).toSorted();
}

/** Files of another vendor's folder that a file imports for their values. */
function ofOtherVendors(file: string): string[] {
  const code = readFileSync(file, 'utf8').replaceAll(/^import type [^;]*;/gms, '');
  return [...code.matchAll(/from '(\.\.\/[\w-]+\/[\w/-]+\.ts)'/g)]
    .map(([, name = '']) => path.join(path.dirname(file), name))
    .filter((one) => path.dirname(path.dirname(one)) === PROVIDERS);
}

void describe('manifests', () => {
  void it('are one for each folder of a vendor, under its name', () => {
    const folders = readdirSync(PROVIDERS, { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map(({ name }) => name);
    assert.deepEqual(folders.toSorted(), BUILT_IN_PROVIDERS.toSorted());
    for (const name of folders) {
      for (const part of ['manifest.ts', 'index.ts']) {
        assert.ok(existsSync(path.join(PROVIDERS, name, part)), `${name}/${part}`);
      }
    }
  });

  void it('declare exactly the packages that the folder imports', () => {
    for (const name of BUILT_IN_PROVIDERS) {
      const declared = Object.keys(manifestOf(name)?.packages ?? {}).toSorted();
      assert.deepEqual(vendorPackages(path.join(PROVIDERS, name)), declared, name);
    }
    const embedders = MANIFESTS.filter(({ ports }) => ports.embedder !== undefined);
    const declared = new Set(embedders.flatMap(({ packages }) => Object.keys(packages ?? {})));
    for (const name of vendorPackages(path.join(ROOT, 'src/probes/embed')))
      assert.ok(declared.has(name), name);
  });

  void it('declare packages that are optional peers in the same range, and installed here for the tests', () => {
    for (const { name, packages = {} } of MANIFESTS) {
      for (const [one, range] of Object.entries(packages)) {
        assert.equal(peerDependencies?.[one], range, `${name}: ${one}`);
        assert.deepEqual(peerDependenciesMeta?.[one], { optional: true }, one);
        assert.ok(devDependencies?.[one] !== undefined, one);
      }
    }
  });

  void it('name the ports that the provider makes, an edge for its parts', async () => {
    for (const name of BUILT_IN_PROVIDERS) {
      const provider = await resolveProvider(name);
      const made = MANIFEST_PORTS.filter((port) => port !== 'embedder' && provider[port] !== undefined);
      const said = Object.keys(manifestOf(name)?.ports ?? {});
      for (const port of made) {
        const isPart = ['store', 'router', 'traffic'].includes(port);
        assert.ok(
          said.includes(port) || (isPart && (said.includes('edge') || name === 'router')),
          `${name}: ${port}`,
        );
      }
      for (const port of said) {
        const isMade = port === 'edge' ? provider.store !== undefined : made.some((one) => one === port);
        assert.ok(isMade, `${name} has no ${port}`);
      }
    }
  });

  void it('are what docs/providers.md says', () => {
    assert.equal(isStale(), false, 'run: node --import tsx scripts/provider-tables.ts');
  });

  void it('import zod and nothing else', () => {
    for (const name of BUILT_IN_PROVIDERS) {
      const packages = packagesOf(path.join(PROVIDERS, name, 'manifest.ts'));
      assert.deepEqual([...new Set(packages)], ['zod'].slice(0, packages.length), name);
    }
  });
});

void describe('a package that is not installed', () => {
  void it('is one line that says who needs it and how to get it', () => {
    assert.throws(
      () => assertPackages({ name: 'sqs', packages: { '@aws-sdk/no-such': '^3.1.0' } }),
      (error) =>
        error instanceof UserError &&
        error.message === '"sqs" needs @aws-sdk/no-such@^3.1.0, not installed where the worker runs' &&
        error.hint === 'npm install @aws-sdk/no-such@^3.1.0',
    );
    assertPackages({ name: 'sqs', packages: { zod: '^4' } });
  });
});
