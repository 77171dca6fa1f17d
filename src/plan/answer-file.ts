/**
 * How a color is asked and read, without a plan: a preset by its name, or a file with what a plan has under `probes`.
 *
 * Invariant: a file is held to the same schema and rules as a plan's `probes`, and what is wrong has its place in the file.
 */
import path from 'node:path';
import type { ProbesPlan } from '../domain/plan.ts';
import { parsePlanText } from './document.ts';
import { PlanError, type Finding } from './errors.ts';
import { explainAll } from './explain.ts';
import { lintResponse } from './lint-response.ts';
import { readText } from './read-text.ts';
import { Report } from './report.ts';
import { resolveProbes } from './resolve.ts';
import { probesFile } from './schema-probes.ts';

/** Ready ways to ask, by name. */
export const ANSWER_PRESETS = ['answer', 'openai-chat'] as const;

export type AnswerPreset = (typeof ANSWER_PRESETS)[number];

/** A preset; `path` null is its own. */
export interface AnswerChoice {
  readonly preset: AnswerPreset;
  readonly path: string | null;
}

/** `answer`, `openai-chat`, or one with a path of its own: `answer:/ask`. Null: it is something else. */
export function answerChoice(given: string): AnswerChoice | null {
  const [, name, at = null] = /^([a-z-]+)(?::(\/[^\s#]*))?$/.exec(given) ?? [];
  const preset = ANSWER_PRESETS.find((one) => one === name);
  return preset === undefined ? null : { preset, path: at };
}

/** Of a preset. @param set folder of the probe set, relative to the process's own */
export function presetProbes({ preset, path: at }: AnswerChoice, set: string): ProbesPlan {
  const request = { preset, ...(at === null ? {} : { path: at }) };
  return resolveProbes(probesFile.parse({ set, request }), path.resolve('.'));
}

/**
 * Of a file: a mapping with `request`, `response` and whatever else stands under `probes` in a plan.
 * @param set folder of the probe set, relative to the process's own; it goes before one that the file names
 * @throws PlanError with everything that is wrong; UserError when the file cannot be read
 */
export async function readProbes(file: string, set: string | null): Promise<ProbesPlan> {
  const document = parsePlanText(await readText(path.resolve(file), file), file);
  const parsed = probesFile.safeParse(document.value);
  if (!parsed.success) throw wrong(explainAll(parsed.error.issues, document.value, probesFile));
  const probes = resolveProbes(parsed.data, path.dirname(path.resolve(file)));
  const report = new Report();
  lintResponse(probes.response, report);
  // Rules speak of a plan, where this stands one level deeper.
  if (report.errors.length > 0)
    throw wrong(report.errors.map((one) => ({ ...one, path: one.path.slice(1) })));
  return set === null ? probes : { ...probes, set: path.resolve(set) };

  function wrong(findings: readonly Finding[]): PlanError {
    return new PlanError(
      file,
      findings.map((finding) => document.place(finding)),
    );
  }
}
