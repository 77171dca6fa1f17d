/**
 * Log drains of Vercel: the request line that the service prints stands in `message`. What the platform itself says of a request
 * (`proxy`) has no duration, so it is no request line: trace drains (`otlp`) have one.
 * Source: Vercel docs, "Log Drains Reference". A drain sends arrays or one object a line.
 */
import {
  AS_THE_LINE,
  embedded,
  isObject,
  isRequestLine,
  jsonOf,
  type Reader,
  type Reading,
} from './reader.ts';

const NO_DURATION = 'a log of the platform, which tells no duration';

export const vercel: Reader = {
  name: 'vercel',
  does: 'Vercel log drains with the request line in `message`',
  lag: '1m',
  ...AS_THE_LINE,
  has: { ...AS_THE_LINE.has, ts: 'the line in `message`' },
  open: () => (line) => {
    const text = line.trim();
    if (!text.startsWith('[')) return one(text);
    try {
      const list: unknown = JSON.parse(text);
      if (!Array.isArray(list) || list.length === 0) return [{ left: 'an empty batch', isForeign: true }];
      return list.flatMap((entry) =>
        isObject(entry) ? entryOf(entry) : [{ left: 'no log', isForeign: true }],
      );
    } catch {
      return [{ left: 'a batch that is cut off or broken', isForeign: false }];
    }
  },
};

function one(text: string): readonly Reading[] {
  const entry = jsonOf(text);
  return isObject(entry) ? entryOf(entry) : entry;
}

/** One message may hold what a function printed in several lines. */
function entryOf(entry: Readonly<Record<string, unknown>>): readonly Reading[] {
  if (isRequestLine(entry)) return [{ native: JSON.stringify(entry) }];
  const { message } = entry;
  const found = (typeof message === 'string' ? message.split('\n') : []).flatMap(
    (line) => embedded(line) ?? [],
  );
  return found.length > 0 ? found : [{ left: NO_DURATION, isForeign: true }];
}
