/** Values as logs write them. Each function is null for what it cannot read. */
import type { Unit } from './reader.ts';

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9})\d*)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/;
/** Of Apache and API Gateway: `09/Mar/2026:10:00:01 +0000`. */
const COMMON = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MS: Readonly<Record<Unit, number>> = { s: 1000, ms: 1, us: 0.001, ns: 0.000001 };

/** Epoch ms of ISO 8601 (without an offset: UTC), of the common log format, or of an epoch in seconds, ms, µs or ns by its size. */
export function instantMs(value: unknown): number | null {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{9,20}(\.\d+)?$/.test(value))) {
    return ofEpoch(Number(value));
  }
  if (typeof value !== 'string' || value.length > 40) return null;
  const iso = ISO.exec(value);
  if (iso !== null) {
    const [, day = '', time = '', fraction = '0', offset = 'Z'] = iso;
    const zone = /^[+-]\d\d$/.test(offset) ? `${offset}:00` : offset.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
    return finite(Date.parse(`${day}T${time}${zone}`) + 1000 * Number(`0.${fraction}`));
  }
  const [, date, month = '', year, time, offset = ''] = COMMON.exec(value) ?? [];
  const at = MONTHS.indexOf(month) + 1;
  if (date === undefined || at === 0) return null;
  return finite(
    Date.parse(
      `${year}-${String(at).padStart(2, '0')}-${date}T${time}${offset.slice(0, 3)}:${offset.slice(3)}`,
    ),
  );
}

function ofEpoch(value: number): number | null {
  if (!(value >= 1e9 && value < 1e20)) return null;
  if (value < 1e11) return value * 1000;
  if (value < 1e14) return value;
  return value < 1e17 ? value / 1e3 : value / 1e6;
}

/** A number, also as text; `-`, an empty text and what is no number is null. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return finite(value);
  if (typeof value !== 'string' || !/^-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?$/i.test(value)) return null;
  return finite(Number(value));
}

export function spanMs(value: unknown, unit: Unit): number | null {
  const number = numberOf(value);
  return number === null ? null : number * MS[unit];
}

/** A text that says something: `-` stands for nothing in many logs. */
export function textOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text !== '-' ? text : null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
