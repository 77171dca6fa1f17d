/** What goes into the workflow sandbox: no zod, nothing of Node, little code (every cached switch holds a copy of its modules). */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type BundleOptions } from '@temporalio/worker';
import { builtinModules } from 'node:module';

const WORKFLOWS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
const MAX_BYTES = 820 * 1024;

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** The package is compiled for today's Node before it is bundled; the SDK's own loader would put helpers for old ones into every module. */
function asShipped(config: WebpackConfig): WebpackConfig {
  const rules = (config.module?.rules ?? []) as { use?: { options?: { jsc?: { target: string } } } }[];
  for (const { use } of rules) if (use?.options?.jsc !== undefined) use.options.jsc.target = 'es2022';
  return config;
}

void describe('the workflow bundle', () => {
  let code = '';
  let modules: readonly string[] = [];

  before(async () => {
    const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
    const bundle = await bundleWorkflowCode({
      workflowsPath: WORKFLOWS,
      logger,
      webpackConfigHook: asShipped,
    });
    const [text = '', map = ''] = bundle.code.split(/^\/\/# sourceMappingURL=.*base64,/m);
    code = text;
    const { sources } = JSON.parse(Buffer.from(map, 'base64').toString('utf8')) as { sources: string[] };
    modules = sources;
  });

  void test('holds the workflow, the domain and the words for a switch, and no other folder of ours', () => {
    assert.ok(
      modules.some((name) => name.endsWith('src/workflows/switchover.ts')),
      modules.slice(0, 5).join(),
    );
    const ours = modules.filter((name) => !name.includes('node_modules') && name.includes('/src/'));
    const foreign = ours.filter((name) => !/\/src\/(workflows|domain|board)\//.test(name));
    assert.deepEqual(foreign, []);
  });

  void test('holds no zod and no other third party', () => {
    const packages = modules.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
    const allowed =
      /^(@temporalio\/|long$|ms$|heap-js$|nexus-rpc$|nice-grpc|protobufjs$|@protobufjs\/|@types\/)/;
    assert.deepEqual(
      [...new Set(packages)].filter((name) => !allowed.test(name)),
      [],
    );
    assert.ok(!/\bZodError\b|ZodType/.test(code));
  });

  void test('requires nothing of Node', () => {
    const required = [...code.matchAll(/\brequire\(["']([^"']+)["']\)/g)].map((match) => match[1] ?? '');
    assert.deepEqual(
      required.filter((name) => name.startsWith('node:') || builtinModules.includes(name)),
      [],
    );
    assert.ok(modules.every((name) => !/node:/.test(name)));
  });

  void test('is at most 820 KB without its source map', () => {
    const bytes = Buffer.byteLength(code);
    assert.ok(bytes > 100_000 && bytes <= MAX_BYTES, `${bytes} bytes`);
  });
});
