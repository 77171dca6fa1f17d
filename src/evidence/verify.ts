/**
 * Recomputes the verdicts of a switch from its evidence.
 * Invariant: a record verifies only if this code, given the stored input, writes the very same canonical JSON; anything
 * else is named with the fields that differ.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import type { GateName } from '../domain/gate.ts';
import type { GateRecord } from '../domain/gate-record.ts';
import { judge } from '../domain/gates/judge.ts';
import { GATE_VERSION } from '../domain/gates/record.ts';
import { OtherSchemaError, readLook, type EvidenceReader } from './looks.ts';

export interface RecordCheck {
  readonly digest: string;
  readonly step: string;
  readonly look: number;
  readonly gate: GateName;
  /**
   * `same`: bit for bit. `differs`: other content. `other-version`: judged by rules of another `GATE_VERSION`, or from evidence of
   * another form, which this code does not have: neither confirmed nor called forged. `missing`: asked but not recorded. `extra`: recorded but not asked.
   */
  readonly result: 'same' | 'differs' | 'other-version' | 'missing' | 'extra';
  /** Fields that differ, with the stored and the recomputed value as JSON. */
  readonly differences: readonly {
    readonly field: string;
    readonly stored: string;
    readonly recomputed: string;
  }[];
}

export interface Verification {
  /** True when nothing speaks against the evidence, and all that was not recomputed is of another version. */
  readonly isOtherVersion: boolean;
  /** True when every record of every look is `same` and every document could be read. */
  readonly ok: boolean;
  readonly looks: number;
  readonly records: number;
  readonly checks: readonly RecordCheck[];
  /** Documents that could not be read or have another form. */
  readonly unreadable: readonly { readonly digest: string; readonly message: string }[];
}

/**
 * Recomputes every verdict of the given looks.
 * @param digests of the documents `{ input, records }`, e.g. `WatchResult.evidence`
 */
export async function verifyEvidence(
  store: EvidenceReader,
  digests: readonly string[],
): Promise<Verification> {
  const checks: RecordCheck[] = [];
  const unreadable: { digest: string; message: string }[] = [];
  for (const digest of digests) {
    try {
      const { input, inputRef, records } = await readLook(store, digest);
      const fresh = judge(input).map((record) => ({ ...record, evidenceRef: inputRef }));
      const names = [...new Set([...fresh, ...records].map(({ gate }) => gate))];
      for (const gate of names) {
        const [stored, recomputed] = [records, fresh].map((list) => list.find((one) => one.gate === gate));
        checks.push({
          digest,
          step: input.step,
          look: input.look.index,
          gate,
          ...compare(stored, recomputed),
        });
      }
    } catch (cause) {
      if (cause instanceof OtherSchemaError) {
        checks.push(...cause.records.map((record) => ofOtherVersion(digest, record)));
        continue;
      }
      unreadable.push({ digest, message: cause instanceof Error ? cause.message : String(cause) });
    }
  }
  const isHonest = unreadable.length === 0 && checks.every(({ result }) => UNSUSPECTED.has(result));
  const ok = isHonest && checks.every(({ result }) => result === 'same');
  return {
    ok,
    isOtherVersion: isHonest && !ok,
    looks: digests.length - unreadable.length,
    records: checks.length,
    checks,
    unreadable,
  };
}

const UNSUSPECTED: ReadonlySet<RecordCheck['result']> = new Set(['same', 'other-version']);

function ofOtherVersion(digest: string, { step, look, gate }: GateRecord): RecordCheck {
  return { digest, step, look: look.index, gate, result: 'other-version', differences: [] };
}

function compare(
  stored: GateRecord | undefined,
  recomputed: GateRecord | undefined,
): Pick<RecordCheck, 'result' | 'differences'> {
  if (stored === undefined) return { result: 'missing', differences: [] };
  if (recomputed === undefined) return { result: 'extra', differences: [] };
  if (canonicalJson(stored) === canonicalJson(recomputed)) return { result: 'same', differences: [] };
  const differences = differing(stored, recomputed, '');
  return { result: stored.gateVersion === GATE_VERSION ? 'differs' : 'other-version', differences };
}

/** Leaves that differ, by path. */
function differing(stored: unknown, recomputed: unknown, path: string): RecordCheck['differences'] {
  if (isNode(stored) && isNode(recomputed) && Array.isArray(stored) === Array.isArray(recomputed)) {
    const keys = [...new Set([...Object.keys(stored), ...Object.keys(recomputed)])].sort();
    return keys.flatMap((key) =>
      differing(member(stored, key), member(recomputed, key), path === '' ? key : `${path}.${key}`),
    );
  }
  const [a, b] = [textOf(stored), textOf(recomputed)];
  return a === b ? [] : [{ field: path, stored: a, recomputed: b }];
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function member(node: object, key: string): unknown {
  return Object.hasOwn(node, key) ? (node as Record<string, unknown>)[key] : undefined;
}

function textOf(value: unknown): string {
  return value === undefined ? '(absent)' : canonicalJson(value);
}
