/**
 * What both kinds of custom gates read from a plan, and what they say.
 * Invariant: `oneLine` redacts, because a service may echo the secrets it was sent, and reasons go into evidence.
 */
import type { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { redact } from '../domain/redact.ts';
import type { PortManifest } from '../ports/manifest.ts';
import { checked } from './options.ts';
import type { CustomGatePort } from '../ports/index.ts';

/** What a custom gate is asked at one look. */
export type GateQuestion = Parameters<CustomGatePort['judge']>[0];

/** @throws UserError listing every option of the gate that is wrong. */
export function parseGate<S extends z.ZodObject>(
  manifest: PortManifest<S>,
  kind: string,
  input: GateQuestion,
): z.output<S> {
  return checked(manifest, input.options, `custom gate ${input.name} (kind: ${kind})`);
}

/** A duration that the schema has already seen, in ms. */
export function msOf(text: string | undefined, fallbackMs: number): number {
  return (text === undefined ? null : parseDuration(text)) ?? fallbackMs;
}

/** Longest reason that is kept, characters. */
const MAX_REASON = 500;

/** One line for records and the board, whatever a service wrote. */
export function oneLine(text: string): string {
  const line = redact(text)
    .replaceAll(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return line.length <= MAX_REASON ? line : `${line.slice(0, MAX_REASON - 1)}…`;
}
