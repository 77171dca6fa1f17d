/** Verdicts recomputed from evidence, and replayed against other thresholds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import type { GateRecord } from '../../src/domain/gate-record.ts';
import type { LookInput } from '../../src/domain/look-input.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import { sha256Hex } from '../../src/providers/digest.ts';
import { readLook, verifyEvidence, whatIf } from '../../src/evidence/index.ts';
import { storedForm } from '../../src/evidence/looks.ts';
import { counted } from '../domain/gates/counted-hour.ts';
import { look, probes, spread, traffic, USUAL, withSlices } from '../domain/gates/kit.ts';

/** An evidence store in memory that keeps canonical text, as the real one does. */
class Store {
  readonly #documents = new Map<string, string>();

  put(value: unknown): string {
    const text = canonicalJson(value);
    const digest = sha256Hex(text);
    this.#documents.set(digest, text);
    return digest;
  }

  get(digest: string): Promise<unknown> {
    const text = this.#documents.get(digest);
    return text === undefined
      ? Promise.reject(new Error('not in the store'))
      : Promise.resolve(JSON.parse(text));
  }

  /** Stores a look as `watchGates` does; `forge` alters the records first. */
  putLook(input: LookInput, forge: (record: GateRecord) => GateRecord = (record) => record): string {
    const inputRef = this.put(input);
    const records = judge(input).map((record) => forge({ ...record, evidenceRef: inputRef }));
    return this.put({ input: inputRef, records });
  }
}

const slow = withSlices(
  'latency',
  [traffic('blue', { warmMs: spread(2000) }), traffic('green', { warmMs: spread(2000, 1.5) })],
  { probes: null },
);

void test('honest evidence verifies bit for bit', async () => {
  const store = new Store();
  const digests = [slow, look('delta-s'), look('cache')].map((input) => store.putLook(input));
  const result = await verifyEvidence(store, digests);
  assert.deepEqual([result.ok, result.looks, result.records], [true, 3, 3]);
});

void test('a forged verdict is found, with what it should be', async () => {
  const store = new Store();
  const digest = store.putLook(slow, (record) => ({ ...record, verdict: 'pass' }));
  const { ok, checks } = await verifyEvidence(store, [digest]);
  assert.equal(ok, false);
  assert.deepEqual(checks[0]?.differences, [{ field: 'verdict', stored: '"pass"', recomputed: '"fail"' }]);
});

void test('records of other rules are told from forged ones', async () => {
  const store = new Store();
  const digest = store.putLook(slow, (record) => ({ ...record, gateVersion: 1 }));
  const { ok, checks } = await verifyEvidence(store, [digest]);
  assert.deepEqual([ok, checks[0]?.result], [false, 'other-version']);
});

void test('evidence of another version is neither confirmed nor called forged', async () => {
  const store = new Store();
  const old = (schema: number): string => {
    const inputRef = store.put({ ...slow, schema });
    return store.put({
      input: inputRef,
      records: judge(slow).map((one) => ({ ...one, evidenceRef: inputRef })),
    });
  };
  for (const schema of [1, 3]) {
    const { ok, isOtherVersion, checks, unreadable } = await verifyEvidence(store, [old(schema)]);
    assert.deepEqual([ok, isOtherVersion, unreadable], [false, true, []]);
    assert.deepEqual(
      checks.map(({ result, differences }) => [result, differences]),
      [['other-version', []]],
    );
  }
  // One forged record beside it is still found.
  const forged = store.putLook(slow, (record) => ({ ...record, verdict: 'pass' }));
  const both = await verifyEvidence(store, [old(1), forged]);
  assert.deepEqual([both.ok, both.isOtherVersion], [false, false]);
});

void test('a baseline is stored once and found again for each look; one that is lost is not passed over', async () => {
  const store = new Store();
  const baseline = { capturedAtMs: 1, probes: null, traffic: null, days: [] };
  const input: LookInput = { ...slow, baseline };
  const digest = store.put(baseline);
  const stored = (ref: string): string => {
    const inputRef = store.put(storedForm(input, ref));
    return store.put({
      input: inputRef,
      records: judge(input).map((one) => ({ ...one, evidenceRef: inputRef })),
    });
  };
  assert.deepEqual((await readLook(store, stored(digest))).input, JSON.parse(canonicalJson(input)));
  assert.equal((await verifyEvidence(store, [stored(digest)])).ok, true);
  const lost = await verifyEvidence(store, [stored('f'.repeat(64))]);
  assert.deepEqual([lost.ok, lost.isOtherVersion, lost.unreadable.length], [false, false, 1]);
});

void test('what was answered is stored once and found again for each look, without the texts', async () => {
  const store = new Store();
  const plain = look('delta-s');
  const runs = plain.probes?.runs ?? [];
  const half = Math.floor(runs.length / 2);
  const told = (some: typeof runs): string => store.put(some.map((run) => ({ ...run, answer: 'a text' })));
  const rounds = [told(runs.slice(0, half)), told(runs.slice(half))];
  const input: LookInput = {
    ...plain,
    probes: plain.probes === null ? null : { ...plain.probes, rounds },
  };
  const stored = (form: unknown): string => {
    const inputRef = store.put(form);
    return store.put({
      input: inputRef,
      records: judge(input).map((one) => ({ ...one, evidenceRef: inputRef })),
    });
  };
  const form = storedForm(input, null);
  assert.doesNotMatch(canonicalJson(form), /"probeId"/);
  assert.deepEqual((await readLook(store, stored(form))).input, JSON.parse(canonicalJson(input)));
  assert.equal((await verifyEvidence(store, [stored(form)])).ok, true);
  const lost = storedForm({ ...input, probes: { ...probes(), rounds: ['f'.repeat(64)] } }, null);
  const { ok, unreadable } = await verifyEvidence(store, [stored(lost)]);
  assert.deepEqual([ok, unreadable.length], [false, 1]);
});

void test('a dropped record and an unreadable document are not passed over', async () => {
  const store = new Store();
  const digest = store.put({ input: store.put(slow), records: [] });
  const stranger = store.put({ hello: 1 });
  const { ok, checks, unreadable } = await verifyEvidence(store, [digest, stranger, 'lost']);
  assert.equal(ok, false);
  assert.equal(checks[0]?.result, 'missing');
  assert.deepEqual(
    unreadable.map(({ digest }) => digest),
    [stranger, 'lost'],
  );
});

void test('what if the limit had been higher: the table names what changes', async () => {
  const store = new Store();
  const digests = [store.putLook(slow), store.putLook(look('delta-s', { probes: probes() }))];
  const rows = await whatIf(store, digests, { latencyRatio: 2, deltaS: { pass: 0.39 } });
  assert.deepEqual(
    rows.map(({ gate, before, after, changed }) => `${gate} ${before} ${after} ${changed}`),
    [
      'latency fail pass true',
      'overall fail pass true',
      'delta-s pass inconclusive true',
      'overall pass inconclusive true',
    ],
  );
});

void test('what if requests had been counted otherwise: a look has counts only, and says so', async () => {
  const store = new Store();
  const digests = [store.putLook(slow)];
  await assert.rejects(
    whatIf(store, digests, { clusters: { blockMs: 600_000 } }),
    /^UserError: clusters\.blockMs cannot be replayed: sim, look 12 stored counts by clusters\.blockMs 300000, and no request$/,
  );
  await assert.rejects(
    whatIf(store, digests, { latencyRatio: 1.3 }),
    /slower than 1\.05, 1\.1, 1\.25, 1\.5, 2 times$/,
  );
  await assert.rejects(
    whatIf(store, digests, { serverErrors: { also: [429] } }),
    /^UserError: serverErrors cannot be replayed: sim, look 12 stored counts of errors, and no request$/,
  );
  assert.ok(await whatIf(store, digests, { serverErrors: { also: [] } }), 'the same rule');
  const rows = await whatIf(store, digests, { clusters: { blockMs: 300_000, minUsers: 1000 } });
  assert.deepEqual(
    rows.map(({ after }) => after),
    ['inconclusive', 'inconclusive'],
  );
});

void test('what if nothing had been changed: nothing changes', async () => {
  const store = new Store();
  const rows = await whatIf(store, [store.putLook(slow)], {});
  assert.ok(rows.every(({ changed }) => !changed));
});

void test('looks of telemetry without users verify, and are replayed at any ratio but not by other counts', async () => {
  const store = new Store();
  const digests = [
    store.putLook(counted('error-rate', { errors: { [USUAL]: 120 } })),
    store.putLook(counted('latency', { warmMs: spread(4875, 1.6) })),
  ];
  const { ok, records } = await verifyEvidence(store, digests);
  assert.deepEqual([ok, records], [true, 2]);
  // Whole histograms are stored, so any ratio can be asked.
  const rows = await whatIf(store, digests, { latencyRatio: 1.73, errorRatio: 9 });
  assert.deepEqual(
    rows
      .filter(({ gate }) => gate !== 'overall')
      .map(({ beforeReason, afterReason }) => [beforeReason, afterReason]),
    [
      ['over_limit_twice', 'underpowered'],
      ['over_limit_twice', 'underpowered'],
    ],
  );
  await assert.rejects(
    whatIf(store, digests, { clusters: { blockMs: 600_000 } }),
    /clusters.blockMs cannot be replayed/,
  );
});
