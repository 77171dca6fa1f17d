/**
 * Keeps users at the entry: the color's stack is told under which address it was asked, and an address of its own that it
 * answers with is put back to the entry's.
 */
import { COLORS, type Color } from '../domain/color.ts';

/** Base address of each color's stack; null where it is bound and has none. */
export type OriginUrls = Readonly<Record<Color, URL | null>>;

/** Host that a stack behind a binding sees. */
export const BOUND_HOST = 'origin.cutover';
const ADDRESSES = ['location', 'content-location'];

/** Replaces what the client said: the router is the entry. */
export function tellEntry(headers: Headers, entry: URL): void {
  headers.set('x-forwarded-host', entry.host);
  headers.set('x-forwarded-proto', entry.protocol.slice(0, -1));
}

/** Rewrites addresses of either color in an answer, whatever their scheme; relative ones lose the stack's base path. */
export function keepAtEntry(headers: Headers, entry: URL, color: Color, origins: OriginUrls): void {
  for (const name of ADDRESSES) {
    const said = headers.get(name);
    const kept = said === null ? null : atEntry(said, entry, color, origins);
    if (kept !== null) headers.set(name, kept);
  }
}

/** @returns null when the address is to stay as it is. */
function atEntry(said: string, entry: URL, color: Color, origins: OriginUrls): string | null {
  const absolute = /^([a-z][a-z0-9+.-]*:)?\/\//i.test(said);
  if (!absolute) {
    const base = basePath(origins[color]);
    return base !== '' && isBelow(said, base) ? said.slice(base.length) || '/' : null;
  }
  let url: URL;
  try {
    url = new URL(said, entry);
  } catch {
    return null;
  }
  const owner = COLORS.find((one) => (origins[one]?.host ?? BOUND_HOST) === url.host);
  if (owner === undefined) return null;
  const base = basePath(origins[owner]);
  const path =
    base !== '' && isBelow(url.pathname, base) ? url.pathname.slice(base.length) || '/' : url.pathname;
  return entry.origin + path + url.search + url.hash;
}

function basePath(origin: URL | null): string {
  return (origin?.pathname ?? '').replace(/\/$/, '');
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`) || path.startsWith(`${base}?`);
}
