/** Data streams of the Vercel AI SDK 3 and 4: lines of a letter or digit, a colon and JSON. */
import { at, citationsIn, NO_CITATIONS, type Dialect, type StreamEvent } from './dialect.ts';

const LINE = /^[0-9a-k]:(?=["[{])/;

/** The value after the code, when the line has this code. */
function valueAfter(code: string, { data }: StreamEvent): unknown {
  if (!data.startsWith(`${code}:`)) return undefined;
  try {
    return JSON.parse(data.slice(2));
  } catch {
    return undefined;
  }
}

export const vercelData: Dialect = {
  name: 'vercel-data',
  marksEnd: true,
  knows: ({ name, data }) => name === '' && LINE.test(data),
  text(event) {
    const value = valueAfter('0', event);
    return typeof value === 'string' ? value : '';
  },
  citations(event) {
    const source = valueAfter('h', event);
    return source === undefined ? NO_CITATIONS : citationsIn([source], ['id', 'url', 'title']);
  },
  end: (event) => (valueAfter('d', event) === undefined ? null : 'complete'),
  error(event) {
    const value = valueAfter('3', event);
    if (value !== undefined) return value;
    return at(valueAfter('d', event), 'finishReason') === 'error' ? 'error' : null;
  },
};
