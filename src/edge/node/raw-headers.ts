/**
 * Headers between Node's form (names and values by turns, one character a byte) and the router's.
 *
 * Invariant: headers of one connection (RFC 9110, 7.6.1) go no further than that connection.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What frames a message, or what a balancer has added: no sender can take it away by calling it a header of the connection. */
const NEVER_HOP_BY_HOP: ReadonlySet<string> = new Set([
  'content-length',
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/** @throws TypeError when a value may not stand in a header. */
export function endToEnd(raw: readonly string[]): Headers {
  const named = namesOfConnection(raw);
  const headers = new Headers();
  for (const [spelt, value] of pairs(raw)) {
    const name = spelt.toLowerCase();
    if (!HOP_BY_HOP.has(name) && !named.has(name)) headers.append(name, value);
  }
  return headers;
}

export function* pairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i] ?? '', raw[i + 1] ?? ''];
}

/** Names and values by turns. */
export function rawOf(headers: Headers): string[] {
  const raw: string[] = [];
  for (const [name, value] of headers) if (!HOP_BY_HOP.has(name)) raw.push(name, value);
  return raw;
}

/** What `connection` names belongs to the connection too. */
function namesOfConnection(raw: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [name, value] of pairs(raw)) {
    if (name.toLowerCase() !== 'connection') continue;
    for (const one of value.split(',')) {
      const named = one.trim().toLowerCase();
      if (!NEVER_HOP_BY_HOP.has(named)) names.add(named);
    }
  }
  return names;
}
