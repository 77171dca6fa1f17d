/** A build that cannot go on with a switch: its workflow task fails each time it is tried. */
export async function switchover(): Promise<never> {
  throw new TypeError('this build cannot go on with that switch');
}
