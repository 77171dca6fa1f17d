/**
 * Argument checks shared by every statistic.
 * Invariant: bad input is a RangeError that names the argument, never a NaN that a verdict could swallow.
 * Hot loops read arrays through `at`: bounds are the caller's loop condition, so no check is paid twice.
 */

/** Reads an element the caller has already proved to be in range. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}

export function checkPositive(name: string, value: number): void {
  if (!(value > 0) || value === Infinity) {
    throw new RangeError(`${name} must be a finite number > 0, got ${value}`);
  }
}

/** A non-negative safe integer: a count of things. */
export function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} must be an integer >= 0, got ${value}`);
  }
}

/** A probability, both ends included. */
export function checkProbability(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must be in [0, 1], got ${value}`);
}

/** A probability strictly between 0 and 1. */
export function checkOpenProbability(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} must be in (0, 1), got ${value}`);
}

/** The error probability of one bound. Above one half a "bound" would lie on the wrong side of the estimate. */
export function checkAlpha(value: number): void {
  if (!(value > 0 && value <= 0.5)) throw new RangeError(`alpha must be in (0, 0.5], got ${value}`);
}

export function checkPart(partName: string, part: number, wholeName: string, whole: number): void {
  checkCount(partName, part);
  checkCount(wholeName, whole);
  if (part > whole) throw new RangeError(`${partName} (${part}) must not exceed ${wholeName} (${whole})`);
}

export function checkAllFinite(name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i += 1) {
    if (!Number.isFinite(at(values, i))) {
      throw new RangeError(`${name}[${i}] must be a finite number, got ${values[i]}`);
    }
  }
}
