/** Traffic of one's own: lengths, memories, skew and volume set on the command line, for the families that have them. */
import { parseDuration } from '../../../src/domain/duration.ts';
import type { Family, Volume } from './family.ts';

const TEXT = { type: 'string' } as const;

export const OVERRIDES = {
  /** Mean length of a burst. */
  burst: TEXT,
  /** Share of the time that bursts take. */
  share: TEXT,
  /** Memory of a wandering rate or latency. */
  tau: TEXT,
  /** Its log-sd. */
  sd: TEXT,
  users: TEXT,
  /** Activity of users: 0 equal, 1 zipf. */
  skew: TEXT,
  /** Requests an hour, `from/to`. */
  volume: TEXT,
  hold: TEXT,
} as const;

export interface Settings {
  readonly burstS?: number;
  readonly share?: number;
  readonly tauS?: number;
  readonly sd?: number;
  readonly users?: number;
  readonly skew?: number;
  readonly volume?: Volume;
  readonly holdMinutes?: number;
  /** As given, for the log. */
  readonly label: string;
}

/** @throws RangeError naming the option and what it takes */
export function settingsOf(given: Readonly<Record<string, unknown>>): Settings {
  const settings: Record<string, number | Volume> = {};
  const labels: string[] = [];
  const take = (
    name: string,
    field: string,
    read: (text: string) => number | Volume | null,
    takes: string,
  ): void => {
    const text = given[name];
    if (typeof text !== 'string') return;
    const value = read(text);
    if (value === null) throw new RangeError(`--${name} takes ${takes}, not "${text}"`);
    settings[field] = value;
    labels.push(`${name} ${text}`);
  };
  take('burst', 'burstS', secondsOf, 'a duration such as 300s');
  take('share', 'share', (text) => within(text, 0.0001, 0.9), 'a share such as 0.02');
  take('tau', 'tauS', secondsOf, 'a duration such as 600s');
  take('sd', 'sd', (text) => within(text, 0, 5), 'a log-sd such as 0.3');
  take(
    'users',
    'users',
    (text) => within(Number.isInteger(Number(text)) ? text : '', 2, 60_000),
    'a number of users',
  );
  take('skew', 'skew', (text) => within(text, 0, 3), 'a zipf exponent such as 1');
  take('volume', 'volume', volumeOf, 'requests an hour as from/to, such as 10800/1200');
  take('hold', 'holdMinutes', minutesOf, 'a duration of whole five minutes such as 60m');
  return { ...settings, label: labels.join(', ') };
}

export function withSettings(family: Family, settings: Settings): Family {
  const { burstS, share, tauS, sd, users, skew, holdMinutes } = settings;
  const { bursts, wander } = family;
  return {
    ...family,
    ...(bursts === undefined
      ? {}
      : { bursts: { ...bursts, meanS: burstS ?? bursts.meanS, share: share ?? bursts.share } }),
    ...(wander === undefined
      ? {}
      : { wander: { ...wander, tauS: tauS ?? wander.tauS, sd: sd ?? wander.sd } }),
    ...(users === undefined && skew === undefined
      ? {}
      : {
          users: {
            ...family.users,
            count: users ?? family.users?.count ?? 2000,
            ...(skew === undefined ? {} : { zipf: skew }),
          },
        }),
    ...(holdMinutes === undefined ? {} : { holdMinutes }),
  };
}

export function volumesOf(family: Family, { volume }: Settings): readonly Volume[] {
  return volume === undefined ? family.volumes : [volume];
}

function within(text: string, least: number, most: number): number | null {
  const value = text === '' ? NaN : Number(text);
  return value >= least && value <= most ? value : null;
}

function secondsOf(text: string): number | null {
  const ms = parseDuration(text);
  return ms === null || ms < 1000 ? null : ms / 1000;
}

function minutesOf(text: string): number | null {
  const ms = parseDuration(text);
  const looks = ms === null ? 0 : ms / 300_000;
  return looks >= 1 && Number.isInteger(looks) ? looks * 5 : null;
}

function volumeOf(text: string): Volume | null {
  const [from, to, ...rest] = text.split('/').map(Number);
  return from !== undefined && to !== undefined && rest.length === 0 && from > 0 && to > 0
    ? { from, to }
    : null;
}
