/**
 * What a probe says that an answer must hold, and must not: compiled once, asked of every answer.
 *
 * Invariant: pure and in linear time, whatever the set and the service say; an assertion is met, or named in few words.
 */
import { foldText } from '../domain/fold-text.ts';
import type { Probe } from '../domain/probe.ts';
import { compileAnswerSchema } from './answer-schema.ts';
import { compilePattern, TextTooLongError, type Pattern } from './pattern.ts';

/** Characters of an assertion that are shown. */
const SHOWN = 60;
/** Assertions that are named for one answer. */
const MAX_NAMED = 5;

/** @returns the assertions that an answer misses; empty when it meets all. */
type AnswerAssertions = (answer: string) => readonly string[];

const COMPILED = new WeakMap<Probe, AnswerAssertions>();

/**
 * @param where names the probe in errors
 * @throws UserError when a pattern or a schema cannot be run.
 */
export function assertionsOf(probe: Probe, where: string): AnswerAssertions {
  let found = COMPILED.get(probe);
  if (found === undefined) COMPILED.set(probe, (found = compile(probe, where)));
  return found;
}

function compile(probe: Probe, where: string): AnswerAssertions {
  const { expect = {} } = probe;
  const patterns = (list: readonly string[] | undefined, field: string): [string, Pattern][] =>
    (list ?? []).map((one) => [one, compilePattern(one, '', `${where}: expect.${field}`)]);
  const include = (probe.must_include ?? []).map((one) => [one, folded(one)] as const);
  const exclude = (probe.must_not_include ?? []).map((one) => [one, folded(one)] as const);
  const matches = patterns(expect.matches, 'matches');
  const notMatches = patterns(expect.notMatches, 'notMatches');
  const fits =
    expect.jsonSchema === undefined
      ? null
      : compileAnswerSchema(expect.jsonSchema, `${where}: expect.jsonSchema`);
  return (answer) => {
    const text = folded(answer);
    const missed = [
      ...include.filter(([, one]) => !text.includes(one)).map(([one]) => named('must_include', one)),
      ...exclude.filter(([, one]) => text.includes(one)).map(([one]) => named('must_not_include', one)),
      ...(expect.contains ?? []).filter((one) => !answer.includes(one)).map((one) => named('contains', one)),
      ...(expect.notContains ?? [])
        .filter((one) => answer.includes(one))
        .map((one) => named('notContains', one)),
      ...matches.filter(([, one]) => tested(one, answer) !== true).map(([one]) => named('matches', one)),
      ...notMatches
        .filter(([, one]) => tested(one, answer) !== false)
        .map(([one]) => named('notMatches', one)),
      ...(fits === null ? [] : jsonFaults(answer, fits)),
    ];
    return missed.slice(0, MAX_NAMED);
  };
}

/** As most readers compare: white space of any kind is the same, too. */
function folded(text: string): string {
  return foldText(text).replaceAll(/\s+/gu, ' ').trim();
}

/** Null when the text is too long for the pattern: neither met nor excluded. */
function tested(pattern: Pattern, answer: string): boolean | null {
  try {
    return pattern.test(answer);
  } catch (cause) {
    if (cause instanceof TextTooLongError) return null;
    throw cause;
  }
}

function jsonFaults(answer: string, fits: (value: unknown) => readonly string[]): string[] {
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    return ['jsonSchema: not JSON'];
  }
  return fits(value).map((code) => `jsonSchema: ${code}`);
}

function named(field: string, text: string): string {
  return `${field} ${JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)}`;
}
