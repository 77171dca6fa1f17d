/**
 * Probes: one gold question in one paraphrase with one seed, sent to one color.
 * Formats and definitions: docs/probes.md.
 */
import type { Color } from './color.ts';
import type { AnswerIdentity } from './identity.ts';

/** One document section, a line of `sections.jsonl`. */
export interface Section {
  readonly section_id: string;
  readonly doc_id: string;
  readonly title: string;
  readonly source_url: string;
  readonly text: string;
  readonly rev: string;
  readonly topic: string;
}

export interface ProbeTarget {
  readonly section_id: string;
  /** Character offsets into the section's text that hold the answer; the whole section if absent. */
  readonly spans?: readonly (readonly [start: number, end: number])[];
  readonly weight?: number;
}

/** What an answer must be, beside `must_include` and `must_not_include`; small and capital letters differ here. */
export interface Expectation {
  /** Each must occur. */
  readonly contains?: readonly string[];
  readonly notContains?: readonly string[];
  /** RE2 patterns, each of which must match somewhere. */
  readonly matches?: readonly string[];
  readonly notMatches?: readonly string[];
  /** The whole answer is JSON of this schema. */
  readonly jsonSchema?: unknown;
}

export interface Probe {
  readonly id: string;
  readonly topic: string;
  readonly question: string;
  readonly paraphrases: readonly string[];
  readonly answerable: boolean;
  readonly targets: readonly ProbeTarget[];
  readonly decoys: readonly string[];
  readonly anchor?: string;
  readonly must_include?: readonly string[];
  readonly must_not_include?: readonly string[];
  readonly expect?: Expectation;
  readonly author: string;
  readonly reviewed_by?: string;
  readonly origin: string;
  readonly tags?: readonly string[];
}

export interface ProbeSet {
  readonly name: string;
  readonly version: string;
  /** sha256 over manifest, probes and sections: pinned in the plan and in every gate record. */
  readonly digest: string;
  readonly corpusHash: string;
  readonly probes: readonly Probe[];
  readonly sections: ReadonlyMap<string, Section>;
}

/** One delivered snippet, after the response map. */
export interface Snippet {
  readonly snippet_id: string;
  readonly section_id: string;
  readonly offsets?: { readonly start: number; readonly end: number; readonly unit: 'char' | 'token' };
  readonly tokens?: number;
  readonly text?: string;
  readonly score?: number;
}

export type AnswerClass = 'answer' | 'refusal' | 'empty';

/** A cell of the grid: which question, paraphrase and seed. */
export interface ProbeCell {
  readonly probeId: string;
  /** 0 to 2. */
  readonly paraphrase: number;
  /** 1 or 2. */
  readonly seed: number;
}

/** One run, scored: everything the gates need to judge it again offline. */
export interface ProbeRun extends ProbeCell {
  readonly color: Color;
  readonly round: number;
  /** Present on a run that repeats a cell at once to confirm what it said; it counts for λ only. */
  readonly rerun?: true;
  /** Epoch ms at which the request was sent. */
  readonly sentAtMs: number;
  /** Error class `stage:kind[:code]` when no answer arrived or it could not be read; such a run is missing for λ. */
  readonly error: string | null;
  /** Codes of JSON-schema or contract violations of the answer; empty when valid. */
  readonly violations: readonly string[];
  readonly answerClass: AnswerClass;
  /** Assertions of the probe that the answer misses, in few words; absent when it has none, or there is no answer. */
  readonly unmet?: readonly string[];
  /** Section ids that λ compares: cited ones if the service cites, else the delivered top-k. */
  readonly sectionIds: readonly string[];
  readonly sectionsFrom: 'cited' | 'retrieved';
  /** Raw ΔS(question, retrieved): token-weighted mean over windows, before calibration; null when it could not be computed. */
  readonly deltaS: number | null;
  /** ΔS of this question against another question's retrieved text: the free negative control. */
  readonly deltaSControl: number | null;
  /** Share of the target spans' tokens that the delivered top-k covers; null for unanswerable questions. */
  readonly coverage: number | null;
  readonly identity: Partial<AnswerIdentity>;
  readonly cold: boolean;
  readonly latencyMs: { readonly tffb: number; readonly tusable: number; readonly tfinal: number } | null;
  /** What it said, for people: the beginning. Only as it was sent and stored; no gate is given it. */
  readonly answer?: string;
}
