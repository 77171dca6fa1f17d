/** Keys of the file that hold a duration. */
export const DURATION_KEYS = new Set([
  'for',
  'after',
  'deadline',
  'pause',
  'freeze',
  'quiet',
  'fence',
  'propagation',
  'backoff',
  'timeout',
  'queueAge',
  'extension',
]);
