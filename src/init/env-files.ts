/** The secrets of an edge and its worker: made once, kept in `.env`, and never in version control. */
import { randomBytes } from 'node:crypto';

const SECRETS = {
  CUTOVER_ADMIN_TOKEN: 'who may read and write the edge config: the router’s ADMIN_TOKEN',
  CUTOVER_PIN_SECRET: 'signs the pins of probes and pings: the first of the router’s PIN_SECRETS',
  CUTOVER_COLOR_TOKEN: 'who may retire a color; each color’s service has the same',
  CUTOVER_USER_SECRET: 'keys the hashes of users in log lines; keep it over switches',
} as const;

const IGNORED = ['.env', '.env.new', '.cutover/', 'edge-logs/', 'node_modules/'];

/** Secrets that `present`, the text of an `.env`, does not set, or sets to nothing as a copy of `.env.example` does; null when it sets all. */
export function envText(present: string): string | null {
  const lines = Object.keys(SECRETS)
    .filter((name) => !new RegExp(`^\\s*(?:export\\s+)?${name}=[^\\S\\n]*\\S`, 'm').test(present))
    .map((name) => `${name}=${randomBytes(24).toString('hex')}`);
  return lines.length === 0 ? null : `${lines.join('\n')}\n`;
}

export function envExample(): string {
  return Object.entries(SECRETS)
    .map(([name, why]) => `# ${why}\n${name}=\n`)
    .join('');
}

/** The lines that a `.gitignore` still needs; null when it has them. */
export function ignoreText(present: string): string | null {
  const has = new Set(present.split('\n').map((line) => line.trim().replace(/^\//, '')));
  const missing = IGNORED.filter((one) => !has.has(one) && !has.has(one.replace(/\/$/, '')));
  return missing.length === 0 ? null : `${missing.join('\n')}\n`;
}
