/** `cutover init`: five questions, then a plan, an edge, a stub for the colors, secrets and a probe set to begin with. */
import path from 'node:path';
import { COLORS, isColor } from '../../domain/color.ts';
import { UserError } from '../../domain/errors.ts';
import {
  parseAnswer,
  parsePlatform,
  parseStack,
  parseSticky,
  parseUrl,
  PLATFORMS,
  STACKS,
} from '../../init/answers.ts';
import { readFolder, type FolderFacts } from '../../init/folder.ts';
import { checkKit, type KitCheck } from '../../init/check-kit.ts';
import { shellWord } from '../../init/kit.ts';
import { installCommand } from '../../ports/peer.ts';
import { init as runInit, type InitResult } from '../../init/index.ts';
import { EXIT } from '../exit-codes.ts';
import { flag, text, type CommandSpec, type Context } from '../spec.ts';

interface Question {
  readonly flag: string;
  readonly asks: string;
  /** Null: nobody but the user can know. */
  readonly fallback: (facts: FolderFacts) => string | null;
}

const QUESTIONS: readonly Question[] = [
  {
    flag: 'platform',
    asks: `Where does the edge run (${PLATFORMS.join(', ')})?`,
    fallback: (facts) => facts.platform,
  },
  { flag: 'blue', asks: 'Address of blue, past any balancer?', fallback: () => null },
  { flag: 'green', asks: 'Address of green?', fallback: () => null },
  {
    flag: 'sticky',
    asks: 'How is a user known (header:<name>, cookie:<name>, anonymous)?',
    fallback: () => 'anonymous',
  },
  {
    flag: 'answer',
    asks: 'How is a question asked (auto, answer, openai-chat; a path after a colon)?',
    fallback: () => 'auto',
  },
  {
    flag: 'stack',
    asks: `What is the service written with (${STACKS.join(', ')})?`,
    fallback: (facts) => facts.stack,
  },
];

export const init: CommandSpec = {
  name: 'init',
  usage: '[folder]',
  maxPositionals: 1,
  about:
    'Five questions, each a flag with a default read from the folder: where the edge runs, both colors, how a user is known, how a question is asked, and what the service is written with. Both colors are asked what they are, and one question is asked of the color that has the users, before the plan says where answers keep things. Writes cutover.yaml, edge/ (the router’s kit), color/ (one file that makes the service a color), .env with generated secrets, and probes/. Run again, it writes anew what nobody changed, unless an earlier run knew more; what you wrote or changed is never written over: other text goes beside it as <name>.new.',
  options: {
    platform: {
      type: 'string',
      value: '<name>',
      help: `${PLATFORMS.join(' or ')} (default: by the files that are here)`,
    },
    blue: { type: 'string', value: '<url>', help: 'address of blue itself' },
    green: { type: 'string', value: '<url>', help: 'address of green itself' },
    sticky: {
      type: 'string',
      value: '<how>',
      help: 'header:<name>, cookie:<name> or anonymous: a cookie that the router sets (default)',
    },
    answer: {
      type: 'string',
      value: '<how>',
      help: 'answer or openai-chat, with a path of its own after a colon: answer:/ask (default auto: both are tried)',
    },
    stack: {
      type: 'string',
      value: '<name>',
      help: `${STACKS.join(', ')} (default: by the files that are here)`,
    },
    from: { type: 'string', value: '<color>', help: 'the color that has the users now (default blue)' },
    service: {
      type: 'string',
      value: '<name>',
      help: 'name of the service (default: what the colors say, else the folder’s)',
    },
    entry: {
      type: 'string',
      value: '<url>',
      help: 'where users arrive (default: where the kit’s edge listens)',
    },
    questions: {
      type: 'string',
      value: '<file>',
      help: 'questions of your own for the probe set: CSV, TSV, JSON or JSONL with a column `question`',
    },
    yes: { type: 'boolean', short: 'y', help: 'take every default and ask nothing' },
    'dry-run': { type: 'boolean', help: 'list the files and write none' },
  },
  examples: [
    'cutover init',
    'cutover init --blue http://127.0.0.1:9001 --green http://127.0.0.1:9002 --yes',
    'cutover init edge --platform cloudflare --sticky cookie:sid --stack python',
  ],
  run: async (context) => {
    const { out, positionals, signal } = context;
    const folder = path.resolve(positionals[0] ?? '.');
    const facts = await readFolder(folder);
    const answers = await answersOf(context, facts);
    const given = (name: string): string => answers[name] ?? '';
    const from = text(context, 'from') ?? 'blue';
    if (!isColor(from))
      throw new UserError(`--from cannot be ${JSON.stringify(from)}`, {
        hint: `write ${COLORS.join(' or ')}`,
      });
    const urls = { blue: parseUrl(given('blue'), '--blue'), green: parseUrl(given('green'), '--green') };
    if (urls.blue === urls.green) {
      throw new UserError('--blue and --green are the same address', { hint: 'each color has its own' });
    }
    const entry = text(context, 'entry');
    const dryRun = flag(context, 'dry-run');
    const platform = parsePlatform(given('platform'));
    const result = await runInit({
      folder,
      facts,
      platform,
      urls,
      sticky: parseSticky(given('sticky')),
      answer: given('answer') === 'auto' ? null : parseAnswer(given('answer')),
      stack: parseStack(given('stack')),
      from,
      service: text(context, 'service') ?? null,
      entry: entry === undefined ? null : parseUrl(entry, '--entry'),
      questions: text(context, 'questions') ?? null,
      dryRun,
      signal,
      tell: (line) => (out.json ? undefined : out.note(`… ${line}`)),
    });
    const kit = dryRun ? [] : await checkKit(platform, folder, context.env);
    const next = nextLines(platform, folder, result);
    say(context, result, kit, next);
    out.document({ folder, dryRun, ...result, kit, next });
    const isSound = (result.findings ?? []).length === 0 && kit.every(({ state }) => state !== 'wrong');
    return isSound ? EXIT.ok : EXIT.checkFailed;
  },
};

/** From flags, then from a person, then by default. @throws UserError naming every flag that is missing. */
async function answersOf(context: Context, facts: FolderFacts): Promise<Readonly<Record<string, string>>> {
  const { out, signal } = context;
  const ask = flag(context, 'yes') ? null : out.ask;
  const answers: Record<string, string> = {};
  const missing: string[] = [];
  for (const { flag: name, asks, fallback } of QUESTIONS) {
    const byDefault = fallback(facts);
    let answer = text(context, name);
    if (answer === undefined && ask !== null) {
      const shown = byDefault === null ? '' : ` [${byDefault}]`;
      answer = (await ask(`${asks}${shown} `, signal)).trim();
      if (answer === '') answer = undefined;
    }
    if (answer === undefined && (ask !== null || flag(context, 'yes'))) answer = byDefault ?? undefined;
    if (answer === undefined) missing.push(`--${name}`);
    else answers[name] = answer;
  }
  if (missing.length === 0) return answers;
  const rest = missing.every((name) => name === '--blue' || name === '--green');
  throw new UserError(`init needs ${missing.join(', ')}`, {
    hint: rest
      ? 'only you know where the colors are: --blue http://… --green http://…'
      : 'without a terminal nothing can be asked: give the flags, or --yes for every default (--blue and --green have none)',
  });
}

const STATES = {
  ok: ['good', '✔'],
  wrong: ['bad', '✖'],
  unknown: ['warn', '?'],
} as const;
const MARKS = { new: '+', same: '=', anew: '~', beside: '!', kept: '!' } as const;

function say(
  { out }: Context,
  { files, open, findings, planFile }: InitResult,
  kit: readonly KitCheck[],
  next: readonly string[],
): void {
  for (const { path: name, how, lacks = [] } of files) {
    const note =
      how === 'same'
        ? ' (is there already)'
        : how === 'anew'
          ? ' (written anew: you had not changed it)'
          : how === 'beside'
            ? `: yours stays; the new text is in ${name}.new`
            : how === 'kept'
              ? ` (kept: it was made with ${lacks.join(', ')}, and this run is not)`
              : '';
    const tone = how === 'beside' || how === 'kept' ? 'warn' : 'dim';
    out.line(`  ${out.paint(tone, MARKS[how])} ${name}${note}`);
  }
  if (open.length > 0) out.line('\nStill open:');
  for (const one of open) out.line(`  ${out.paint('warn', '·')} ${one}`);
  if (findings === null) return out.line('\nNothing was written (--dry-run).');
  for (const finding of findings) out.line(`  ${out.paint('bad', '✖')} ${finding}`);
  if (findings.length === 0)
    out.line(`\n${out.paint('good', '✔')} ${path.relative('.', planFile)} is a valid plan`);
  for (const { name, state, detail } of kit) {
    const [tone, mark] = STATES[state];
    out.line(`${out.paint(tone, mark)} edge/${name}${state === 'ok' ? ' passes its check' : `: ${detail}`}`);
  }
  out.line('\nNext:');
  for (const line of next) out.line(`  ${line}`);
}

function nextLines(platform: string, folder: string, { planFile, packages }: InitResult): readonly string[] {
  const at = path.relative('.', folder);
  const plan = path.basename(planFile);
  return [
    ...(at === ''
      ? []
      : [`cd ${/^[\w./+@-]+$/.test(at) && !at.startsWith('-') ? at : `-- ${shellWord(at)}`}`]),
    ...(packages.length > 0 ? [`${installCommand(packages)}  # what this plan works with`] : []),
    'set -a; . ./.env; set +a  # the secrets, for every command below, in each terminal',
    ...(platform === 'cloudflare'
      ? ['(cd edge && npm install && npx wrangler deploy)']
      : [
          'docker compose --env-file .env -f edge/docker-compose.yml up --build -d',
          'sh edge/run.sh  # instead, without Docker, in a terminal of its own',
        ]),
    `npx cutover check --plan ${plan}  # does the next color do what a switch needs, do edge and log show it`,
    `npx cutover compare --plan ${plan}  # does it answer worse; no user is asked`,
    `npx cutover rehearse ${plan}  # the whole switch in seconds, touching nothing`,
    'npx cutover dev  # in a terminal of its own, where there is no Temporal server yet',
    'npx cutover worker  # in a terminal of its own',
    `npx cutover doctor ${plan}  # is anything still missing`,
    `npx cutover start ${plan} --wait  # the switch itself; cutover rollback brings everybody back`,
  ];
}
