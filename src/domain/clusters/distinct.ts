/** Distinct users, by number. Reused: nothing is made for each count. */
export class Distinct {
  count = 0;
  #round = 1;
  readonly #in: Uint32Array;

  constructor(users: number) {
    this.#in = new Uint32Array(users);
  }

  add(user: number): void {
    if (this.#in[user] === this.#round) return;
    this.#in[user] = this.#round;
    this.count += 1;
  }

  /** Forgets them all. */
  restart(): this {
    this.#round += 1;
    this.count = 0;
    return this;
  }
}
