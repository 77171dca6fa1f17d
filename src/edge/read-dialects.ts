/** Reads the router's variable `STREAM_DIALECTS`: a router that is told nonsense says so at its first request. */
import { isRecord } from '../domain/is-record.ts';
import { OWN_LISTS, type OwnDialect } from '../domain/streams/own.ts';

/** @throws Error that names what is wrong. */
export function readDialects(text: string): readonly OwnDialect[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new Error('STREAM_DIALECTS is no JSON');
  }
  if (!Array.isArray(list)) throw new Error('STREAM_DIALECTS must be a JSON list');
  return list.map((one: unknown, index) => {
    const where = `STREAM_DIALECTS[${index}]`;
    if (!isRecord(one)) throw new Error(`${where} must be an object`);
    for (const key of OWN_LISTS) {
      const marks = one[key];
      if (marks === undefined && key !== 'when') continue;
      if (!Array.isArray(marks) || !marks.every((mark) => typeof mark === 'string' && mark !== '')) {
        throw new Error(`${where}.${key} must be a list of texts`);
      }
    }
    if (typeof one['name'] !== 'string') throw new Error(`${where}.name must be a text`);
    return one as unknown as OwnDialect;
  });
}
