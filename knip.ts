/**
 * Two runs: as it is, where what only tests use counts as used and an `export` that no other file needs is one too many; and
 * `--production`, where tests count for nothing. `@internal` marks what is exported for tests alone.
 */
import type { KnipConfig } from 'knip';

const isProduction = process.argv.includes('--production');

const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: [
        'src/{index,provider}.ts!',
        'src/{client,conformance,edge,workflows}/index.ts!',
        'src/cli/main.ts!',
        'src/worker.ts!',
        // Judged by the simulation before the telemetry moves to its sums.
        'src/domain/clusters/index.ts!',
        'src/edge/{worker,local/main,local/bundle}.ts!',
        'src/probes/embed/use-lite-worker.ts!',
        'scripts/**/*.{ts,mjs}!',
        'bench/**/*.ts!',
        'test/**/*.test.ts',
        'test/**/*-child.ts',
        'test/replay/{record,changed-workflow}.ts',
        'test/scripts/files/*.ts',
      ],
      project: ['{src,scripts,bench}/**/*.{ts,mjs}!', 'test/**/*.{ts,mjs}'],
      ignoreDependencies: ['protobufjs'],
      ignoreBinaries: ['mkfifo'],
    },
    'examples/docs-rag': {
      entry: ['**/*.ts!'],
      project: ['**/*.ts!'],
      ignoreDependencies: ['@duckdb/node-api', '@energetic-ai/*', 'miniflare'],
    },
  },
  ignoreExportsUsedInFile: isProduction ? true : { interface: true, type: true },
  ignoreIssues: {
    // The one import of the statistics, for the gates and for the tests that hold them.
    'src/domain/stats/index.ts': ['exports', 'types'],
  },
};

// oxlint-disable-next-line import/no-default-export -- knip takes it from there
export default config;
