/** The variables that every AWS client reads; for the manifests, which load no SDK. */
import type { Variable } from '../ports/manifest.ts';
import { milliseconds, preset } from '../ports/option.ts';

/** Roles of a machine and files of ~/.aws do as well, so their absence proves nothing. */
export const AWS_CREDENTIALS: readonly Variable[] = [
  { oneOf: ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE'], why: 'or the role of the machine', optional: true },
  { oneOf: ['AWS_SECRET_ACCESS_KEY'], why: 'goes with AWS_ACCESS_KEY_ID', optional: true },
  { oneOf: ['AWS_SESSION_TOKEN'], why: 'goes with keys that are given for a time', optional: true },
];

/** @param why what is there, e.g. `where the queues are` */
export function awsRegion(why: string): Variable {
  return { oneOf: ['AWS_REGION', 'AWS_DEFAULT_REGION'], why, when: { absent: 'region' } };
}

/** @param leastMs what an answer may take at least, where the vendor itself waits before it answers */
export function answerMsOption(ms: number, leastMs = 1) {
  return preset(milliseconds(60_000).min(leastMs), ms, 'Longest wait for one answer, ms.');
}
