/**
 * What is compared, from the words of a command line: two addresses, a probe set and how it is asked, or a plan that names all of it.
 * Invariant: colors are asked at their own addresses, past any edge: nothing here can reach a user or move traffic.
 */
import path from 'node:path';
import type { Color } from '../../domain/color.ts';
import { UserError } from '../../domain/errors.ts';
import { knowSecret } from '../../domain/redact.ts';
import type { GateSettings } from '../../domain/gate.ts';
import type { Plan, ProbesPlan } from '../../domain/plan.ts';
import { withSettings } from '../../domain/settings.ts';
import { answerChoice, ANSWER_PRESETS, presetProbes, readProbes } from '../../plan/answer-file.ts';
import { nearest } from '../../plan/nearest.ts';
import { gatesFile } from '../../plan/schema-gates.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { joinUrl } from '../../providers/fetch.ts';
import { readGates } from '../gates-input.ts';
import { readPlan } from '../read-plan.ts';
import { list, text, type Context, type OptionSpec } from '../spec.ts';

export interface Subject {
  readonly scope: ProviderScope;
  readonly probes: ProbesPlan;
  readonly settings: GateSettings;
  readonly plan: Plan | null;
}

const DEFAULT_SET = './probes';

/** How a color is asked; `check` takes them too. */
export const ASKING_OPTIONS = {
  plan: { type: 'string', value: '<yaml>', help: 'a plan: its colors, probes and thresholds' },
  answer: {
    type: 'string',
    value: '<preset | yaml>',
    help: `how to ask and read: ${ANSWER_PRESETS.join(', ')}, with a path of its own after a colon (answer:/ask), or a file with what a plan has under \`probes\` (default: answer)`,
  },
  header: {
    type: 'string',
    multiple: true,
    value: '<name: value>',
    help: 'sent with each question; "${env:NAME}" in it is read from the environment',
  },
} as const satisfies Record<string, OptionSpec>;

/** @throws UserError saying what is missing or wrong. */
export async function readSubject(context: Context): Promise<Subject> {
  const file = text(context, 'plan');
  const plan = file === undefined ? null : (await readPlan(file, context)).plan;
  const colorUrls = urlsOf(context, plan);
  const gates = text(context, 'gates');
  const settings = plan?.gates ?? gatesFile.parse(undefined);
  return {
    scope: {
      service: plan?.service ?? 'compare',
      from: plan?.from ?? 'blue',
      to: plan?.to ?? 'green',
      entry: [],
      colorUrls,
      env: context.env,
    },
    probes: await probesOf(context, plan),
    settings: gates === undefined ? settings : withSettings(settings, await readGates(gates)),
    plan,
  };
}

function urlsOf({ positionals }: Context, plan: Plan | null): Record<Color, string> {
  const [blue, green] = positionals;
  if (blue === undefined && plan !== null)
    return { blue: plan.colors.blue.url, green: plan.colors.green.url };
  if (blue === undefined || green === undefined) {
    throw new UserError(
      `the address of ${blue === undefined ? 'both colors' : 'the second color'} is missing`,
      {
        hint: 'cutover compare <blue url> <green url>: the one that is known to be good first; or --plan <cutover.yaml>',
      },
    );
  }
  return { blue: webAddress(blue), green: webAddress(green) };
}

/** @throws UserError when it is no http(s) URL. */
export function webAddress(given: string): string {
  const parsed = URL.canParse(given) ? new URL(given) : null;
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) {
    // The paths of questions are written behind it, and `fetch` takes no credentials there.
    if (parsed.username + parsed.password === '' && parsed.search + parsed.hash === '') return given;
    throw new UserError(`the address ${parsed.origin} has more than host and path`, {
      hint: 'leave out user, password, ? and #; a key goes into a header: --header',
    });
  }
  throw new UserError(`${JSON.stringify(given.slice(0, 100))} is no address of a color`, {
    hint: 'write it whole, e.g. https://green.example.com',
  });
}

/** As they are asked: `http://a.example` and `http://A.example/` are one. */
export function isSameAddress(one: string, other: string): boolean {
  const whole = (url: string): string => joinUrl(URL.canParse(url) ? new URL(url).href : url, '');
  return whole(one) === whole(other);
}

/** The way to ask, always past the edge. @throws UserError */
export async function probesOf(context: Context, plan: Plan | null): Promise<ProbesPlan> {
  const set = text(context, 'probes');
  const asked = await askedAs(context, plan, set ?? null);
  const request = {
    ...asked.request,
    via: 'direct' as const,
    headers: { ...asked.request.headers, ...headersOf(context) },
  };
  const embedder = text(context, 'embedder');
  const { retrieval } = asked;
  return {
    ...asked,
    request,
    ...(set === undefined ? {} : { set: path.resolve(set), digest: '' }),
    ...(retrieval === undefined
      ? {}
      : { retrieval: { ...retrieval, request: { ...retrieval.request, via: 'direct' as const } } }),
    ...(embedder === undefined ? {} : { embedder: { use: embedder } }),
    ...numberOf(context, 'concurrency', 256),
    ...numberOf(context, 'rate', 10_000),
  };
}

async function askedAs(context: Context, plan: Plan | null, set: string | null): Promise<ProbesPlan> {
  const given = text(context, 'answer');
  if (given === undefined && plan !== null) return plan.probes;
  const choice = answerChoice(given ?? 'answer');
  if (choice !== null) return presetProbes(choice, set ?? plan?.probes.set ?? DEFAULT_SET);
  const name = given ?? '';
  if (!/[./\\]/.test(name)) {
    const meant = nearest(name, ANSWER_PRESETS);
    throw new UserError(`--answer ${name.slice(0, 60)} is no preset and no file`, {
      hint:
        meant === null
          ? `presets: ${ANSWER_PRESETS.join(', ')}; with a path: answer:/ask`
          : `did you mean ${meant}?`,
    });
  }
  return readProbes(name, set ?? plan?.probes.set ?? null);
}

const HOLDS_SECRET = /auth|key|token|secret|cookie|pass/i;

function headersOf(context: Context): Record<string, string> {
  return Object.fromEntries(
    list(context, 'header').map((given) => {
      const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)\s*:\s*(.*)$/s.exec(given) ?? [];
      if (name !== undefined && value !== undefined) {
        // A color may write it back in an answer.
        if (HOLDS_SECRET.test(name)) for (const part of [value, ...value.split(/\s+/)]) knowSecret(part);
        return [name, value];
      }
      // Not repeated: what was meant may be a secret.
      throw new UserError('--header is not of the form name: value', {
        hint: "e.g. --header 'authorization: Bearer ${env:API_KEY}'",
      });
    }),
  );
}

function numberOf(context: Context, name: 'concurrency' | 'rate', most: number): Record<string, number> {
  const given = text(context, name);
  if (given === undefined) return {};
  const value = Number(given);
  const isFine = value > 0 && value <= most && (name === 'rate' || Number.isInteger(value));
  if (isFine) return { [name]: value };
  const range = name === 'rate' ? `number above 0 and up to ${most}` : `whole number from 1 to ${most}`;
  throw new UserError(`--${name} ${given} is no ${range}`);
}
