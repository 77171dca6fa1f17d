/**
 * Runs an effect once for each key, in this process.
 * Invariant: a failed effect is forgotten, so that its retry really tries again; a running one is shared.
 */

/** Keys remembered before the oldest is dropped: a switch sends a few dozen notifications. */
const REMEMBERED = 10_000;

export class OnceByKey {
  readonly #done = new Map<string, Promise<void>>();

  async run(key: string, effect: () => Promise<void>): Promise<void> {
    const known = this.#done.get(key);
    if (known !== undefined) return known;
    const running = effect();
    this.#done.set(key, running);
    if (this.#done.size > REMEMBERED) {
      const oldest = this.#done.keys().next();
      if (oldest.done !== true) this.#done.delete(oldest.value);
    }
    try {
      await running;
    } catch (error) {
      this.#done.delete(key);
      throw error;
    }
  }
}
