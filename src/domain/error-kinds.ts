/**
 * The names that probes and router give to what goes wrong, `stage:kind[:code]`, as far as they are fixed.
 *
 * Invariant: a class that either of them makes is one of these; what a service's own schema or tools say is not listed.
 */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  connect: ['dns', 'refused', 'timeout'],
  tls: ['certificate', 'protocol'],
  headers: [
    'abandoned',
    'bad_status',
    'closed',
    'deadline',
    'failed',
    'http_3xx',
    'http_4xx',
    'http_5xx',
    'malformed',
    'overflow',
    'reset',
    'timeout',
  ],
  body: [
    'deadline',
    'decode',
    'error_document',
    'error_event',
    'failed',
    'idle_timeout',
    'reset',
    'stalled',
    'too_large',
    'truncated',
    'truncated_stream',
  ],
  parse: ['deadline', 'json', 'text_too_long'],
};

/** Stages whose kinds are the service's own. */
const OPEN_STAGES: ReadonlySet<string> = new Set(['schema', 'tool']);

/** All names, without codes. */
export const ERROR_KINDS: readonly string[] = Object.entries(KINDS).flatMap(([stage, kinds]) =>
  kinds.map((kind) => `${stage}:${kind}`),
);

/** False for a class that neither probes nor router ever give: `headers:status:429`, `headers:http_4xx:503`. */
export function isKnownClass(name: string): boolean {
  const [stage = '', kind = '', ...code] = name.split(':');
  if (OPEN_STAGES.has(stage)) return true;
  if (!ERROR_KINDS.includes(`${stage}:${kind}`)) return false;
  const family = /^http_(\d)xx$/.exec(kind)?.[1];
  return family === undefined || new RegExp(`^${family}\\d\\d$`).test(code.join(':'));
}
