/** What can be wrong of the colors: alone and as a pair. One line each way; where a code has several, the way is named. */
import { contract, green, index, type Wrong } from './kit.ts';

export const COLORS_WRONG: readonly Wrong[] = [
  {
    code: 'health-missing',
    bend: (seen) => ({ ...seen, health: { ...seen.health, blue: [] } }),
    says: /blue answers no health contract/,
  },
  { code: 'health-not-ok', bend: green({ ok: false }), says: /green in eu-west says it is not well/ },
  { code: 'health-wrong-color', bend: green({ color: 'blue' }), says: /:9002 says it is blue, not green/ },
  { code: 'release-differs', bend: green({ release: 'r40' }), says: /runs r40, the plan says r42/ },
  { code: 'index-unlabelled', bend: index({ name: '' }), says: /green's index has no family label/ },
  { code: 'index-differs', bend: index({ metric: 'dot' }), says: /differ in metric and the plan does not/ },
  { code: 'env-parity', bend: green({ env: { MODEL: 'same', TOP_K: '8' } }), says: /colors: TOP_K$/ },
  {
    code: 'secrets-overlap',
    bend: green({ secrets: { edge: ['k1', 'k2'], core: ['k1'] } }),
    says: /^green: keys accepted at the edge k1, k2, in the core k1;/,
  },
  {
    code: 'secrets-overlap',
    how: 'no next key',
    bend: green({ secrets: { edge: ['k1'], core: ['k1'] } }),
    says: /^green: keys accepted at the edge k1, in the core k1;/,
  },
  { code: 'cache-prefix-shared', bend: green({ cachePrefix: 'docs:blue' }), says: /prefix docs:blue/ },
  {
    code: 'migration-forward-only',
    bend: green({ migration: { mode: 'forward-only', tables: ['notes', 'turns'] } }),
    says: /forward-only migration of notes, turns/,
    warns: true,
  },
  { code: 'regions-missing', bend: green({ region: 'ap-south' }), says: /green does not run in eu-west/ },
  {
    code: 'from-capacity',
    bend: contract(['blue'], () => ({ capacity: { ready: 0, max: 0 } })),
    says: /blue in eu-west has no capacity/,
  },
  {
    code: 'parity-unknown',
    bend: green({ env: undefined, region: undefined }),
    says: /^green does not tell env, region: nobody compares these/,
    warns: true,
  },
  {
    code: 'contract-partial',
    how: 'no queue',
    bend: green({ queue: undefined }),
    says: /^green does not tell its queue: whether it consumes the one of the plan/,
    warns: true,
  },
  {
    code: 'contract-partial',
    how: 'no migration',
    bend: green({ migration: undefined }),
    says: /^green does not tell its migration: it is taken as compatible/,
    warns: true,
  },
  {
    code: 'contract-partial',
    how: 'no counters',
    bend: contract(['blue', 'green'], () => ({ counters: undefined })),
    says: /^blue and green do not tell counters: where `to` has none, gate egress is skipped and dedupe asks a person/,
    warns: true,
  },
  {
    code: 'contract-partial',
    how: 'no guard of its own',
    bend: contract(['blue'], () => ({ writeGuard: undefined })),
    says: /^blue does not tell that it refuses writes itself/,
    warns: true,
  },
  {
    code: 'contract-partial',
    how: 'a guard that it says it lacks',
    bend: contract(['green'], () => ({ writeGuard: false })),
    says: /^green does not tell that it refuses writes itself/,
    warns: true,
  },
  {
    code: 'capacity-unknown',
    bend: contract(['blue'], () => ({ capacity: undefined })),
    says: /^blue does not tell its capacity: that it has room/,
    warns: true,
  },
];
