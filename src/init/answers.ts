/**
 * The five questions of `cutover init`: what each may be answered with.
 * Invariant: a flag and a typed answer are read by the same code.
 */
import { UserError } from '../domain/errors.ts';
import { answerChoice, ANSWER_PRESETS, type AnswerChoice } from '../plan/answer-file.ts';
import { nearest } from '../plan/nearest.ts';

export const PLATFORMS = ['self-hosted', 'cloudflare'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What a color's service is written with; `none`: it has the contract already. */
export const STACKS = ['python', 'fetch', 'hono', 'express', 'next', 'lambda', 'none'] as const;
export type Stack = (typeof STACKS)[number];

/** How a user is known: the variable of the router, and its value. */
export interface StickyAnswer {
  readonly variable: 'STICKY_HEADER' | 'STICKY_COOKIE' | 'STICKY_ANONYMOUS';
  readonly value: string;
}

/** @throws UserError */
export function parsePlatform(given: string): Platform {
  return oneOf(given, PLATFORMS, '--platform');
}

/** @throws UserError */
export function parseStack(given: string): Stack {
  return oneOf(given, STACKS, '--stack');
}

/** `header:<name>`, `cookie:<name>` or `anonymous`. @throws UserError */
export function parseSticky(given: string): StickyAnswer {
  if (given === 'anonymous') return { variable: 'STICKY_ANONYMOUS', value: '1' };
  const [, kind, name = ''] = /^(header|cookie):([\w!#$%&'*+.^`|~-]{1,100})$/.exec(given) ?? [];
  if (kind === 'header') return { variable: 'STICKY_HEADER', value: name.toLowerCase() };
  if (kind === 'cookie') return { variable: 'STICKY_COOKIE', value: name };
  throw new UserError(`--sticky ${JSON.stringify(given.slice(0, 60))} names no way to know a user`, {
    hint: 'write header:<name>, cookie:<name> or anonymous',
  });
}

/** A preset, or one with a path of its own: `answer`, `answer:/ask`, `openai-chat`. @throws UserError */
export function parseAnswer(given: string): AnswerChoice {
  const choice = answerChoice(given);
  if (choice !== null) return choice;
  const preset = oneOf(given.split(':', 1)[0] ?? '', ANSWER_PRESETS, '--answer');
  throw new UserError(`--answer ${JSON.stringify(given.slice(0, 60))} has no path after the colon`, {
    hint: `write ${preset}:/v1/ask, or ${preset} alone`,
  });
}

/** The address of a color, without a slash at the end. @throws UserError */
export function parseUrl(given: string, name: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === ''
  ) {
    return url.href.replace(/\/+$/, '');
  }
  throw new UserError(`${name} ${JSON.stringify(given.slice(0, 100))} is no address of a service`, {
    hint: 'write it with http:// or https://, without name, password, query and #, e.g. http://127.0.0.1:9001',
  });
}

function oneOf<T extends string>(given: string, known: readonly T[], name: string): T {
  const found = known.find((one) => one === given);
  if (found !== undefined) return found;
  const meant = nearest(given, known);
  throw new UserError(`${name} cannot be ${JSON.stringify(given.slice(0, 60))}`, {
    hint: meant === null ? `it is one of ${known.join(', ')}` : `did you mean ${meant}?`,
  });
}
