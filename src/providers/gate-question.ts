/**
 * What both kinds of custom gates read from a plan: limits of time, headers with secrets from the worker's environment.
 * Invariant: a secret's value is in the request and nowhere else; `oneLine` redacts, because a service may echo what it was
 * sent and reasons go into evidence.
 */
import type { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import { redact } from '../domain/redact.ts';
import type { PortManifest } from '../ports/manifest.ts';
import { checked, requireEnv } from './options.ts';
import type { CustomGatePort, ProviderScope } from '../ports/index.ts';

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

const REFERENCE = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Fills `${env:NAME}` in; `whose` names the headers' owner in messages. @throws UserError naming the variable that is not set. */
export function fillHeaders(
  given: Readonly<Record<string, string>> | undefined,
  env: ProviderScope['env'],
  whose: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(given ?? {}).map(([name, value]) => {
    const filled = value.replaceAll(REFERENCE, (_, variable: string) =>
      requireEnv(env, variable, `header ${name} of ${whose} refers to it`),
    );
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(filled)) {
      throw new UserError(`${whose}: header ${name} holds characters that no header can carry`);
    }
    return [name.toLowerCase(), filled] as const;
  });
  return Object.fromEntries(entries);
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
