/** What the ledger checks read and what they answer. */
import type { Color } from '../../../src/domain/color.ts';
import type { WriteMode } from '../../../src/domain/edge-config.ts';
import type { RequestLine } from '../../../src/domain/request-line.ts';
import type { StoreDump } from '../infra/server.ts';
import type { Operation } from './ledger.ts';

export type SwitchOutcome = 'completed' | 'rolled-back';

export interface LedgerCheckInput {
  readonly ledgerFile: string;
  /** `GET /dump` of the infrastructure, or a file holding it; null for a service that stores nothing and has no queue. */
  readonly storeDump: StoreDump | string | null;
  /** The edge's NDJSON files. */
  readonly edgeLogs: readonly string[];
  readonly from: Color;
  readonly to: Color;
  readonly outcome: SwitchOutcome;
  /** The generation before this switch, where the ledger holds earlier ones too: users' sides are judged from it on. */
  readonly sinceGeneration?: number;
  /** Write modes by generation, where the caller kept them. */
  readonly configs?: readonly {
    readonly generation: number;
    readonly writes: Readonly<Record<Color, WriteMode>>;
  }[];
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** How many things were looked at. */
  readonly count: number;
}

export interface LedgerVerdict {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** What users and the edge saw. */
export interface UserFacts {
  readonly operations: readonly Operation[];
  readonly identities: Readonly<Record<Color, string>> | null;
  readonly edge: readonly RequestLine[];
  readonly input: LedgerCheckInput;
}

/** All that the checks read. */
export interface Facts extends UserFacts {
  readonly dump: StoreDump;
}

/** A check from its violations; the first few are spelled out. */
export function verdict(name: string, count: number, violations: readonly string[], fine: string): Check {
  const shown = violations.slice(0, 5).join('; ');
  const more = violations.length > 5 ? `; and ${violations.length - 5} more` : '';
  return violations.length === 0
    ? { name, ok: true, detail: fine, count }
    : { name, ok: false, detail: `${violations.length}: ${shown}${more}`, count };
}
