/**
 * Identity: does every answer of `to` come from the index it was declared to have?
 * Invariant: deterministic and total: one answer with another identity fails, whatever the sample size, the look or the
 * age of the telemetry.
 */
import type { Color } from '../color.ts';
import type { Offender } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { IDENTITY_FIELDS, identityKey } from '../identity.ts';
import type { Gate } from './gate.ts';
import { retrievalOnly, runsOf } from './questions.ts';
import { fail, inconclusive, pass, sickBaseline, type Facts, type Ruling } from './ruling.ts';
import { slicesNow } from './traffic.ts';

export const identity: Gate = {
  name: 'identity',
  asks: 'does every answer carry the declared INDEX_HASH, metric, analyzer, embedder and reranker?',
  fails: 'one answer does not, however many do',
  passes: 'all do',
  remedy:
    'The index identity is not the declared one: check that the color points at its own index family, metric and analyzer.',
  roles: { shadow: 'prove', canary: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
  needs: [],
  rule: judgeIdentity,
};

function judgeIdentity(input: LookInput): Ruling {
  const from = armOf(input, input.from);
  const to = armOf(input, input.to);
  const facts: Facts = {
    from: { n: from.n, value: from.wrongAnswers },
    to: { n: to.n, value: to.wrongAnswers },
    threshold: { pass: 0, block: 1, source: 'declared identity' },
    offenders: to.wrong.map(([key, count]): Offender => ({
      id: key,
      from: null,
      to: count,
      why:
        key === identityKey(input.expected[input.from])
          ? `${input.from}'s identity`
          : differsIn(to.expected, key),
    })),
  };
  if (from.wrong.length > 0) {
    const [key] = from.wrong[0] ?? [''];
    return sickBaseline(
      `${from.wrongAnswers} of ${from.n} answers of ${input.from} itself differ in ${differsIn(from.expected, key)}.`,
      facts,
    );
  }
  const [worst] = to.wrong;
  if (worst !== undefined) {
    const [key] = worst;
    const fields = differsIn(to.expected, key);
    const isSilent = /INDEX_HASH/.test(fields) && /metric|analyzer/.test(fields);
    const regions = regionsOf(input, key);
    const ruling = fail(
      isSilent ? 'hash_changed_silently' : 'identity_mismatch',
      `${to.wrongAnswers} of ${to.n} answers of ${input.to} have another identity, different in ${fields}: ${key}${regions.length === 0 ? '' : `, seen in ${regions.join(', ')} only`}.`,
      facts,
    );
    return regions.length === 0
      ? ruling
      : { ...ruling, reasonCodes: [...ruling.reasonCodes, 'differs_across_regions'] };
  }
  if (to.n === 0) {
    return from.n === 0
      ? inconclusive('no_data', 'No answer was seen on either color.', facts)
      : inconclusive('one_sided', `No answer was seen on ${input.to}.`, facts);
  }
  const [partial] = to.partial;
  if (partial !== undefined) {
    return inconclusive(
      'identity_missing_field',
      `${to.partialAnswers} of ${to.n} answers do not report every field: ${partial[0]}.`,
      facts,
    );
  }
  return pass(`All ${to.n} answers of ${input.to} carry the declared identity.`, facts);
}

/** Regions whose users saw an identity, when those of other regions did not; else empty. */
function regionsOf(input: LookInput, key: string): string[] {
  const slices = slicesNow(input, input.to).filter(({ requests }) => requests > 0);
  const all = new Set(slices.map(({ region }) => region));
  const seen = new Set(
    slices.filter(({ identities }) => (identities[key] ?? 0) > 0).map(({ region }) => region),
  );
  return seen.size < all.size ? [...seen].sort() : [];
}

interface Arm {
  readonly expected: string;
  readonly n: number;
  /** Identities that contradict the declared one, most frequent first. */
  readonly wrong: readonly (readonly [key: string, count: number])[];
  readonly wrongAnswers: number;
  /** Identities that agree as far as they go but lack a field. */
  readonly partial: readonly (readonly [key: string, count: number])[];
  readonly partialAnswers: number;
}

function armOf(input: LookInput, color: Color): Arm {
  const counts = new Map<string, number>();
  const add = (key: string, count: number): void => void counts.set(key, (counts.get(key) ?? 0) + count);
  for (const slice of slicesNow(input, color)) {
    for (const [key, count] of Object.entries(slice.identities)) add(key, count);
  }
  // Retrieved text need not say where it came from; where it does it is held to it.
  const without = input.probes === null ? new Set() : retrievalOnly(input.probes);
  for (const run of runsOf(input.probes, color)) {
    if (without.has(run.probeId) && Object.keys(run.identity).length === 0) continue;
    if (run.error === null) add(identityKey(run.identity), 1);
  }
  const expected = identityKey(input.expected[color]);
  const seen = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const wrong = seen.filter(([key]) => differsIn(expected, key) !== '');
  const partial = seen.filter(([key]) => key !== expected && differsIn(expected, key) === '');
  const total = (list: typeof seen): number => list.reduce((sum, [, count]) => sum + count, 0);
  return {
    expected,
    n: total(seen),
    wrong,
    wrongAnswers: total(wrong),
    partial,
    partialAnswers: total(partial),
  };
}

/** Names of the fields in which two identities contradict each other; `?` contradicts nothing. */
function differsIn(expected: string, key: string): string {
  const [wanted, got] = [expected.split('|'), key.split('|')];
  if (wanted.length !== got.length) return 'its form';
  return got
    .flatMap((value, i) =>
      value === '?' || value === wanted[i] ? [] : [IDENTITY_FIELDS[i] ?? `field ${i + 1}`],
    )
    .join(', ');
}
