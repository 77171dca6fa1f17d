/** The sums of an evidence pack: what tells it from a changed one, and who vouches for it. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Name of the variable with the key that packs are signed with. */
const SIGNING_KEY = 'CUTOVER_SIGNING_KEY';

const schema = z.looseObject({ sha256: z.string(), 'hmac-sha256': z.string().nullable() });

/** @param key null: the sum alone, which whoever can write the store can write anew */
export function sumsOf(content: string, key: string | null): z.output<typeof schema> {
  return {
    sha256: createHash('sha256').update(content).digest('hex'),
    'hmac-sha256': key === null ? null : createHmac('sha256', key).update(content).digest('hex'),
  };
}

/** The key in an environment; null when there is none. */
export function signingKey(env: Readonly<Record<string, string | undefined>>): string | null {
  const key = env[SIGNING_KEY] ?? '';
  return key === '' ? null : key;
}

export interface SumsCheck {
  /** `signed`: by this key. `unchecked`: signed, but there is no key here. */
  readonly signature: 'signed' | 'unchecked' | 'none';
  /** Empty when the sums are right. */
  readonly faults: readonly string[];
}

/**
 * @param text of the file with the sums; null when there is none
 * @param name of that file, for messages
 */
export function checkSums(content: string, text: string | null, key: string | null, name: string): SumsCheck {
  const unusable = (fault: string): SumsCheck => ({ faults: [fault], signature: 'none' });
  if (text === null) return unusable(`${name} is missing: the pack cannot be told from a changed one`);
  let parsed: ReturnType<typeof schema.safeParse>;
  try {
    parsed = schema.safeParse(JSON.parse(text));
  } catch {
    return unusable(`${name} is not JSON`);
  }
  if (!parsed.success) return unusable(`${name} is no signature`);
  const { sha256, 'hmac-sha256': mac } = parsed.data;
  const right = sumsOf(content, key);
  const faults = sha256 === right.sha256 ? [] : [`the pack was changed: its sha256 is ${right.sha256}`];
  if (key === null) return { faults, signature: mac === null ? 'none' : 'unchecked' };
  if (mac === null) faults.push(`the pack is not signed, although ${SIGNING_KEY} is set`);
  else if (!same(mac, right['hmac-sha256'] ?? '')) faults.push(`the signature is not by ${SIGNING_KEY}`);
  return { faults, signature: faults.length === 0 ? 'signed' : 'none' };
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
