/**
 * `cutover init`: from five answers and two running colors to a plan, an edge, a stub, secrets and a probe set to begin with.
 * Invariant: the colors are only read, one question apart; nothing that a person wrote or changed is written over.
 */
import { join } from 'node:path';
import { COLORS, type Color } from '../domain/color.ts';
import type { AnswerIdentity, IndexIdentity } from '../domain/identity.ts';
import { UserError } from '../domain/errors.ts';
import { name as serviceSchema } from '../ports/option.ts';
import { problemLine } from '../plan/errors.ts';
import { loadPlan } from '../plan/load.ts';
import { missingPackages, type PackageSpec } from '../ports/peer.ts';
import { manifestsOf } from '../providers/needs.ts';
import { loadProbeSet } from '../probes/probe-set.ts';
import type { AnswerChoice } from '../plan/answer-file.ts';
import type { Platform, Stack, StickyAnswer } from './answers.ts';
import { askColor, type ColorSaid } from './ask-color.ts';
import { envExample, envText, ignoreText } from './env-files.ts';
import { serviceName, type FolderFacts } from './folder.ts';
import { isLoopback, kitFiles, stubFile } from './kit.ts';
import { postRoutes } from './openapi.ts';
import { planText, type PlanFacts } from './plan-text.ts';
import { probeSkeleton } from './probe-skeleton.ts';
import { FIRST_QUESTION, QUESTIONS_FILE, readQuestions } from './questions.ts';
import { stubReadme } from './stub-readme.ts';
import { byHeaders, tryAnswer, type Tried } from './try-answer.ts';
import { textOf, writeFiles, type NewFile, type Written } from './write.ts';

export interface InitOptions {
  readonly folder: string;
  readonly facts: FolderFacts;
  readonly platform: Platform;
  readonly urls: Readonly<Record<Color, string>>;
  readonly sticky: StickyAnswer;
  /** Null: both presets are tried. */
  readonly answer: AnswerChoice | null;
  readonly stack: Stack;
  readonly from: Color;
  /** Null: what the colors say, else the name of the folder. */
  readonly service: string | null;
  /** Null: where the kit's edge listens. */
  readonly entry: string | null;
  /** File of one's own questions. */
  readonly questions: string | null;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Hears what is being done, a line each. */
  readonly tell: (line: string) => void;
}

export interface InitResult {
  readonly service: string;
  readonly files: readonly Written[];
  /** What nobody could say yet, one line each. */
  readonly open: readonly string[];
  /** Where the plan is: beside an older one it has another name. */
  readonly planFile: string;
  /** Findings of the plan's own check; null in a dry run. */
  readonly findings: readonly string[] | null;
  /** What the plan's providers import and is not installed, as `name@range`; none in a dry run. */
  readonly packages: readonly PackageSpec[];
}

type Said = Readonly<Record<Color, ColorSaid>>;

const ENTRIES: Readonly<Record<Platform, (name: string) => string>> = {
  'self-hosted': () => 'http://127.0.0.1:8080',
  cloudflare: (name) => `https://${name}-edge.example.workers.dev`,
};
/** Files of which `.new` holds only what is missing, and what happens without it. */
const APPENDED = [
  ['.gitignore', 'the secrets in .env can be committed'],
  ['.env', 'the edge does not start'],
] as const;
/** Of a color that does not say it yet. */
const UNKNOWN_INDEX: IndexIdentity = {
  name: 'my-index',
  INDEX_HASH: 'to-be-set',
  metric: 'cosine',
  analyzer: 'none',
  embedModel: 'to-be-set',
  reranker: 'none',
};

/** @throws UserError */
export async function init(options: InitOptions): Promise<InitResult> {
  const { folder, urls, from, signal, tell, dryRun } = options;
  const questions = options.questions === null ? [FIRST_QUESTION] : await readQuestions(options.questions);
  tell(`asking blue and green what they are`);
  const [blue, green] = await Promise.all(COLORS.map((color) => askColor(color, urls[color], signal)));
  const said: Said = { blue: blue ?? nothing(), green: green ?? nothing() };
  const open = openOf(said);
  const service = serviceOf(options, said, open);

  tell(`asking ${from} one question, to learn where its answers keep things`);
  const [first = FIRST_QUESTION] = questions;
  const tried = await tryAnswer(urls[from], options.answer, first.question, signal);
  const known = 'why' in tried ? null : tried;
  if ('why' in tried) {
    const routes = await postRoutes(urls[from], signal);
    const [path = '/<path>'] = routes;
    const has = routes.length === 0 ? '' : `; it takes a POST at ${routes.join(', ')}`;
    open.push(
      `how ${from} answers: ${tried.why}${has}; run init again with --answer answer:${path} or openai-chat:${path}, or set probes.request`,
    );
  } else open.push(...tried.missing);

  if (known !== null)
    tell(`asking ${from} ${questions.length} question${questions.length === 1 ? '' : 's'} of the probe set`);
  const skeleton = await probeSkeleton(
    { service, from },
    questions,
    known === null ? null : (question) => known.ask(question, signal),
  );
  if (skeleton.answered < skeleton.asked)
    open.push(
      `${skeleton.asked - skeleton.answered} of ${skeleton.asked} questions have no section yet: probes/GAPS.md`,
    );
  if (options.questions === null)
    open.push(
      'ten questions of your own: write them into questions.csv, run again with --questions questions.csv',
    );

  const facts = planFacts(options, { service, said, tried: known, questions: questions.length, open });
  if (options.platform === 'cloudflare' && options.entry === null)
    open.push(`entry: where users arrive, ${facts.entry} is a guess`);
  if (options.platform === 'cloudflare')
    for (const color of COLORS.filter((one) => isLoopback(urls[one])))
      open.push(
        `edge/wrangler.jsonc: Cloudflare cannot reach ${color} at ${urls[color]}: write an address that the internet knows into ORIGIN_${color.toUpperCase()}`,
      );
  const isNamed = options.service !== null || COLORS.some((color) => said[color].health !== null);
  const named = isNamed ? ['the name of the service'] : [];
  const asked = [
    ...(known === null ? [] : ['an answer']),
    ...(options.questions === null ? [] : ['questions of your own']),
  ];
  const told = COLORS.flatMap((color) => (said[color].health === null ? [] : [`what ${color} is`]));
  const files = [
    { path: 'cutover.yaml', text: planText(facts), madeWith: [...named, ...told, ...asked] },
    ...(await edgeFiles(options, service)).map((file) => ({ ...file, madeWith: named })),
    ...(await stubFiles(options, facts, said)).map((file) => ({ ...file, madeWith: named })),
    ...(await ownFiles(folder)),
    ...Object.entries(skeleton.files).map(([name, text]) => ({
      path: `probes/${name}`,
      text,
      together: 'probes',
      madeWith: asked,
    })),
    ...(options.questions === null ? [{ path: 'questions.csv', text: QUESTIONS_FILE }] : []),
  ];
  const written = await writeFiles(folder, files, dryRun);
  const beside = new Set(written.filter(({ how }) => how === 'beside').map(({ path }) => path));
  for (const [path, why] of APPENDED)
    if (beside.has(path)) open.push(`${path}: append the lines of ${path}.new to yours, or ${why}`);
  const planFile = join(folder, beside.has('cutover.yaml') ? 'cutover.yaml.new' : 'cutover.yaml');
  return { service, files: written, open, planFile, ...(dryRun ? UNWRITTEN : await checked(planFile)) };
}

/** It goes into every file of the kit, so what a color says of it is not taken on trust. @throws UserError */
function serviceOf({ service, facts }: InitOptions, said: Said, open: string[]): string {
  if (service !== null && !serviceSchema.safeParse(service).success)
    throw new UserError(`--service ${JSON.stringify(service.slice(0, 60))} is no name of a service`, {
      hint: 'write lower-case letters, digits, `.`, `_` or `-`, at most 63',
    });
  const found = service ?? said.blue.health?.service ?? said.green.health?.service ?? facts.name;
  if (serviceSchema.safeParse(found).success) return found;
  open.push(
    `the name of the service: the colors say ${JSON.stringify(found.slice(0, 60))}, which no plan takes`,
  );
  return serviceName(found);
}

function nothing(): ColorSaid {
  return { health: null, why: 'it was not asked' };
}

function openOf(said: Said): string[] {
  const open = COLORS.flatMap((color) => {
    const { why } = said[color];
    return why === null
      ? []
      : [`what ${color} is (${why}): its release and index are guesses until it answers`];
  });
  const { blue, green } = said;
  if (blue.health !== null && green.health !== null && blue.health.service !== green.health.service)
    open.push(
      `blue calls its service ${blue.health.service}, green ${green.health.service}: they must be one`,
    );
  if (blue.health !== null && blue.health.index.name === green.health?.index.name)
    open.push(
      `both colors call their index ${JSON.stringify(blue.health.index.name.slice(0, 60))}: each needs a name of its own, or preflight refuses the switch`,
    );
  return open;
}

function planFacts(
  { platform, urls, from, entry, stack }: InitOptions,
  found: { service: string; said: Said; tried: Tried | null; questions: number; open: readonly string[] },
): PlanFacts {
  const { service, said, tried, questions, open } = found;
  const colorOf = (color: Color): PlanFacts['colors'][Color] => {
    const { health } = said[color];
    const release = health?.release ?? `${color}-release`;
    return { url: urls[color], release, index: health === null ? null : identityOf(health.index) };
  };
  const headers = tried === null ? {} : byHeaders(tried.answer.identity);
  // The stub labels each answer: where the body says nothing, its headers do.
  const labelled = stack !== 'none' || said[from].health !== null;
  const identity = labelled && Object.keys(headers).length > 0 ? { identity: headers } : {};
  return {
    service,
    from,
    entry: entry ?? ENTRIES[platform](service),
    platform,
    colors: { blue: colorOf('blue'), green: colorOf('green') },
    request: tried?.request ?? {},
    response: { ...tried?.response, ...identity },
    questions,
    open,
  };
}

function identityOf(index: IndexIdentity): AnswerIdentity {
  const { INDEX_HASH, metric, analyzer, embedModel, reranker } = index;
  return { INDEX_HASH, metric, analyzer, embedModel, reranker };
}

async function edgeFiles({ platform, urls, sticky, from }: InitOptions, service: string): Promise<NewFile[]> {
  const files = await kitFiles(platform, { service, from, urls, sticky });
  return Object.entries(files).map(([name, text]) => ({ path: `edge/${name}`, text }));
}

async function stubFiles(
  { stack, facts: { hasTypeScript }, from }: InitOptions,
  { service }: PlanFacts,
  said: Said,
): Promise<NewFile[]> {
  const stub = await stubFile(stack, hasTypeScript);
  if (stub === null || stack === 'none') return [];
  const index = said[from].health?.index ?? UNKNOWN_INDEX;
  const readme = stubReadme({ stack, file: stub.name, service, index });
  return [
    { path: `color/${stub.name}`, text: stub.text },
    { path: 'color/README.md', text: readme },
  ];
}

/** Secrets that are there already stay; only what is missing is made. */
async function ownFiles(folder: string): Promise<NewFile[]> {
  const present = async (name: string): Promise<string> =>
    (await textOf(join(folder, name)).catch(() => null)) ?? '';
  const env = envText(await present('.env'));
  const ignored = ignoreText(await present('.gitignore'));
  return [
    ...(env === null ? [] : [{ path: '.env', text: env, isSecret: true, isAppended: true }]),
    { path: '.env.example', text: envExample() },
    ...(ignored === null ? [] : [{ path: '.gitignore', text: ignored, isAppended: true }]),
  ];
}

const UNWRITTEN = { findings: null, packages: [] };

/** What `cutover plan validate` says of it, and what its providers need. */
async function checked(planFile: string): Promise<Pick<InitResult, 'findings' | 'packages'>> {
  const { plan, warnings } = await loadPlan(planFile, {
    probeDigest: async (folder) => (await loadProbeSet(folder)).digest,
  });
  const packages = manifestsOf(plan).flatMap((manifest) => missingPackages(manifest));
  return {
    findings: warnings.map((problem) => problemLine(planFile, problem)),
    packages: [...new Set(packages)],
  };
}
