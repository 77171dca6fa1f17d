/** Settings that the gates on users' traffic share: how traffic is cut into clusters, what is too bad to wait for, and the day before. */
import type { GateSetting } from './gate.ts';

export const CLUSTER_SETTINGS: Readonly<Record<string, GateSetting>> = {
  'clusters.blockMs': {
    kind: 'duration',
    default: '5m',
    stricter: 'lower',
    says: 'Length of a block of time. A hold has five at least, so it is shorter in a hold under 25 minutes.',
    why: 'longer than the usual bad moment of a color; a hold of nine blocks or more tells best',
  },
  'clusters.sameFailureMs': {
    kind: 'duration',
    default: '60s',
    stricter: 'lower',
    says: 'Failures of one user that follow each other within this time are one. In a hold under 15 minutes so much sooner.',
    why: 'clients try again for about a minute',
  },
  'clusters.minUsers': {
    kind: 'count',
    default: 3,
    stricter: 'lower',
    says: 'Users of `to` that must be affected before a gate on traffic fails.',
    why: 'one client never decides, and two may be one',
  },
  'catastrophe.share': {
    kind: 'share',
    default: 0.25,
    stricter: 'lower',
    says: 'Share of `to` that is bad in every third of the newest two looks.',
    why: 'a quarter of all requests is an outage to anybody',
  },
  'catastrophe.overFrom': {
    kind: 'ratio',
    default: 4,
    stricter: 'lower',
    says: 'How many times the share of `from` that is.',
    why: 'an outage of both colors is none of `to`',
  },
  'catastrophe.overP95': {
    kind: 'ratio',
    default: 5,
    stricter: 'lower',
    says: 'A success this many times slower than the p95 of `from` is as bad as an error.',
    why: 'users have left by then',
  },
  'catastrophe.level': {
    kind: 'share',
    default: 0.00001,
    stricter: 'higher',
    says: 'Chance, over distinct users, of seeing that with equal colors; 0 is the same as `catastrophe: off`.',
    why: 'it is asked at every look, on little data',
  },
  'history.hours': {
    kind: 'hours',
    default: 24,
    stricter: 'higher',
    says: 'Hours of `from` before the switch that say how far its traffic strays; 0 is the same as `history: off`.',
    why: 'a day and a night; under 12 lengths of a hold it is not used',
  },
};

/** What each block of the plan is about. */
export const CLUSTER_BLOCKS: Readonly<Record<string, string>> = {
  clusters: 'How users’ requests are taken together: by user, and by block of time.',
  serverErrors: 'Which errors are the server’s: only these fail a gate on users’ traffic.',
  catastrophe: 'What is too bad to wait for; `off` leaves it out.',
  history: 'The time before the switch that stands beside the hold; `off` reads none.',
};
