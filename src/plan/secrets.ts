/**
 * Refuses secrets in a plan: a plan goes into workflow history, evidence and pull requests, all of which outlive a secret.
 *
 * Invariant: a finding never repeats the value that it is about.
 */
import type { Manifest } from '../ports/manifest.ts';
import type { Finding, Path } from './errors.ts';

const SECRET_KEY =
  /(^|[-_.]|[a-z](?=[A-Z]))(token|secret|password|passwd|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key|authorization|credentials?|bearer|cookie)$/i;
const SECRET_VALUE =
  /-----BEGIN [A-Z ]*PRIVATE KEY|\b(sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abpr]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.)/;
const ENV_REFERENCE = /\$\{env:[A-Za-z_][A-Za-z0-9_]*\}/;
const PLACEHOLDER = /^\{\{\w+\}\}$/;
/** Name and password in front of a host. */
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*:[^/?#\s]*@/i;

/** Finds the manifest of a provider, whose variables are named in the fix. */
type Find = (use: string) => Manifest | undefined;

interface Within {
  readonly find: Find;
  readonly provider: string | null;
}

/** @param value the user's file, any shape */
export function findSecrets(value: unknown, find: Find): readonly Finding[] {
  const findings: Finding[] = [];
  walk(value, [], { find, provider: null }, findings);
  return findings;
}

function walk(value: unknown, path: Path, within: Within, findings: Finding[]): void {
  if (typeof value === 'string') {
    const message = problemOf(String(path.at(-1)), value, path);
    if (message !== null) findings.push({ path, message, fix: fixOf(path, within) });
  } else if (typeof value === 'number') {
    if (SECRET_KEY.test(String(path.at(-1)))) {
      findings.push({
        path,
        message: 'looks like a secret, which never belongs in a plan',
        fix: fixOf(path, within),
      });
    }
  } else if (value !== null && typeof value === 'object') {
    const use: unknown = Object.hasOwn(value, 'use') ? (value as { use?: unknown }).use : null;
    const inner = typeof use === 'string' ? { ...within, provider: use } : within;
    const isList = Array.isArray(value);
    for (const [key, item] of Object.entries(value))
      walk(item, [...path, isList ? Number(key) : key], inner, findings);
  }
}

function problemOf(key: string, value: string, path: Path): string | null {
  if (SECRET_VALUE.test(value)) return 'holds a secret, which never belongs in a plan';
  if (URL_PASSWORD.test(value)) return 'holds a password in a URL, which never belongs in a plan';
  if (!SECRET_KEY.test(key) || value === '' || PLACEHOLDER.test(value)) return null;
  // Headers are the one place where the worker fills in variables.
  if (path.includes('headers') && ENV_REFERENCE.test(value)) return null;
  return 'looks like a secret, which never belongs in a plan';
}

function fixOf(path: Path, { find, provider }: Within): string {
  const key = envName(String(path.at(-1)));
  const manifest = provider === null ? undefined : find(provider);
  // A package of the user's own, as a rule named after its vendor.
  const isNamed = provider !== null && manifest === undefined && /^[a-z][\w-]*$/.test(provider);
  const variable = variableIn(manifest, key) ?? (isNamed ? `${envName(provider)}_${key}` : key);
  if (path.includes('headers'))
    return `write \${env:${variable}} and set ${variable} in the worker's environment`;
  return `remove it and set ${variable} in the worker's environment`;
}

/** The variable that the provider reads for it: the one that ends alike, else the first that it needs. */
function variableIn(manifest: Manifest | undefined, key: string): string | undefined {
  const env = Object.values(manifest?.ports ?? {}).flatMap((port) => port.env ?? []);
  const names = env.flatMap(({ oneOf }) => oneOf);
  return names.find((name) => name.endsWith(key)) ?? env.find(({ optional }) => optional !== true)?.oneOf[0];
}

function envName(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/\W/g, '_')
    .toUpperCase();
}
