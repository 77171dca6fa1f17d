/** Jobs that one color's queue holds. */

export interface WaitingJobs {
  /** Can be taken now. */
  readonly ready: number;
  /** A consumer holds them. */
  readonly inFlight: number;
  /** Not due yet. */
  readonly delayed: number;
}

/** Jobs of one queue by what they wait for; `dead` are those of its dead-letter queue. */
export interface JobCounts extends WaitingJobs {
  readonly dead: number;
}

export function waitingTotal(jobs: WaitingJobs): number {
  return jobs.ready + jobs.inFlight + jobs.delayed;
}

export function describeWaiting(jobs: WaitingJobs): string {
  return `${jobs.ready} ready, ${jobs.inFlight} in flight, ${jobs.delayed} delayed`;
}
