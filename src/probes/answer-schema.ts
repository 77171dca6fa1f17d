/**
 * The user's JSON Schema (draft 2020-12) of an answer, compiled once.
 *
 * Invariant: a schema comes from outside: no remote references, bounded size and depth, patterns in linear time; and a
 * violation is a stable code, `schema:<keyword>:<place>`, in which list positions are `*`, so that the
 * same fault on both colors has the same name.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject } from 'ajv/dist/2020.js';
import * as formats from 'ajv-formats';
import { UserError } from '../domain/errors.ts';
import { compilePattern, TextTooLongError } from './pattern.ts';

const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 32;
/** Nesting of an answer; deeper ones would overflow a recursive schema's stack. */
const MAX_ANSWER_DEPTH = 64;

/** @returns codes of what is wrong; empty when the answer is valid. */
export type AnswerCheck = (answer: unknown) => readonly string[];

const REFERENCES = new Set(['$ref', '$dynamicRef', '$recursiveRef']);

function inspect(value: unknown, depth: number, where: string): void {
  if (depth > MAX_DEPTH) throw new UserError(`${where}: nested deeper than ${MAX_DEPTH}`);
  if (value === null || typeof value !== 'object') return;
  for (const [key, child] of Object.entries(value)) {
    if (REFERENCES.has(key) && typeof child === 'string' && !child.startsWith('#')) {
      throw new UserError(`${where}: ${key} ${child} points outside of the schema`, {
        hint: 'Put the definition under $defs and refer to it with "#/$defs/…".',
      });
    }
    inspect(child, depth + 1, where);
  }
}

function depthOf(value: unknown, left: number): number {
  if (value === null || typeof value !== 'object' || left === 0) return 0;
  let deepest = 0;
  for (const child of Object.values(value)) deepest = Math.max(deepest, depthOf(child, left - 1));
  return deepest + 1;
}

function code(error: ErrorObject): string {
  const { keyword, instancePath, params } = error;
  const missing: unknown = params['missingProperty'] ?? params['additionalProperty'];
  const place = typeof missing === 'string' ? `${instancePath}/${missing}` : instancePath;
  return `schema:${keyword}:${place.replaceAll(/\/\d+(?=\/|$)/gu, '/*')}`;
}

// The package is CommonJS: its function is the namespace's default, or that one's own default.
type AddFormats = (ajv: Ajv2020) => unknown;
function addFormats(ajv: Ajv2020): void {
  const module: unknown = formats.default;
  const add = typeof module === 'function' ? module : (module as { default: unknown }).default;
  (add as AddFormats)(ajv);
}

/**
 * Compiles a schema; `null` and `undefined` accept everything.
 * @param where names the schema in errors; default `probes.response.schema`.
 * @throws UserError when the schema is not one, too big, points outside or holds a pattern that cannot be run.
 */
export function compileAnswerSchema(schema: unknown, where = 'probes.response.schema'): AnswerCheck {
  if (schema === undefined || schema === null) return () => [];
  if (typeof schema !== 'object' || Array.isArray(schema))
    throw new UserError(`${where}: a schema is an object`);
  inspect(schema, 0, where);
  if (JSON.stringify(schema).length > MAX_BYTES)
    throw new UserError(`${where}: larger than ${MAX_BYTES} bytes`);
  const regExp = Object.assign((pattern: string, flags: string) => compilePattern(pattern, flags, where), {
    // Only standalone code would use it.
    code: 'compilePattern',
  });
  // `strictTypes` and `strictRequired` are matters of taste; unknown keywords and formats are mistakes.
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allErrors: false,
    addUsedSchema: false,
    logger: false,
    code: { regExp },
  });
  addFormats(ajv);
  let validate;
  try {
    validate = ajv.compile(schema);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`${where}: ${message.slice(0, 300)}`, { cause });
  }
  return (answer) => {
    if (depthOf(answer, MAX_ANSWER_DEPTH + 1) > MAX_ANSWER_DEPTH) return ['schema:depth:'];
    try {
      return validate(answer) ? [] : [...new Set((validate.errors ?? []).map(code))];
    } catch (cause) {
      if (cause instanceof TextTooLongError) return ['schema:pattern_text_too_long:'];
      throw cause;
    }
  };
}
