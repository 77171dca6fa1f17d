/**
 * Fills `{{question}}`, `{{seed}}` and `{{probeId}}` into a probe's request.
 *
 * Invariant: whatever a question holds, the body stays the same JSON, the path the same path and a header one line.
 */
import { UserError } from '../domain/errors.ts';
import type { ProbeRequest } from '../domain/plan.ts';

export interface TemplateValues {
  readonly question: string;
  readonly seed: number;
  readonly probeId: string;
}

type Fill = (values: TemplateValues) => string;
type Name = keyof TemplateValues;

const NAMES: readonly string[] = ['question', 'seed', 'probeId'] satisfies Name[];
// A JSON string that is nothing but {{seed}} becomes a number: services validate the type. Not as a key.
const PLACEHOLDER = /(?<!\\)"\{\{seed\}\}"(?!:)|\{\{\s*(\w+)\s*\}\}/gu;

function compile(text: string, encode: (value: string) => string, where: string): Fill {
  const literals: string[] = [];
  const names: Name[] = [];
  let last = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = match[1] ?? 'seed';
    if (!NAMES.includes(name)) {
      throw new UserError(`${where}: unknown placeholder {{${name}}}`, {
        hint: `Known: ${NAMES.join(', ')}`,
      });
    }
    literals.push(text.slice(last, match.index));
    names.push(name as Name);
    last = match.index + match[0].length;
  }
  const tail = text.slice(last);
  return (values) => {
    let out = '';
    for (const [i, name] of names.entries()) out += (literals[i] ?? '') + encode(String(values[name]));
    return out + tail;
  };
}

const jsonSafe = (value: string): string => JSON.stringify(value).slice(1, -1);

export interface FilledRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * Compiles a request template. In the path and in headers values are percent-encoded.
 * @throws UserError on an unknown placeholder or a path without leading slash.
 */
export function compileTemplate(request: ProbeRequest): (values: TemplateValues) => FilledRequest {
  if (!request.path.startsWith('/'))
    throw new UserError(`probes.request.path: ${request.path} must start with /`);
  const path = compile(request.path, encodeURIComponent, 'probes.request.path');
  const headers = Object.entries(request.headers).map(
    ([name, value]) => [name, compile(value, encodeURIComponent, `probes.request.headers.${name}`)] as const,
  );
  const hasBody = request.method !== 'GET' && request.body !== undefined && request.body !== null;
  const body = hasBody ? compile(JSON.stringify(request.body), jsonSafe, 'probes.request.body') : null;
  return (values) => ({
    path: path(values),
    headers: Object.fromEntries(headers.map(([name, fill]) => [name, fill(values)])),
    body: body === null ? null : body(values),
  });
}
