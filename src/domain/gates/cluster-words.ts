/** Why a gate on users' traffic fails or does not, in words: who is behind it, how far the colors stray, what would stand out. */
import {
  earliestMs,
  heavyUsers,
  lacksOf,
  type ClusterRuling,
  type LookTerms,
  type Series,
} from '../clusters/index.ts';
import type { Color } from '../color.ts';
import { formatDuration } from '../duration.ts';
import { percent } from './ruling.ts';

export interface Told {
  readonly to: Color;
  readonly from: Color;
  /** What an event is called, e.g. `errors`. */
  readonly events: string;
  readonly terms: LookTerms;
  /** `to`'s events. */
  readonly series: Series;
  /** What the moments would let through, a sentence. */
  readonly standsOut: string;
  /** True after the flip. */
  readonly isAlone: boolean;
}

/** One sentence or two; empty where nothing stopped it but the limit. */
export function whySaid(ruling: ClusterRuling, told: Told): string {
  if (ruling.failedBy !== null) return ` ${failedSaid(ruling, told)}`;
  const { stoppedBy } = ruling;
  if (stoppedBy.includes('limit')) return '';
  const said = [
    ...(stoppedBy.includes('few') ? [fewSaid(ruling, told)] : []),
    ...(stoppedBy.includes('users') ? [usersSaid(ruling, told)] : []),
    ...(stoppedBy.includes('moments') ? [told.standsOut] : []),
  ].filter((text) => text !== '');
  return said.length === 0 ? '' : ` ${said.join(' ')}`;
}

function failedSaid({ failedBy, users, catastrophe }: ClusterRuling, told: Told): string {
  const { to, from, events, series, terms } = told;
  const hit = `${users.affected} of ${series.trials.users} users of ${to}`;
  switch (failedBy) {
    case 'catastrophe':
      return `An outage: ${catastrophe?.affected ?? 0} users of ${to} met ${events} of late, in every part of the last two looks.`;
    case 'early':
      return `${hit} are behind it, and ${from} was never as bad in the day before.`;
    case 'rule':
    case null:
      return `${hit} are behind it; it stands out of how users and blocks of ${formatDuration(blockMs(terms))} scatter.`;
  }
}

function fewSaid(ruling: ClusterRuling, { to, from, terms, isAlone }: Told): string {
  const [lack] = lacksOf(ruling, terms);
  const { affected } = ruling.users;
  switch (lack) {
    case 'time':
      return `Before ${formatDuration(Math.round(earliestMs(terms.grid, terms.holdMs)))} of the hold only an outage fails.`;
    case 'blocks':
      return isAlone && ruling.moments === null
        ? `Without a usable day of ${from} from before the switch only an outage fails.`
        : `Too few blocks of ${formatDuration(blockMs(terms))} have passed to see how far the colors stray; three are needed.`;
    case 'affected':
      return `${affected === 1 ? 'One user' : `${affected} users`} of ${to} ${affected === 1 ? 'is' : 'are'} behind it; fewer than ${terms.minUsers} never decide.`;
    case 'users':
      return `${to} or ${from} has too few users to see how they scatter.`;
    case 'trials':
      return 'There are too few requests.';
    case undefined:
      return '';
  }
  return lack satisfies never;
}

function usersSaid({ users }: ClusterRuling, { to, events, series, terms }: Told): string {
  const heavy = heavyUsers(series);
  const { designEffect } = users.to;
  const who =
    heavy === null
      ? designEffect < 2
        ? ''
        : `They come in clusters: ${designEffect.toFixed(1)} requests of ${to} tell as much as one. `
      : `${heavy.bins} of ${heavy.of} ${heavy.areUsers ? 'users' : 'groups of users'} of ${to} are behind ${heavy.events} of its ${heavy.all} ${events}. `;
  return users.p === null
    ? `${who}Over users chance explains it.`
    : `${who}Over users chance explains it (p ${short(users.p)}, ${short(terms.alpha)} is needed).`;
}

/** Of rates: how far the difference strays, and at which rate `to` would stand out. */
export function rateStandsOut(
  { moments }: ClusterRuling,
  { to, allowed }: { readonly to: Color; readonly allowed: number },
): string {
  if (moments === null || moments.need === null || moments.scatter === null) return '';
  return (
    `The difference of the colors strays by about ${percent(Math.sqrt(moments.scatter + moments.ofInstances), 2)} of all requests over such a hold` +
    `${sourceSaid(moments.decidedBy)}; ${to} would have to fail at ${percent(Math.min(1, allowed + moments.need), 2)} to stand out.`
  );
}

export function sourceSaid(decidedBy: string): string {
  return decidedBy === 'day' || decidedBy === 'floor' ? ' (by the day before)' : '';
}

function blockMs({ grid }: LookTerms): number {
  return Math.round(grid.tickMs * grid.blockTicks);
}

function short(p: number): string {
  return String(Number(p.toPrecision(2)));
}
