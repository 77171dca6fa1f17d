/** Error novelty: distinct users, moments, replays, and the judge's own requests. */
import type { CountedLine } from '../../../src/domain/clusters/index.ts';
import { REPLAYED, type LookInput } from '../../../src/domain/look-input.ts';
import { START_MS } from '../../../scripts/sim-gates/input.ts';
import { check } from './cases.ts';
import { hour, look, midway, probes, stale, traffic, USUAL, withSlices, type Counted } from './kit.ts';

const CUT = 'body:truncated';
const AGAIN = { errorClass: CUT, onTo: 2, onFrom: 0, tries: 3 };
const GONE = { errorClass: CUT, onTo: 0, onFrom: 0, tries: 3 };

/** So many distinct users of green meet a new class, one every so many minutes. */
function fresh(
  users: number,
  {
    everyMinutes = 7,
    error = CUT,
    of = 'user',
    ...counted
  }: Counted & {
    readonly everyMinutes?: number;
    readonly error?: string;
    readonly of?: string;
  } = {},
  change: Partial<LookInput> = {},
): LookInput {
  const lines = Array.from({ length: users }, (_, i): CountedLine => ({
    atMs: START_MS + 60_000 + Math.round(i * everyMinutes * 60_000) + i,
    color: 'green',
    region: 'eu',
    route: 'answer',
    user: of === 'user' ? `hit-${i}` : of,
    instance: null,
    cold: false,
    ok: false,
    error,
    tfinalMs: 100,
    tusableMs: null,
    cache: null,
  }));
  return hour(
    'error-novelty',
    [traffic('blue'), traffic('green', { requests: 1000, users: 100, errors: {} })],
    { ...counted, lines },
    { probes: null, ...change },
  );
}

check('error-novelty', [
  { name: 'known classes pass at the end', input: () => look('error-novelty'), expect: 'pass ok' },
  {
    name: 'known classes wait in the middle',
    input: () => midway(look('error-novelty')),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'a new class that one user met is a suspect that blocks',
    input: () => fresh(1),
    expect: 'inconclusive new_error_suspect',
  },
  {
    name: 'one that came once and not again in replays is too little to object',
    input: () => fresh(1, {}, { replays: [GONE] }),
    expect: 'inconclusive underpowered,new_error_once',
  },
  {
    name: 'one that two users met stays a suspect though replays went well',
    input: () => fresh(2, {}, { replays: [GONE] }),
    expect: 'inconclusive new_error_suspect',
  },
  { name: 'one that many users met fails', input: () => midway(fresh(8)), expect: 'fail new_error_class' },
  {
    name: 'one user decides nothing, however often it fails',
    input: () => fresh(60, { everyMinutes: 0.9, of: 'same' }),
    expect: 'inconclusive new_error_suspect',
  },
  {
    name: 'nor does one moment, however many users it hits',
    input: () => fresh(20, { everyMinutes: 0.01 }),
    expect: 'inconclusive new_error_suspect',
  },
  {
    name: 'what clients ask wrongly is no news',
    input: () => fresh(8, { error: 'headers:http_4xx:422' }),
    expect: 'pass ok',
  },
  {
    name: 'what clients leave is none either',
    input: () => fresh(8, { error: 'client:aborted' }),
    expect: 'pass ok',
  },
  {
    name: 'a class that came again on `to` only fails at once when three users met it',
    input: () => midway(fresh(3, {}, { replays: [AGAIN] })),
    expect: 'fail new_error_reproduced',
  },
  {
    name: 'a request of one user that fails again on `to` only decides nothing',
    input: () => midway(fresh(1, {}, { replays: [AGAIN] })),
    expect: 'inconclusive new_error_suspect',
  },
  {
    name: 'a class that came again on both is not new',
    input: () => fresh(8, {}, { replays: [{ ...AGAIN, onTo: 3, onFrom: 3 }] }),
    expect: 'pass ok',
  },
  {
    name: 'a class of the day before is not new',
    input: () => fresh(8, { catalogue: { requests: 100_000, users: 20_000, classes: { [CUT]: 1 } } }),
    expect: 'pass ok',
  },
  {
    name: 'few users of a day to compare with prove little',
    input: () => fresh(4, { catalogue: { requests: 50, users: 10, classes: { [USUAL]: 1 } } }),
    expect: 'inconclusive new_error_suspect',
  },
  {
    name: 'without a catalogue or a control nothing is known',
    input: () => withSlices('error-novelty', [traffic('green')], { catalogue: null, probes: null }),
    expect: 'inconclusive no_catalogue',
  },
  {
    name: 'stale telemetry is no pass',
    input: () => stale(look('error-novelty')),
    expect: 'inconclusive stale',
  },
  {
    name: 'no data is no pass',
    input: () => look('error-novelty', { traffic: null, probes: null, catalogue: null }),
    expect: 'inconclusive no_data',
  },
]);

/** So many questions meet a new class in every run on green. */
const asked = (count: number, change: Partial<LookInput> = {}) =>
  look('error-novelty', {
    probes: probes({
      to: (_, question) => (question < count ? { error: CUT, latencyMs: null, deltaS: null } : {}),
    }),
    ...change,
  });

/** What the shadow stage sent again; so many of 200 requests met a new class on green. */
const sentAgain = (count: number, change: Partial<LookInput> = {}) => {
  const slices = (['blue', 'green'] as const).map((color) =>
    traffic(color, {
      ...REPLAYED,
      requests: 200,
      warmMs: [],
      warmUsableMs: [],
      cache: { lookups: 0, hits: 0 },
      errors: color === 'green' && count > 0 ? { [CUT]: count } : {},
    }),
  );
  const input = hour('error-novelty', [traffic('blue')], {}, { probes: null, ...change });
  return {
    ...input,
    traffic:
      input.traffic === null ? null : { ...input.traffic, slices: [...input.traffic.slices, ...slices] },
  };
};

check('error-novelty: our own requests', [
  {
    name: 'a class that some questions meet is a suspect',
    input: () => asked(3),
    expect: 'inconclusive new_error_suspect',
  },
  {
    name: 'and fails when one of them meets it again on `to` only',
    input: () => asked(1, { replays: [AGAIN] }),
    expect: 'fail new_error_reproduced',
  },
  { name: 'one that many questions meet fails', input: () => asked(30), expect: 'fail new_error_class' },
  {
    name: 'one that they meet on both colors is not new',
    input: () => {
      const cut = (_: unknown, question: number) =>
        question < 30 ? { error: CUT, latencyMs: null, deltaS: null } : {};
      return look('error-novelty', { probes: probes({ to: cut, from: cut }) });
    },
    expect: 'pass ok',
  },
  {
    name: 'what we asked too often of a color is no news',
    input: () =>
      look('error-novelty', {
        probes: probes({ to: () => ({ error: 'headers:http_4xx:429', latencyMs: null, deltaS: null }) }),
      }),
    expect: 'pass ok',
  },
  {
    name: 'both colors asked in shadow and nothing new passes',
    input: () => sentAgain(0),
    expect: 'pass ok',
  },
  {
    name: 'a request of the shadow stage that fails again on `to` only fails',
    input: () => sentAgain(1, { replays: [AGAIN] }),
    expect: 'fail new_error_reproduced',
  },
  {
    name: 'and one that does not is too little to object',
    input: () => sentAgain(1, { replays: [GONE] }),
    expect: 'inconclusive underpowered,new_error_once',
  },
]);
