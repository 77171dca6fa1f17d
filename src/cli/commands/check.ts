/** `cutover check`: whether a color does what a switch needs of it, without Temporal. */
import { COLORS, type Color } from '../../domain/color.ts';
import { UserError } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import { fillHeaders } from '../../ports/secrets.ts';
import { loadProbeSet } from '../../probes/index.ts';
import { askContract } from '../../providers/http/contract.ts';
import { aroundChecks } from '../check/around.ts';
import type { Checked } from '../check/checked.ts';
import { contractChecks, type Target } from '../check/contract.ts';
import { ASKING_OPTIONS, isSameAddress, probesOf, webAddress } from '../compare/subject.ts';
import { EXIT } from '../exit-codes.ts';
import { readPlan } from '../read-plan.ts';
import { checkLines } from '../render/checks.ts';
import { flag, text, type CommandSpec, type Context } from '../spec.ts';

const QUESTION = 'What can you help me with?';

export const check: CommandSpec = {
  name: 'check',
  usage: '<color url>',
  maxPositionals: 1,
  about:
    'Asks one color for all that a switch needs of it: health, warm, retire refused, an answer, writes refused. With a plan also what stands around it: the config store, a pin through the edge, the line of a request in telemetry. Needs no Temporal server. Exit 0: fine; 1: something is wrong; 3: the line did not come in time.',
  options: {
    ...ASKING_OPTIONS,
    which: {
      type: 'string',
      value: '<color>',
      help: 'which one it is (default: what it says; with a plan: the one of that address)',
    },
    question: {
      type: 'string',
      value: '<text>',
      help: 'what it is asked (default: the first of the plan’s probe set)',
    },
    write: {
      type: 'string',
      value: "'POST <path> <json>'",
      help: 'a write; sent with words of the router that must refuse it',
    },
    retire: { type: 'boolean', negative: true, help: 'do not ask for its end without a right to it' },
  },
  examples: [
    'cutover check http://127.0.0.1:9102',
    `cutover check $GREEN --answer a.yaml --write 'POST /notes {"text":"check"}'`,
    'cutover check --plan cutover.yaml',
  ],
  run: async (context) => {
    const { out } = context;
    const target = await targetOf(context);
    const checks: Checked[] = [];
    const add = (one: Checked): void => {
      checks.push(one);
      for (const line of checkLines(one, out)) out.line(line);
    };
    for await (const one of contractChecks(target)) add(one);
    if (target.plan !== null) for await (const one of aroundChecks(target, target.plan)) add(one);
    const wrong = checks.filter(({ state }) => state === 'wrong').length;
    const undecided = checks.filter(({ state }) => state === 'undecided').length;
    const exitCode = wrong > 0 ? EXIT.checkFailed : undecided > 0 ? EXIT.undecided : EXIT.ok;
    out.document({ ok: exitCode === EXIT.ok, url: target.url, color: target.color, checks });
    return exitCode;
  },
};

async function targetOf(context: Context): Promise<Target> {
  const file = text(context, 'plan');
  const plan = file === undefined ? null : (await readPlan(file, context)).plan;
  const [given] = context.positionals;
  const color = await colorOf(context, plan, given);
  const url = given ?? plan?.colors[color].url;
  if (url === undefined) {
    throw new UserError('the address of the color is missing', {
      hint: 'cutover check <color url>, or --plan <cutover.yaml>',
    });
  }
  const probes = await probesOf(context, plan);
  // A header that cannot be sent is said before the color is asked for anything.
  fillHeaders(probes.request.headers, context.env, 'probes.request');
  return {
    url: webAddress(url),
    color,
    isNamed: text(context, 'which') !== undefined,
    plan,
    probes,
    question: text(context, 'question') ?? (await firstQuestion(plan)) ?? QUESTION,
    write: writeOf(text(context, 'write')),
    triesRetire: flag(context, 'retire', true),
    env: context.env,
    signal: context.signal,
  };
}

/** Without a word of the caller: the color whose address it is, or what it says itself. */
async function colorOf(context: Context, plan: Plan | null, url: string | undefined): Promise<Color> {
  const given = text(context, 'which');
  const named = COLORS.find((one) => one === given);
  if (given !== undefined && named === undefined) {
    throw new UserError(`--which ${given.slice(0, 40)} is no color`, {
      hint: `write ${COLORS.join(' or ')}`,
    });
  }
  const planned = COLORS.find(
    (one) => url !== undefined && plan !== null && isSameAddress(plan.colors[one].url, url),
  );
  const known = named ?? planned;
  if (known !== undefined) return known;
  if (url === undefined || plan !== null) return plan?.to ?? 'green';
  const contract = await askContract(webAddress(url), { signal: context.signal }).catch(() => null);
  context.signal.throwIfAborted();
  return contract?.color ?? 'green';
}

async function firstQuestion(plan: Plan | null): Promise<string | null> {
  if (plan === null) return null;
  const { probes } = await loadProbeSet(plan.probes.set);
  return probes.find(({ answerable }) => answerable)?.question ?? null;
}

function writeOf(given: string | undefined): Target['write'] {
  if (given === undefined) return null;
  const [, path, body = ''] = /^POST\s+(\/\S*)\s*(.*)$/s.exec(given) ?? [];
  if (path === undefined) {
    throw new UserError('--write is not of the form POST <path> <json>', {
      hint: 'e.g. --write \'POST /notes {"text":"check"}\'',
    });
  }
  return { path, body: body === '' ? '{}' : body };
}
