/**
 * Refuses secrets in a plan: a plan goes into workflow history, evidence and pull requests, all of which outlive a secret.
 *
 * Invariant: a finding never repeats the value that it is about.
 */
import type { Finding, Path } from './errors.ts';

const SECRET_KEY =
  /(^|[-_.]|[a-z](?=[A-Z]))(token|secret|password|passwd|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key|authorization|credentials?|bearer|cookie)$/i;
const SECRET_VALUE =
  /-----BEGIN [A-Z ]*PRIVATE KEY|\b(sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abpr]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.)/;
const ENV_REFERENCE = /\$\{env:[A-Za-z_][A-Za-z0-9_]*\}/;
const PLACEHOLDER = /^\{\{\w+\}\}$/;
/** Name and password in front of a host. */
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*:[^/?#\s]*@/i;

/** The variables that each provider's own tools read; named in the fix. */
const VARIABLES: Readonly<Record<string, string>> = {
  cloudflare: 'CLOUDFLARE_API_TOKEN',
  vercel: 'VERCEL_TOKEN',
  fastly: 'FASTLY_API_TOKEN',
  aws: 'AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  sqs: 'AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  s3: 'AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  redis: 'REDIS_URL',
  nats: 'NATS_CREDS',
  rabbitmq: 'RABBITMQ_URL',
  postgres: 'PGPASSWORD',
  prometheus: 'PROMETHEUS_TOKEN',
  openai: 'OPENAI_API_KEY',
  slack: 'CUTOVER_SLACK_WEBHOOK_URL',
  webhook: 'CUTOVER_WEBHOOK_URL',
};

/** @param value the user's file, any shape */
export function findSecrets(value: unknown): readonly Finding[] {
  const findings: Finding[] = [];
  walk(value, [], null, findings);
  return findings;
}

function walk(value: unknown, path: Path, provider: string | null, findings: Finding[]): void {
  if (typeof value === 'string') {
    const message = problemOf(String(path.at(-1)), value, path);
    if (message !== null) findings.push({ path, message, fix: fixOf(path, provider) });
  } else if (typeof value === 'number') {
    if (SECRET_KEY.test(String(path.at(-1)))) {
      findings.push({
        path,
        message: 'looks like a secret, which never belongs in a plan',
        fix: fixOf(path, provider),
      });
    }
  } else if (value !== null && typeof value === 'object') {
    const use: unknown = Object.hasOwn(value, 'use') ? (value as { use?: unknown }).use : null;
    const inner = typeof use === 'string' ? use : provider;
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

function fixOf(path: Path, provider: string | null): string {
  const key = String(path.at(-1));
  const variable =
    VARIABLES[provider ?? ''] ??
    key
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .replace(/\W/g, '_')
      .toUpperCase();
  if (path.includes('headers'))
    return `write \${env:${variable}} and set ${variable} in the worker's environment`;
  return `remove it and set ${variable} in the worker's environment`;
}
