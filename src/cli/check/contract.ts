/**
 * What a color must do to take part in a switch, asked of its own address.
 * Invariant: nothing that a healthy color does here changes anything: writes are sent to be refused, and so is the end of the color.
 */
import { H } from '../../edge/headers.ts';
import { ProviderError, UserError } from '../../domain/errors.ts';
import type { Color } from '../../domain/color.ts';
import type { HealthContract } from '../../domain/health.ts';
import type { Plan, ProbesPlan } from '../../domain/plan.ts';
import { excerpt, redact } from '../../domain/redact.ts';
import { ownDialect } from '../../domain/streams/own.ts';
import { untold } from '../../domain/untold.ts';
import { fillHeaders } from '../../ports/secrets.ts';
import {
  compileAnswerSchema,
  compileResponseMap,
  createSender,
  type Sender,
  type SenderOptions,
} from '../../probes/index.ts';
import { joinUrl } from '../../providers/fetch.ts';
import { askContract, WELL_KNOWN } from '../../providers/http/contract.ts';
import { faultOf } from '../compare/first-answers.ts';
import { againIfClosed, askColor, TIMEOUT_MS } from './ask.ts';
import type { Checked } from './checked.ts';
import { retireCheck } from './retire.ts';

export interface Target {
  readonly url: string;
  readonly color: Color;
  /** The color was named by `--which`, and not taken from the contract. */
  readonly isNamed: boolean;
  readonly plan: Plan | null;
  readonly probes: ProbesPlan;
  /** One that the service can answer. */
  readonly question: string;
  /** Path and body of a write; null where none was named. */
  readonly write: { readonly path: string; readonly body: string } | null;
  /** Whether the end of the color is asked for without a right to it. */
  readonly triesRetire: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

const CONTRACT_FIX = 'serve GET /.well-known/cutover (docs/connect-a-service.md)';

/** @throws UserError when the address does not answer at all. */
export async function* contractChecks(target: Target): AsyncGenerator<Checked> {
  yield* healthChecks(target);
  yield target.triesRetire
    ? await retireCheck(target.url, target.signal)
    : { name: 'retire refused', state: 'left', detail: 'not asked: --no-retire', todo: null };
  yield await warmCheck(target);
  yield await answerCheck(target);
  yield* writeChecks(target);
}

async function* healthChecks({ url, color, isNamed, plan, signal }: Target): AsyncGenerator<Checked> {
  const name = 'health';
  let contract: HealthContract;
  try {
    contract = await askContract(url, { signal, timeoutMs: TIMEOUT_MS });
  } catch (cause) {
    signal.throwIfAborted();
    if (!(cause instanceof ProviderError)) throw cause;
    // Nothing answers there: whatever else is asked would say the same.
    if (cause.kind === 'retry' && cause.cause !== undefined) {
      throw new UserError(cause.message, { hint: 'start the color, or correct its address', cause });
    }
    yield { name, state: 'wrong', detail: cause.message, todo: CONTRACT_FIX };
    return;
  }
  const { service, release, ok } = contract;
  yield ok
    ? { name, state: 'ok', detail: excerpt(`${service} ${contract.color}, release ${release}`), todo: null }
    : { name, state: 'wrong', detail: `${contract.color} says it is not well`, todo: 'mend the color first' };
  if (plan !== null) yield* asPlanned(plan, color, contract);
  else if (isNamed && contract.color !== color) {
    const detail = `it says "${contract.color}", and was asked as ${color}`;
    yield {
      name: 'color',
      state: 'wrong',
      detail,
      todo: 'name the address of that color, or deploy it there',
    };
  }
  yield* toldOf(contract);
  const asked = { writes: plan?.writes, hasQueue: plan !== null && plan.providers.queue !== null };
  for (const { message, fix } of untold(
    { blue: null, green: null, [color]: [contract] },
    { ...asked, from: color },
  ))
    yield { name: 'not told', state: 'left', detail: message, todo: fix };
}

/** What only both colors together can have wrong: shown, so that a person can compare. */
function* toldOf({ schedules = [], tools, memoryPrefix }: HealthContract): Generator<Checked> {
  const list = schedules.map(({ name, state }) => `${name} ${state}`).join(', ');
  const told = {
    schedules: list === '' ? null : list,
    tools: tools?.schemaHash ?? null,
    'memory prefix': memoryPrefix ?? null,
  };
  for (const [name, detail] of Object.entries(told))
    if (detail !== null) yield { name, state: 'ok', detail: excerpt(detail), todo: null };
}

function* asPlanned(plan: Plan, color: Color, contract: HealthContract): Generator<Checked> {
  const { release } = plan.colors[color];
  const pairs = [
    ['service', contract.service, plan.service],
    ['color', contract.color, color],
    ['release', contract.release, release],
  ] as const;
  for (const [name, told, planned] of pairs) {
    if (told === planned) continue;
    const detail = `it says ${JSON.stringify(told)}, the plan ${JSON.stringify(planned)}`;
    yield { name, state: 'wrong', detail, todo: `deploy what the plan says, or correct the plan` };
  }
}

async function warmCheck({ url, plan, signal }: Target): Promise<Checked> {
  const name = 'warm';
  const warmup = plan?.providers.warmup ?? null;
  const path = warmup?.['path'];
  const route = typeof path === 'string' ? path : `${WELL_KNOWN}/warm`;
  const { status, said } = await askColor({
    url: joinUrl(url, route),
    headers: { 'x-warm': '1' },
    signal,
    timeoutMs: 30_000,
  });
  const detail = `${route} ${said}`;
  if (status !== null && status < 300) return { name, state: 'ok', detail, todo: null };
  const todo =
    'serve that route (the stub of cutover init does once it is given `warm`), or name one that answers 2xx as path of warmup.provider; pings carry x-warm: 1';
  // Preflight asks it where the plan has pings sent, and refuses the switch.
  return { name, state: status === 404 && warmup?.use !== 'pings' ? 'left' : 'wrong', detail, todo };
}

/** Sends the one question to a color, past the edge or through it. */
export function senderOf(
  { color, probes, env }: Target,
  url: string,
  pin: Pick<SenderOptions, 'pin' | 'pinFault'>,
): Sender {
  const { request, response, dialects = [], timeoutMs } = probes;
  const other = color === 'blue' ? 'green' : 'blue';
  return createSender({
    request: { ...request, headers: fillHeaders(request.headers, env, 'probes.request') },
    baseUrls: { [color]: url, [other]: url } as Record<Color, string>,
    map: compileResponseMap(response),
    check: compileAnswerSchema(response.schema),
    dialects: dialects.map(ownDialect),
    timeoutMs,
    ...pin,
  });
}

export function asProbe(question: string): Parameters<Sender['send']>[0] {
  const paraphrases = [question, question, question];
  const rest = {
    topic: 'check',
    answerable: true,
    targets: [],
    decoys: [],
    author: 'cutover check',
    origin: 'check',
  };
  return { id: 'check', question, paraphrases, ...rest };
}

export const CELL = { probeId: 'check', paraphrase: 0, seed: 1 };

async function answerCheck(target: Target): Promise<Checked> {
  const { url, color, probes, question, signal } = target;
  const name = 'answer';
  const sender = senderOf(target, url, { pin: () => ({}) });
  const { error, answer, schemaViolations } = await againIfClosed(() =>
    sender.send(asProbe(question), CELL, color, signal),
  );
  if (error !== null) {
    const fault = faultOf(error, probes);
    const detail = fault === null ? `fails: ${error}` : fault.what;
    return { name, state: 'wrong', detail, todo: fault?.fix ?? 'see what the color says of it in its log' };
  }
  if (schemaViolations.length > 0) {
    const detail = `breaks its schema: ${schemaViolations.slice(0, 5).join(', ')}`;
    return { name, state: 'wrong', detail, todo: 'mend the answer, or probes.response.schema' };
  }
  const cited = answer?.citations ?? [];
  const retrieved = answer?.retrieved ?? [];
  const text = answer?.answer ?? '';
  const map = probes.response;
  const lacks = [
    ...(text === '' ? [`no text at ${map.answer}`] : []),
    ...(cited.length === 0 && retrieved.length === 0
      ? [`no source at ${map.citations} or ${map.retrieved}`]
      : []),
  ];
  if (lacks.length > 0) {
    const todo =
      'say where they are: --answer <file> with `response: { answer: …, citations: …, retrieved: … }`';
    return { name, state: 'wrong', detail: lacks.join('; '), todo };
  }
  const detail = `“${redact(text).slice(0, 60)}”, ${cited.length} cited, ${retrieved.length} retrieved`;
  return retrieved.length > 0
    ? { name, state: 'ok', detail, todo: null }
    : {
        name,
        state: 'left',
        detail,
        todo: 'show what was retrieved, or gates delta-s and coverage cannot judge',
      };
}

/** What the router may say of a request, and how a write must be refused then. */
const REFUSED: readonly (readonly [said: string, headers: Record<string, string>, status: number])[] = [
  ['this color is read-only', { [H.writes]: 'read-only' }, 409],
  ['writes are frozen', { [H.writes]: 'open', [H.freezeUntil]: 'soon', [H.freezeScope]: 'all' }, 503],
  ['it is a shadow request', { [H.writes]: 'open', [H.kind]: 'shadow' }, 409],
];
const FREEZE_MS = 60_000;

async function* writeChecks({ url, color, plan, write, signal }: Target): AsyncGenerator<Checked> {
  if (plan?.writes === 'none') return;
  if (write === null) {
    yield {
      name: 'write modes',
      state: 'left',
      detail: 'not asked: no write was named',
      todo: 'name one: --write \'POST /notes {"text":"check"}\'; all of them are sent to be refused',
    };
    return;
  }
  for (const [said, headers, wanted] of REFUSED) {
    const name = `write: ${said}`;
    const until =
      headers[H.freezeUntil] === undefined ? {} : { [H.freezeUntil]: String(Date.now() + FREEZE_MS) };
    const told = { [H.color]: color, [H.generation]: '1', [H.kind]: 'user', [H.producer]: color };
    const answer = await askColor({
      url: joinUrl(url, write.path),
      method: 'POST',
      headers: { 'content-type': 'application/json', ...told, ...headers, ...until },
      body: write.body,
      signal,
    });
    const { status } = answer;
    const isTold = status !== null && answer.headers.get(H.write) !== null;
    if (status === wanted && isTold)
      yield { name, state: 'ok', detail: `refused with HTTP ${status}`, todo: null };
    else {
      const lacks = isTold || status === null ? '' : ` without ${H.write}`;
      const detail = `${answer.said}${lacks}, not ${wanted}`;
      yield {
        name,
        state: 'wrong',
        detail,
        todo: 'guard each write by what the router says (docs/connect-a-service.md, 3)',
      };
    }
  }
}
