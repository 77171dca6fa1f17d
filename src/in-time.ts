/** Bounds what may hang: a server that is away answers late or never, and a person waits in front of it. */

/** How a bounded attempt ended. */
export type Tried<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly cause: unknown }
  | { readonly kind: 'late' };

/** Never rejects. What comes after `withinMs` is dropped. */
export async function inTime<T>(attempt: Promise<T>, withinMs: number): Promise<Tried<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Tried<T>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'late' }), withinMs);
  });
  const tried = attempt.then(
    (value): Tried<T> => ({ kind: 'done', value }),
    (cause: unknown): Tried<T> => ({ kind: 'failed', cause }),
  );
  try {
    return await Promise.race([tried, late]);
  } finally {
    clearTimeout(timer);
  }
}
