/**
 * What really happened in a simulated world, in order. Written by the world and by the operators, read by the oracle.
 * Invariant: entries are facts of the world, never what the engine says of it (that is kept apart, as `said`).
 */
import type { Color } from '../../../src/domain/color.ts';
import type { EdgeConfig } from '../../../src/domain/edge-config.ts';
import type { SwitchState } from '../../../src/domain/state.ts';
import type { Command } from '../scenario.ts';

export type Fact =
  | {
      readonly kind: 'wrote';
      readonly config: EdgeConfig;
      /** Run that wrote it; null for a stranger. */
      readonly runId: string | null;
      readonly step: string;
    }
  /** The store went back to this one. */
  | { readonly kind: 'failed-over'; readonly config: EdgeConfig }
  | {
      readonly kind: 'weighed';
      /** Share of users on the switch's `to`, percent. */
      readonly onTo: number;
      /** Run that set it; null of the vendor itself, or of a stranger. */
      readonly runId: string | null;
      readonly writer: string | null;
    }
  | {
      readonly kind: 'retired';
      /** Share of users on `to` at that moment, percent. */
      readonly onTo: number;
      readonly color: Color;
      readonly runId: string;
      readonly stored: EdgeConfig | null;
      readonly jobs: number;
      /** What each region serves at that moment. */
      readonly regions: readonly RegionView[];
    }
  | { readonly kind: 'warmed' | 'released'; readonly color: Color; readonly runId: string }
  | { readonly kind: 'sent'; readonly command: Command; readonly id: string }
  | {
      readonly kind: 'answered';
      readonly command: Command;
      readonly id: string;
      readonly result: 'accepted' | 'refused' | 'failed';
      readonly answer: string;
    }
  /** An effect of the user's own; `key` is that of what was done, or of what was undone. */
  | {
      readonly kind: 'step';
      readonly does: 'do' | 'undo';
      readonly name: string;
      readonly key: string;
      readonly runId: string;
      readonly stored: EdgeConfig | null;
    }
  | { readonly kind: 'telemetry'; readonly runId: string; readonly from: number; readonly to: number }
  | { readonly kind: 'depth'; readonly runId: string; readonly isKnown: boolean }
  | { readonly kind: 'custom'; readonly runId: string; readonly verdict: string }
  | { readonly kind: 'fault'; readonly fault: string; readonly untilMs: number | null }
  | { readonly kind: 'began'; readonly runId: string }
  | { readonly kind: 'ended'; readonly runId: string }
  | { readonly kind: 'said'; readonly state: SwitchState; readonly onTo: number | null };

export interface RegionView {
  readonly region: string;
  readonly isAway: boolean;
  readonly config: EdgeConfig | null;
}

export type Entry = Fact & {
  readonly seq: number;
  /** The switch's clock. */
  atMs: number;
  /** Which switch of the service, from 0. */
  readonly nth: number;
};

export class Ledger {
  readonly entries: Entry[] = [];
  nth = 0;

  note(atMs: number, fact: Fact): void {
    this.entries.push({ ...fact, seq: this.entries.length, atMs, nth: this.nth });
  }

  shift(byMs: number): void {
    for (const one of this.entries) one.atMs -= byMs;
  }

  of<K extends Fact['kind']>(kind: K): Extract<Entry, { kind: K }>[] {
    return this.entries.filter((one): one is Extract<Entry, { kind: K }> => one.kind === kind);
  }
}
