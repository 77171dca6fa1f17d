/** What can be wrong of the edge: its config, its promises, its regions and its clocks. One line each way; where a code has several, the way is named. */
import { NOW, clock, config, edge, region, type Wrong } from './kit.ts';

export const EDGE_WRONG: readonly Wrong[] = [
  {
    code: 'edge-not-on-from',
    bend: config({ weightPercent: 40 }),
    says: /serves 40 % on green \(from blue\)/,
  },
  {
    code: 'edge-not-on-from',
    how: 'the last switch went the other way and stopped half-way',
    bend: config({ from: 'green', to: 'blue', weightPercent: 99 }),
    says: /serves 99 % on blue/,
  },
  { code: 'edge-frozen', bend: config({ freezeUntilMs: NOW + 1 }), says: /frozen by somebody else/ },
  { code: 'edge-topology-unsupported', bend: edge({ topologies: ['header'] }), says: /topology weight/ },
  { code: 'edge-cannot-lower', bend: edge({ canLower: false }), says: /cannot lower/ },
  { code: 'edge-granularity', bend: edge({ granularityPercent: 20 }), says: /set 1, 10, 50 %/ },
  { code: 'edge-granularity', how: 'most', bend: edge({ maxPercent: 50 }), says: /set 100 %/ },
  { code: 'edge-granularity', how: 'stages', bend: edge({ stages: [1, 10, 100] }), says: /set 50 %/ },
  {
    code: 'edge-region-differs',
    how: 'generation 999 (F13)',
    bend: region({ generation: 999, weightPercent: 0 }),
    says: /eu-west serves generation 999 at 0 %, the store holds generation 1 at 0 %: another writer/,
  },
  {
    code: 'edge-region-differs',
    how: 'another weight (F13)',
    bend: region({ weightPercent: 30 }),
    says: /generation 1 at 30 %/,
  },
  {
    code: 'edge-region-differs',
    how: 'behind',
    bend: region({ generation: 0 }),
    says: /serves generation 0/,
    warns: true,
  },
  {
    code: 'edge-reads-stale',
    how: 'by its own declaration (F14)',
    bend: edge({ reads: 'eventual' }),
    says: /older config/,
  },
  {
    code: 'propagation-too-short',
    how: 'while the plan waits for less (A6)',
    bend: edge({ propagation: { maxMs: 180_000 } }),
    says: /may need 3m to reach every region, the plan waits 2m/,
  },
  {
    code: 'default-color',
    how: 'on an empty store (B10)',
    bend: region({ generation: 0, defaultColor: 'green' }, false),
    says: /nothing was ever written, and the router of eu-west sends users to green/,
  },
  {
    code: 'default-color',
    how: 'on a written store (B10)',
    bend: region({ defaultColor: 'green' }),
    says: /a router of eu-west that finds no config sends users to green/,
    warns: true,
  },
  {
    code: 'clock-skew',
    how: 'over a third of the freeze (A19, F12)',
    bend: clock(10_100),
    says: /the router of eu-west is 10\.1 s ahead of this worker's/,
  },
  {
    code: 'clock-skew',
    how: 'behind (F12)',
    bend: clock(-600_000),
    says: /600\.0 s behind this worker's/,
  },
  { code: 'clock-skew', how: 'noted (A19)', bend: clock(-5100), says: /5\.1 s behind/, warns: true },
];
