/** How the stub is put before a service, with the values of this one. Pure. */
import type { IndexIdentity } from '../domain/identity.ts';
import type { Stack } from './answers.ts';

export interface StubFacts {
  readonly stack: Exclude<Stack, 'none'>;
  readonly file: string;
  readonly service: string;
  readonly index: IndexIdentity;
}

export function stubReadme(facts: StubFacts): string {
  const { stack, file } = facts;
  return [
    '# Make the service a color',
    '',
    `\`${file}\` answers \`/.well-known/cutover\` for your service, refuses writes when the router says so, and labels answers with the index they`,
    'come from. It has no dependency: keep it with the service, the same file in both colors. Set `CUTOVER_COLOR` to `blue` in one stack and to `green`',
    'in the other, and `CUTOVER_COLOR_TOKEN` (it is in `.env`) in both.',
    '',
    stack === 'python' ? '```python' : '```ts',
    ...(stack === 'python' ? python(facts) : typescript(facts)),
    '```',
    '',
    '- `release`: what is deployed in this stack, e.g. a git hash or an image tag, as `RELEASE`.',
    "- `index`: where this stack's answers come from. Blue and green name their own: preflight refuses one name for both. `INDEX_HASH` is",
    '  any text that changes whenever the index is built anew: a hash over the chunks, a snapshot id of the vector store, the number of the build. What has no',
    '  such part says `none`.',
    '- `warm`: does the work of a first request (loads the model, asks a question). Pings of the switch call it before users come; without it preflight refuses',
    '  the plan, unless `warmup: { provider: { use: pings, path: … } }` names a GET of yours that does.',
    '- `health`: what else you know of the service. Each field that is left out costs one warning, and stops nothing.',
    '',
    'Then `curl <url of the color>/.well-known/cutover`, and run `cutover init` once more, with the same flags: it reads service, release and index from there,',
    'and writes anew what you did not change.',
    '',
  ].join('\n');
}

/** What both colors have alike as a rule; the name and the hash are each color's own. */
function parts({ metric, analyzer, embedModel, reranker }: IndexIdentity): [string, string][] {
  return Object.entries({ metric, analyzer, embedModel, reranker });
}

function python({ service, index }: StubFacts): string[] {
  return [
    'import os',
    'from cutover_color import Color',
    '',
    'app = Color(  # FastAPI and Starlette: the last line of the module. Flask: app.wsgi_app = Color(app.wsgi_app, ...).wsgi',
    '    app,',
    `    service=${JSON.stringify(service)},`,
    '    color=os.environ["CUTOVER_COLOR"],',
    '    release=os.environ.get("RELEASE", os.environ["CUTOVER_COLOR"] + "-release"),',
    '    index={',
    `        "name": ${JSON.stringify(`${service}-`)} + os.environ["CUTOVER_COLOR"],`,
    '        "INDEX_HASH": os.environ.get("INDEX_HASH", "to-be-set"),',
    ...parts(index).map(([field, value]) => `        "${field}": ${JSON.stringify(value)},`),
    '    },',
    '    writes=[],  # path prefixes whose POST, PUT, PATCH and DELETE write, e.g. "/notes"',
    '    warm=lambda: None,  # put the work of a first request here',
    '    # health=lambda: {"queue": None, "schedules": [], "tools": None, "memoryPrefix": None},  # if it has no queue, cron jobs, tools, memory of agents',
    ')',
  ];
}

const MOUNT = {
  fetch: ['fetchColor', 'export default { fetch: fetchColor(color, handler) };'],
  hono: ['honoColor', 'app.use(honoColor(color)); // before the routes'],
  express: ['expressColor', 'app.use(expressColor(color)); // before body parsers and routes'],
  next: [
    'nextColor, fetchColor',
    [
      '// app/.well-known/cutover/[[...path]]/route.ts',
      'export const { GET, HEAD, POST, PUT, PATCH, DELETE } = nextColor(color);',
      '// each route handler that answers or writes: the color labels and guards only what is wrapped',
      'export const POST = fetchColor(color, async (request) => answerOf(request));',
    ].join('\n'),
  ],
  lambda: ['lambdaColor', 'export const handler = lambdaColor(color, service);'],
} as const;

function typescript({ stack, file, service, index }: StubFacts): string[] {
  const [adapter, line] = MOUNT[stack === 'python' ? 'fetch' : stack];
  // The type check of Next.js refuses a name that ends with .ts.
  const name = stack === 'next' ? file.replace(/\.ts$/, '') : file;
  return [
    `import { makeColor, ${adapter} } from './color/${name}';`,
    '',
    'const color = makeColor({',
    `  service: ${JSON.stringify(service)},`,
    "  color: process.env.CUTOVER_COLOR === 'green' ? 'green' : 'blue',",
    "  release: process.env.RELEASE ?? `${process.env.CUTOVER_COLOR ?? 'blue'}-release`,",
    '  index: {',
    `    name: \`${service}-\${process.env.CUTOVER_COLOR ?? 'blue'}\`,`,
    "    INDEX_HASH: process.env.INDEX_HASH ?? 'to-be-set',",
    ...parts(index).map(([field, value]) => `    ${field}: ${JSON.stringify(value)},`),
    '  },',
    "  writes: [], // path prefixes whose POST, PUT, PATCH and DELETE write, e.g. '/notes'",
    '  warm: async () => {}, // put the work of a first request here',
    '  // health: () => ({ queue: null, schedules: [], tools: null, memoryPrefix: null }), // if it has no queue, cron jobs, tools, memory of agents',
    '});',
    ...line.split('\n'),
  ];
}
