/**
 * Makes a service a color of cutover. One file, no dependency: copy it and keep it. Node 20 or newer, Deno, Bun, Workers.
 *
 *   const color = makeColor({ service: 'docs', color: 'blue', release: 'r41', index: {…}, writes: ['/notes'] });
 *
 * Then one of `fetchColor`, `honoColor`, `expressColor`, `nextColor`, `lambdaColor` below, before anything that reads bodies.
 * What it must do stands in kits/color/cases.json of the package `cutover`, for other languages too.
 */

export interface ColorOptions {
  /** The service of the plan. */
  readonly service: string;
  /** Which of the two stacks this one is. */
  readonly color: 'blue' | 'green';
  /** The release of the plan, e.g. a git sha. */
  readonly release: string;
  /** The index that answers come from. Say it in every answer too, where the plan's response map looks for it. */
  readonly index: {
    readonly name: string;
    readonly INDEX_HASH: string;
    readonly metric: string;
    readonly analyzer: string;
    readonly embedModel: string;
    readonly reranker: string;
  };
  /** More of the health contract (`queue`, `schedules`, `tools`, `counters`, …), and `ok: false` when it cannot serve. Throws: not ok. */
  readonly health?: () => object | Promise<object>;
  /** Does the work of a first request. Returns true if it paid for a cold start; else the first call of this process did. */
  readonly warm?: () => unknown;
  /** Scales this color down for good; called again, it changes nothing. What it returns goes into the report. */
  readonly retire?: () => unknown;
  /** Who may retire: the CUTOVER_COLOR_TOKEN of the worker. Left out: that variable here. Without one nobody may. */
  readonly token?: string;
  /** Path prefixes whose POST, PUT, PATCH and DELETE write. */
  readonly writes?: readonly string[];
  /** Those that also put a job on a queue. */
  readonly enqueues?: readonly string[];
}

/** A `Request` is one. The body is never read. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  /** Below the prefix that the service is mounted at, where it has one: both are looked at. */
  readonly mounted?: string;
  readonly headers: { get(name: string): string | null };
}

export interface Color {
  /** Null: the request is the service's own. */
  answer(request: Asked): Promise<Response | null>;
  /** They belong on every answer of the service; the router copies them into its line. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the router says about writes of one request. */
interface Word {
  readonly generation: number;
  readonly isOpen: boolean;
  readonly freezeUntilMs: number;
  readonly freezesAll: boolean;
}

const HOME = '/.well-known/cutover';
const NO = { error: 'method not allowed' };
const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

export function makeColor(options: ColorOptions): Color {
  const { service, color, release, index, writes = [], enqueues = [] } = options;
  const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
  const token = options.token ?? env?.['CUTOVER_COLOR_TOKEN'] ?? '';
  let newest: Word | null = null;
  let isFirst = true;

  async function health(): Promise<Response> {
    const core = { service, color, release, ok: true, index };
    const guard = writes.length + enqueues.length > 0 ? { writeGuard: true } : {};
    try {
      const all = { ...core, ...guard, ...(await options.health?.()), service, color, release, index };
      return json(all.ok ? 200 : 503, all);
    } catch {
      return json(503, { ...core, ok: false });
    }
  }

  async function warm(does: () => unknown): Promise<Response> {
    const wasFirst = isFirst;
    isFirst = false;
    const said = await does();
    const cold = typeof said === 'boolean' ? said : wasFirst;
    return json(200, { cold }, { 'x-cold-start': cold ? '1' : '0' });
  }

  async function retire(request: Asked): Promise<Response> {
    const given = /^bearer (.*)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
    // Without a token nobody may, whatever was sent.
    if (token === '' || !(await isSame(given, token))) {
      return json(401, { error: 'not allowed' }, { 'www-authenticate': 'Bearer' });
    }
    if (options.retire === undefined) return json(501, { error: 'this color cannot take itself down' });
    const said = await options.retire();
    return json(202, { detail: typeof said === 'string' ? said : 'retired' });
  }

  /** Isolates of the edge learn one after the other: an older word opens nothing that a newer one has closed. */
  function hear({ headers }: Asked): Word | null {
    if (headers.get('x-color') !== color) return null;
    const said = {
      generation: Number(headers.get('x-cfg-gen') ?? 0) || 0,
      isOpen: headers.get('x-cutover-writes') === 'open',
      freezeUntilMs: Number(headers.get('x-cutover-freeze-until') ?? 0) || 0,
      freezesAll: headers.get('x-cutover-freeze-scope') !== 'enqueue',
    };
    if (newest === null || said.generation > newest.generation) newest = said;
    return said.generation < newest.generation ? newest : said;
  }

  function refusal(request: Asked, paths: readonly string[], word: Word | null): Response | null {
    const enqueue = isUnder(enqueues, paths);
    if (SAFE.includes(request.method) || (!enqueue && !isUnder(writes, paths))) return null;
    if (request.headers.get('x-cutover-kind') === 'shadow') return refuse('shadow');
    // Nobody vouches for this request: it came past the router, or was meant for the other color.
    if (word === null) return refuse('frozen');
    if (!word.isOpen) return refuse('late');
    return Date.now() < word.freezeUntilMs && (word.freezesAll || enqueue) ? refuse('frozen') : null;
  }

  return {
    headers: {
      'x-index-hash': index.INDEX_HASH,
      'x-index-metric': index.metric,
      'x-index-analyzer': index.analyzer,
      'x-index-embed-model': index.embedModel,
      'x-index-reranker': index.reranker,
    },
    async answer(request) {
      const paths = [request.url, request.mounted ?? request.url].map(pathOf);
      const read = async (answer: () => Promise<Response>): Promise<Response> => {
        if (!['GET', 'HEAD'].includes(request.method)) return json(405, NO, { allow: 'GET, HEAD' });
        return request.method === 'HEAD' ? new Response(null, await answer()) : answer();
      };
      const { warm: does } = options;
      if (paths.includes(HOME)) return read(health);
      if (paths.includes(`${HOME}/warm`) && does !== undefined) return read(() => warm(does));
      if (!paths.includes(`${HOME}/retire`)) return refusal(request, paths, hear(request));
      return request.method === 'POST' ? retire(request) : json(405, NO, { allow: 'POST' });
    },
  };
}

type Handler<Rest extends unknown[]> = (request: Request, ...rest: Rest) => Response | Promise<Response>;

/** Fetch handlers: `export default { fetch: fetchColor(color, handler) }`, `Bun.serve`, `Deno.serve`, and route handlers of Next.js that answer or write. */
export function fetchColor<Rest extends unknown[]>(color: Color, handler: Handler<Rest>): Handler<Rest> {
  return async (request, ...rest) =>
    (await color.answer(request)) ?? labelled(color, await handler(request, ...rest));
}

/** Hono: `app.use(honoColor(color))` before the routes. */
export function honoColor(color: Color) {
  type Context = { readonly req: { readonly raw: Request }; res: Response };
  return async (context: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    const own = await color.answer(context.req.raw);
    if (own !== null) return own;
    await next();
    context.res = labelled(color, context.res);
    return undefined;
  };
}

/** What Express, Connect and `node:http` have in common. */
interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}
type NodeResponse = {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
};

/** Express: `app.use(expressColor(color))` before body parsers and routes. */
export function expressColor(color: Color) {
  return (request: NodeRequest, response: NodeResponse, goOn: (error?: unknown) => void): void => {
    const { method = 'GET', url = '/', originalUrl = url, headers } = request;
    const get = (name: string): string | null => String(headers[name] ?? '') || null;
    const pass = async (): Promise<boolean> => {
      const own = await color.answer({ method, url: originalUrl, mounted: url, headers: { get } });
      if (own !== null) response.statusCode = own.status;
      for (const [name, value] of own?.headers ?? Object.entries(color.headers)) {
        response.setHeader(name, value);
      }
      if (own !== null) response.end(await own.text());
      return own === null;
    };
    void pass().then((isTheirs) => isTheirs && setImmediate(goOn), goOn);
  };
}

/** Next.js: `export const { GET, HEAD, POST, PUT, PATCH, DELETE } = nextColor(color)` in `app/.well-known/cutover/[[...path]]/route.ts`; wrap handlers that answer or write with `fetchColor`. */
export function nextColor(color: Color) {
  const own = async (request: Request): Promise<Response> =>
    (await color.answer(request)) ?? json(404, { error: 'not found' });
  return { GET: own, HEAD: own, POST: own, PUT: own, PATCH: own, DELETE: own };
}

/** An event of API Gateway (REST or HTTP), a function URL or a load balancer; of a queue it has no method. */
interface LambdaEvent {
  readonly httpMethod?: string;
  readonly path?: string;
  readonly rawPath?: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly requestContext?: { readonly stage?: string; readonly http?: { readonly method?: string } };
}

/** AWS Lambda: `export const handler = lambdaColor(color, service)`, for events of version 1 and 2; others go on as they are. */
export function lambdaColor<Event, Context>(
  color: Color,
  handler: (event: Event, context: Context) => unknown,
) {
  return async (event: Event, context: Context): Promise<unknown> => {
    const { requestContext, ...asked } = event as LambdaEvent;
    const method = asked.httpMethod ?? requestContext?.http?.method;
    if (method === undefined) return handler(event, context);
    const all = { ...asked.multiValueHeaders, ...asked.headers };
    const headers = new Map(Object.entries(all).map(([name, value]) => [name.toLowerCase(), String(value)]));
    // Version 2 has its stage in the path, version 1 has not.
    const stage = new RegExp(`^/${requestContext?.stage ?? ''}(?=/)`);
    const path = asked.path ?? asked.rawPath?.replace(stage, '') ?? '/';
    const get = (name: string): string | null => headers.get(name) ?? null;
    const own = await color.answer({ method, url: path, headers: { get } });
    if (own !== null) {
      return { statusCode: own.status, headers: Object.fromEntries(own.headers), body: await own.text() };
    }
    const answer = await handler(event, context);
    if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) return answer;
    const said = Object.entries((answer as { headers?: object }).headers ?? {});
    const theirs = said.map(([name, value]: [string, unknown]) => [name.toLowerCase(), value] as const);
    return { ...answer, headers: { ...color.headers, ...Object.fromEntries(theirs) } };
  };
}

/** Headers of an answer that `fetch` or `Response.redirect` made cannot be changed, and a WebSocket's answer cannot be made again. */
function labelled({ headers }: Color, answer: Response): Response {
  if (answer.status === 101) return answer;
  const copy = new Response(answer.body, answer);
  for (const [name, value] of Object.entries(headers)) {
    if (!copy.headers.has(name)) copy.headers.set(name, value);
  }
  return copy;
}

function json(status: number, body: object, more: Record<string, string> = {}): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store', ...more });
  if (status === 503) headers.set('retry-after', '1');
  return new Response(JSON.stringify(body), { status, headers });
}

function refuse(reason: 'shadow' | 'frozen' | 'late'): Response {
  const body = { error: 'write refused', reason };
  return json(reason === 'frozen' ? 503 : 409, body, { 'x-cutover-write': reason });
}

/** In constant time: digests have one length, and all of their bytes are looked at. */
async function isSame(a: string, b: string): Promise<boolean> {
  const digest = async (text: string): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  const [left, right] = [await digest(a), await digest(b)];
  return left.reduce((differs, byte, at) => differs | (byte ^ (right[at] ?? 0)), 0) === 0;
}

/** As it was sent: `new URL` would take `//notes` for a host. */
function pathOf(url: string): string {
  return /^[^?#]*/.exec(url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, ''))?.[0] || '/';
}

/** Every spelling that a framework may read as that path: escapes, case, doubled slashes, dots, `;` parameters. */
function isUnder(prefixes: readonly string[], paths: readonly string[]): boolean {
  return prefixes.some((prefix) => paths.some((path) => plainPath(path).startsWith(plainPath(prefix))));
}

function plainPath(path: string): string {
  const decoded = path.replace(/(?:%[\da-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes.replace(/%[0-7][\da-f]/gi, decodeURIComponent); // no UTF-8: what is ASCII counts
    }
  });
  const kept: string[] = [];
  for (const raw of decoded.replaceAll('\\', '/').toLowerCase().split('/')) {
    const segment = raw.split(';', 1)[0] ?? '';
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return ['', ...kept, ''].join('/');
}
