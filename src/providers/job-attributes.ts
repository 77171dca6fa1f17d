/** What a job carries beside its body, by whatever a broker calls it. */

/** The job's idempotency key. */
export const KEY_ATTRIBUTE = 'idempotency-key';
/** Deliveries that a job has behind it in queues it was moved from: the broker's own count starts anew with each move. */
export const RECEIVES_ATTRIBUTE = 'cutover-receives';
