/**
 * Whether a color can be ended by somebody who has no right to it.
 * Invariant: a color that takes a wrong token is found even where its route hides from those without one, and nothing is asked after that.
 */
import { joinUrl } from '../../providers/fetch.ts';
import { NO_RETIRE_ROUTE, WELL_KNOWN } from '../../providers/http/contract.ts';
import { askColor, type Asked } from './ask.ts';
import type { Checked } from './checked.ts';

/** What an operator's typing error, a stranger and a service without a token may send. */
const NO_RIGHT: readonly (readonly [who: string, header: string | null])[] = [
  ['without a token', null],
  ['with a wrong token', 'Bearer cutover-check-wrong-token'],
  ['with the token "undefined"', 'Bearer undefined'],
];
const REFUSED: readonly (number | null)[] = [401, 403];
const ABSENT: readonly (number | null)[] = NO_RETIRE_ROUTE;

export async function retireCheck(url: string, signal: AbortSignal): Promise<Checked> {
  const name = 'retire refused';
  const answers: { readonly who: string; readonly asked: Asked }[] = [];
  for (const [who, authorization] of NO_RIGHT) {
    const asked = await askColor({
      url: joinUrl(url, `${WELL_KNOWN}/retire`),
      method: 'POST',
      headers: authorization === null ? {} : { authorization },
      signal,
    });
    if (asked.status !== null && asked.status < 300) {
      const detail = `${asked.said} ${who}: anybody can end this color, and it may have ended now`;
      const todo =
        'see whether it still runs; answer 401 unless the bearer token is CUTOVER_COLOR_TOKEN, where none is set always';
      return { name, state: 'wrong', detail, todo };
    }
    answers.push({ who, asked });
  }
  const odd = answers.find(({ asked: { status } }) => !REFUSED.includes(status) && !ABSENT.includes(status));
  if (odd !== undefined) {
    const detail = `${odd.asked.said} ${odd.who}: that is no refusal`;
    return {
      name,
      state: 'wrong',
      detail,
      todo: 'answer 401 unless the bearer token is CUTOVER_COLOR_TOKEN',
    };
  }
  const [first] = answers;
  if (first !== undefined && answers.every(({ asked }) => ABSENT.includes(asked.status))) {
    const detail = `no retire route (HTTP ${first.asked.status}): decommission ends with an instruction to a person`;
    const todo = 'serve POST /.well-known/cutover/retire, or take colors down yourself';
    return { name, state: 'left', detail, todo };
  }
  return { name, state: 'ok', detail: answers.map(({ who }) => who).join(', '), todo: null };
}
