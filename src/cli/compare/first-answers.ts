/**
 * One question to each color before hundreds: what no gate could judge is said at once, in one line.
 * Invariant: what only some questions meet (an error status of the server, a broken body) is left to the gates.
 */
import { COLORS, type Color } from '../../domain/color.ts';
import { UserError } from '../../domain/errors.ts';
import type { ProbesPlan } from '../../domain/plan.ts';
import type { ProbeRun } from '../../domain/probe.ts';
import { joinUrl, showUrl } from '../../providers/fetch.ts';
import type { Prober } from '../../probes/prober.ts';

/** Questions asked of the good color before its answers are called unreadable: one may rightly be refused. */
const TRIES = 3;

interface Asked {
  readonly urls: Readonly<Record<Color, string>>;
  /** The one that is known to be good. */
  readonly from: Color;
  readonly probes: ProbesPlan;
}

/** @throws UserError when a color cannot be asked, or its answers cannot be read. */
export async function askFirst(
  prober: Prober,
  { urls, from, probes }: Asked,
  signal: AbortSignal,
): Promise<void> {
  const ids = prober.probes.filter(({ answerable }) => answerable).slice(0, TRIES);
  const [first] = ids;
  if (first === undefined) return;
  const ask = async (id: string, colors: readonly Color[]): Promise<readonly ProbeRun[]> =>
    prober.run([{ probeId: id, paraphrase: 0, seed: 1 }], {
      colors,
      round: 0,
      signal,
      onProgress: () => undefined,
    });
  const runs = await ask(first.id, COLORS);
  for (const { color, error } of runs) {
    const fault = error === null ? null : faultOf(error, probes);
    if (fault !== null) {
      const where = showUrl(joinUrl(urls[color], probes.request.path));
      throw new UserError(`${color} (${where}) ${fault.what}`, { hint: fault.fix });
    }
  }
  const own = runs.filter(({ color }) => color === from);
  for (const { id } of ids.slice(1)) {
    if (own.some(hasSomething)) return;
    own.push(...(await ask(id, [from])));
  }
  if (own.some(hasSomething) || own.some(({ error }) => error !== null)) return;
  throw new UserError(
    `${from} answers ${own.length} questions, but nothing is found where answers and sources should be`,
    {
      hint: `say where they are: --answer <file> with \`response: { answer: …, retrieved: … }\` (docs/compare.md); looked for ${probes.response.answer} and ${probes.response.retrieved}`,
    },
  );
}

function hasSomething({ answerClass, sectionIds, deltaS }: ProbeRun): boolean {
  return answerClass !== 'empty' || sectionIds.length > 0 || deltaS !== null;
}

export interface Fault {
  readonly what: string;
  readonly fix: string;
}

/** What makes every question fail alike; null for what may be one question's. */
export function faultOf(error: string, { request, timeoutMs }: ProbesPlan): Fault | null {
  const [stage = '', kind = '', code = ''] = error.split(':');
  if (stage === 'connect' || stage === 'tls')
    return { what: `cannot be reached (${error})`, fix: 'start it, or correct its address' };
  if (error === 'headers:timeout' || error === 'headers:deadline') {
    return {
      what: `gave no answer within ${timeoutMs / 1000} s`,
      fix: 'raise `timeout` in the file of --answer, or see what it waits for',
    };
  }
  if (error === 'parse:json' || error === 'schema:not_an_object') {
    return {
      what: 'answers something that is no JSON, e.g. a page for people',
      fix: 'name the address and path of its API: --answer <file> with `request: { path: … }`; `stream: true` if it streams',
    };
  }
  if (stage !== 'headers' || !/^http_[34]xx$/.test(kind)) return null;
  const status = `HTTP ${code}`;
  if (code === '401' || code === '403') {
    return {
      what: `lets nobody in: ${status}`,
      fix: "send its key: --header 'authorization: Bearer ${env:API_KEY}'",
    };
  }
  if (code === '404' || code === '405') {
    return {
      what: `has no such route: ${status} to ${request.method} ${request.path}`,
      fix: 'name it: --answer answer:/<path>, or --answer <file> with `request: { method: …, path: … }`',
    };
  }
  if (kind === 'http_3xx')
    return { what: `leads elsewhere: ${status}`, fix: 'name the address that it leads to' };
  // Waited for by whoever sends; it says nothing of the request itself.
  if (code === '429') return { what: `refuses more requests: ${status}`, fix: 'ask more slowly: --rate 1' };
  return {
    what: `refuses the question: ${status}`,
    fix: 'ask it in its own words: --answer <file> with `request: { body: … }`',
  };
}
