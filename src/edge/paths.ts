/**
 * Lists of path prefixes: exactly for what is cached, widely for what is fenced.
 *
 * Invariant: the wide form only adds. Frameworks decode, fold and clean paths each in their own way, so a write fence
 * has to match every spelling that any of them might take for a listed route.
 */

/** True when `path`, as it stands, is one of the prefixes or below one. */
export function underAny(prefixes: readonly string[], path: string): boolean {
  return prefixes.some(
    (prefix) => path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`),
  );
}

/** Like `underAny`, and true as well for every spelling of a listed path that a server may read as that path. */
export function underAnySpelling(prefixes: readonly string[], path: string): boolean {
  if (prefixes.length === 0) return false;
  return underAny(prefixes, path) || underAny(prefixes.map(plainPath), plainPath(path));
}

/** One spelling for all: decoded once, lower case, without parameters, doubled slashes and dots. */
function plainPath(path: string): string {
  const decoded = decodeOnce(path).replaceAll('\\', '/').toLowerCase();
  const segments: string[] = [];
  for (const raw of decoded.split('/')) {
    const segment = raw.split(';', 1)[0] ?? '';
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

function decodeOnce(path: string): string {
  // Runs of escapes together, because one character may take several bytes; what is not UTF-8 stays as it is written.
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
