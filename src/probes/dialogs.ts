/**
 * Conversations of two turns: the first is asked of one color, the second of the same or the other one, and the second answer shows
 * whether the first is remembered.
 *
 * Invariant: names and words of a dialog are drawn anew for each, so that no answer can know them but by the dialog.
 */
import { randomBytes } from 'node:crypto';
import type { Color } from '../domain/color.ts';
import { UserError } from '../domain/errors.ts';
import { isRecord } from '../domain/is-record.ts';
import type { DialogRun } from '../domain/look-input.ts';
import type { DialogsPlan, ProbeRequest } from '../domain/plan.ts';
import type { Probe } from '../domain/probe.ts';
import { excerpt } from '../domain/redact.ts';
import { compilePattern } from './pattern.ts';
import type { Sender } from './sender.ts';

/** A dialog after its first turn. */
export interface OpenDialog {
  /** Its name, as the service knows it. */
  readonly id: string;
  /** A word that only this dialog has. */
  readonly word: string;
  readonly probeId: string;
  readonly begun: Color;
  /** Why its first turn was not answered, or null. */
  readonly error: string | null;
}

export interface Dialogs {
  /** Asks the first turn of so many dialogs as the plan says. */
  begin(color: Color, signal: AbortSignal): Promise<readonly OpenDialog[]>;
  /** Asks their second turn. */
  proceed(open: readonly OpenDialog[], color: Color, signal: AbortSignal): Promise<readonly DialogRun[]>;
}

/** Makes a sender whose answers have as `answer` what stands at a path. */
export type SenderAt = (request: ProbeRequest, at: string) => Sender;

/**
 * @param probes the questions of the set; those that can be answered fill `{{question}}` in turn
 * @param width requests in flight at once
 * @throws UserError when what marks a remembered turn is no pattern
 */
export function createDialogs(
  plan: DialogsPlan,
  probes: readonly Probe[],
  senderAt: SenderAt,
  width: number,
): Dialogs {
  const answerable = probes.filter(({ answerable: is }) => is);
  const questions = answerable.length > 0 ? answerable : probes;
  const remembers = compileRemembered(plan.remembered.says);

  async function turn(
    request: ProbeRequest,
    at: string,
    { id, word, probeId }: Pick<OpenDialog, 'id' | 'word' | 'probeId'>,
    color: Color,
    signal: AbortSignal,
  ): Promise<{ readonly error: string | null; readonly said: string | null }> {
    const probe = questions.find((one) => one.id === probeId) ?? questions[0];
    if (probe === undefined) throw new UserError('the probe set has no question to fill a dialog with');
    const sender = senderAt(fillDialog(request, { dialog: id, word }), at);
    const { error, answer } = await sender.send(
      probe,
      { probeId: probe.id, paraphrase: 0, seed: 1 },
      color,
      signal,
    );
    return { error, said: answer?.answer ?? null };
  }

  async function first(index: number, color: Color, signal: AbortSignal): Promise<OpenDialog> {
    const probeId = questions[index % Math.max(1, questions.length)]?.id ?? '';
    const own = { id: `cutover-${randomBytes(6).toString('hex')}`, word: wordOf(), probeId, begun: color };
    const { error, said } = await turn(plan.first, plan.id ?? '', own, color, signal);
    if (plan.id === null || error !== null) return { ...own, error };
    return said === null
      ? { ...own, error: `no dialog is named at ${plan.id}` }
      : { ...own, id: said, error: null };
  }

  async function second(open: OpenDialog, color: Color, signal: AbortSignal): Promise<DialogRun> {
    const { id, begun } = open;
    const about = { id, begun, continued: color };
    const unanswered = (error: string): DialogRun => ({ ...about, remembered: null, error, said: null });
    if (open.error !== null) return unanswered(`first turn on ${begun}: ${open.error}`);
    const { error, said } = await turn(plan.second, plan.remembered.at, open, color, signal);
    if (error !== null) return unanswered(`second turn on ${color}: ${error}`);
    const remembered = said !== null && remembers(said, open);
    return { ...about, remembered, error: null, said: said === null ? null : excerpt(said) };
  }

  return {
    begin: (color, signal) =>
      inGroups(
        Array.from({ length: plan.count }, (_, index) => index),
        width,
        (index) => first(index, color, signal),
      ),
    proceed: (open, color, signal) => inGroups(open, width, (one) => second(one, color, signal)),
  };
}

async function inGroups<T, R>(
  items: readonly T[],
  width: number,
  perform: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += width)
    done.push(...(await Promise.all(items.slice(at, at + width).map(perform))));
  return done;
}

/** Letters and digits that a model does not take for a word of its own. */
function wordOf(): string {
  return `zx${randomBytes(3).toString('hex')}`;
}

/**
 * @returns whether a text shows that a dialog is remembered
 * @throws UserError when it is a pattern that cannot be run
 */
export function compileRemembered(
  says: string,
): (said: string, dialog: Pick<OpenDialog, 'id' | 'word'>) => boolean {
  const [, pattern, flags] = /^\/(.+)\/([a-z]*)$/su.exec(says) ?? [];
  if (pattern !== undefined) {
    const compiled = compilePattern(pattern, flags ?? '', 'probes.dialogs.remembered.says');
    return (said) => compiled.test(said);
  }
  return (said, { id, word }) =>
    said.toLowerCase().includes(filled(says, { dialog: id, word }, (one) => one).toLowerCase());
}

interface DialogValues {
  readonly dialog: string;
  readonly word: string;
}

/** The request of one dialog; what a question fills is left for the sender. */
function fillDialog(request: ProbeRequest, values: DialogValues): ProbeRequest {
  const encoded = (text: string): string => filled(text, values, encodeURIComponent);
  return {
    ...request,
    path: encoded(request.path),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, encoded(value)]),
    ),
    body: inBody(request.body, values),
  };
}

function inBody(value: unknown, values: DialogValues): unknown {
  if (typeof value === 'string') return filled(value, values, (one) => one);
  if (Array.isArray(value)) return value.map((one) => inBody(one, values));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inBody(one, values)]));
}

function filled(text: string, values: DialogValues, encode: (value: string) => string): string {
  return text.replaceAll(/\{\{\s*(dialog|word)\s*\}\}/gu, (_, name: keyof DialogValues) =>
    encode(values[name]),
  );
}
