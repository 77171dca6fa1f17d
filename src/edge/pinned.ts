/**
 * The sender's half of pins: signs them, and reads in an answer whether the pin was followed.
 *
 * Invariant: a pin counts as followed only when the answer says `pinned` and names the color that was asked for. Everything
 * else (refused, another color, no word of a router) is `PinNotFollowedError`: a failure of the one who asks, never an
 * answer of a color.
 */
import type { Color } from '../domain/color.ts';
import { ProviderError, UserError } from '../domain/errors.ts';
import {
  AGENT,
  PIN_HEADER,
  PIN_LIFE_MS,
  pinSecrets,
  signPin,
  type PinKind,
  type PinRefusal,
} from '../domain/pin.ts';
import { H } from './headers.ts';

export const PIN_SECRET_VARIABLE = 'CUTOVER_PIN_SECRET';

/** A harmless read that every stack answers: it shows whether pins are followed before anything that matters is sent. */
const CHECK_PATH = '/.well-known/cutover';
const CHECK_TIMEOUT_MS = 15_000;

export class PinNotFollowedError extends ProviderError {
  /** The address failed before a router had its say; the next request may well be answered. */
  readonly passes: boolean;

  constructor(entry: string, status: number, fault: string) {
    super('fatal', 'router', `${shown(entry)}: HTTP ${status}: ${fault}`);
    this.passes = status >= 500;
  }
}

/** What signing needs of a provider's scope. */
export interface Signer {
  readonly service: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The headers that send one request to `color`, and tell a vendor's log, which keeps no pin, that it was ours; good for `PIN_LIFE_MS` from now, so sign anew for every request.
 * @throws UserError when `CUTOVER_PIN_SECRET` is not set.
 */
export async function pinHeaders(
  { service, env }: Signer,
  color: Color,
  kind: PinKind,
): Promise<Readonly<Record<string, string>>> {
  const secrets = pinSecrets(env[PIN_SECRET_VARIABLE]);
  if (secrets.length === 0) {
    throw new UserError(
      `${PIN_SECRET_VARIABLE} is not set in the worker's environment: it signs the pins of ${kind}s`,
      {
        hint: "set it to the router's PIN_SECRETS, in the same order: the first one signs",
      },
    );
  }
  const pin = await signPin({ service, color, kind, expMs: Date.now() + PIN_LIFE_MS }, secrets);
  return { [PIN_HEADER]: pin, 'user-agent': `${AGENT}${kind}` };
}

/** @returns in words why `headers` do not show that `color` answered because the pin said so; null when they do. */
export function pinFault(headers: Headers, color: Color): string | null {
  const refused = headers.get(H.pin);
  if (refused !== null)
    return `the router refused the pin (${refused}): ${causeOf(refused, headers.get('date'))}`;
  const answered = headers.get(H.color);
  if (answered === null) {
    return `${color} was asked for, and the answer does not say who gave it: no router stands there, or headers are dropped on the way`;
  }
  const reason = headers.get(H.reason) ?? 'no reason given';
  if (answered === color && reason === 'pinned') return null;
  return `${color} was asked for, ${answered.slice(0, 20)} answered (${reason.slice(0, 20)}): the pin was not followed`;
}

/**
 * Sends one harmless pinned read through `entry`.
 * @throws PinNotFollowedError when the pin is not followed; ProviderError `retry` when nobody answers.
 */
export async function assertPinned(
  signer: Signer,
  entry: string,
  ask: { readonly color: Color; readonly kind: PinKind; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const headers = await pinHeaders(signer, ask.color, ask.kind);
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  let answer: Response;
  try {
    answer = await fetch(`${entry.replace(/\/+$/, '')}${CHECK_PATH}`, {
      headers: { ...headers, 'cache-control': 'no-cache' },
      redirect: 'manual',
      signal: ask.signal === undefined ? timeout : AbortSignal.any([ask.signal, timeout]),
    });
    await answer.body?.cancel();
  } catch (cause) {
    ask.signal?.throwIfAborted();
    const why = timeout.aborted ? `no answer within ${CHECK_TIMEOUT_MS} ms` : 'no answer';
    throw new ProviderError('retry', 'router', `${shown(entry)}: ${why} to a pinned request`, { cause });
  }
  const fault = pinFault(answer.headers, ask.color);
  if (fault !== null) throw new PinNotFollowedError(entry, answer.status, fault);
}

function causeOf(refusal: string, date: string | null): string {
  const causes: Readonly<Record<PinRefusal, string>> = {
    malformed: 'something between the worker and the router changed it',
    'bad-signature': `the first secret of ${PIN_SECRET_VARIABLE} is not one of the router's PIN_SECRETS`,
    'other-service':
      "the entry belongs to another service, or the router's SERVICE differs from the plan's service",
    expired: `the worker's clock is behind the router's${skew(date)}`,
    'too-long': `the worker's clock is ahead of the router's${skew(date)}`,
  };
  return causes[refusal as PinRefusal] ?? 'the reason is not known to this version';
}

function skew(date: string | null): string {
  const seconds = Math.round(Math.abs(Date.now() - Date.parse(date ?? '')) / 1000);
  return Number.isFinite(seconds) ? ` by about ${seconds} s` : '';
}

/** Address without credentials and query: safe in a message. */
function shown(entry: string): string {
  return URL.canParse(entry) ? new URL(entry).origin : entry;
}
