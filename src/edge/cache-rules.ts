/**
 * What a shared cache may keep and give out again (RFC 9111), read from headers.
 *
 * Invariant: directives are compared by name, whatever their case, order, spacing or quotes; what cannot be read counts
 * as a refusal.
 */

/** Directive names in lower case; the value is '' where there is none. Of a repeated one the first counts. */
export function directivesOf(header: string | null): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', quoted, token] of (header ?? '').matchAll(
    /([^\s,;="]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g,
  )) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted ?? token ?? '');
  }
  return found;
}

/** What a client says about caches in its request. */
export interface CacheWish {
  /** False: it wants an answer of the origin. */
  readonly lookup: boolean;
  /** False: its answer must not be kept. */
  readonly keep: boolean;
}

export function cacheWish(asked: Headers): CacheWish {
  const said = asked.get('cache-control');
  const control = directivesOf(said);
  const noStore = control.has('no-store');
  const pragma = said === null && directivesOf(asked.get('pragma')).has('no-cache');
  const fresh = control.has('no-cache') || seconds(control.get('max-age')) === 0 || pragma;
  return { lookup: !noStore && !fresh, keep: !noStore };
}

/** @returns true when the origin allows a shared cache to keep the answer. */
export function isStorable(status: number, headers: Headers): boolean {
  const control = directivesOf(headers.get('cache-control'));
  return (
    status === 200 &&
    lifetimeS(headers) > 0 &&
    !['no-store', 'private', 'no-cache'].some((name) => control.has(name)) &&
    !headers.has('set-cookie') &&
    varyNames(headers) !== null
  );
}

/** Seconds that a shared cache may still serve the answer; 0 or less when it is stale. */
export function lifetimeS(headers: Headers): number {
  const control = directivesOf(headers.get('cache-control'));
  const lifetime = seconds(control.get('s-maxage') ?? control.get('max-age')) ?? 0;
  return lifetime - (seconds(headers.get('age') ?? undefined) ?? 0);
}

/** True when the origin declares that the answer to one user may be given to another. */
export function isShared(headers: Headers): boolean {
  const control = directivesOf(headers.get('cache-control'));
  return control.has('public') || control.has('s-maxage');
}

/** Sorted names of the request headers that select an answer; null for `*`: no other request may have it. */
export function varyNames(headers: Headers): readonly string[] | null {
  const names = (headers.get('vary') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  return names.includes('*') ? null : Array.from(new Set(names)).toSorted();
}

/** Whole seconds; what is no number counts as 0, which is stale. */
function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : 0;
}
