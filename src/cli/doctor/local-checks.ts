/** Checks of this machine: Node, variables of providers, the evidence folder. Invariant: values of variables are never read out. */
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Plan, ProviderRef } from '../../domain/plan.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { serviceEnvironments } from '../../providers/service-env.ts';
import type { Check } from './check.ts';

const NODE = [20, 19] as const;

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  return {
    name: 'Node.js',
    state: fits ? 'ok' : 'wrong',
    detail: version,
    todo: fits ? null : `install Node.js ${NODE.join('.')} or newer`,
  };
}

/** A variable a provider reads; `oneOf` when any of several will do. */
interface Need {
  readonly oneOf: readonly string[];
  readonly why: string;
  readonly optional?: boolean;
}

const PINS: Need = { oneOf: ['CUTOVER_PIN_SECRET'], why: 'signs pins of probes, pings and priming' };

function needsOf(ref: ProviderRef, retires: boolean): Need[] {
  switch (ref.use) {
    case 'cloudflare':
      return [
        { oneOf: ['CUTOVER_ADMIN_TOKEN'], why: 'writes the edge config' },
        PINS,
        // Without a KV namespace in the plan there is nothing to read back from it.
        {
          oneOf: ['CLOUDFLARE_API_TOKEN'],
          why: 'reads and writes Workers KV',
          optional: !('namespace' in ref),
        },
      ];
    case 'http':
      return [{ oneOf: ['CUTOVER_COLOR_TOKEN'], why: 'retires a color', optional: !retires }];
    case 'pings':
      return [PINS];
    case 'sqs':
      return [
        {
          oneOf: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
          why: 'where the queues are',
          optional: 'region' in ref,
        },
        // Roles of a machine and files of ~/.aws do as well, so its absence proves nothing.
        { oneOf: ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE'], why: 'or the role of the machine', optional: true },
      ];
    case 'webhook': {
      const name = ref['urlEnv'];
      return [
        { oneOf: [typeof name === 'string' ? name : 'CUTOVER_WEBHOOK_URL'], why: 'address of the webhook' },
      ];
    }
    default:
      return [];
  }
}

/** With a plan: what its providers read. Without one: what any built-in provider may read, as information. */
export function variableChecks(env: NodeJS.ProcessEnv, plan: Plan | null): Check[] {
  const refs: readonly ProviderRef[] =
    plan === null
      ? ['cloudflare', 'http', 'sqs', 'webhook'].map((use) => ({ use }))
      : Object.values(plan.providers).flatMap((one) =>
          one === null ? [] : Array.isArray(one) ? one : [one],
        );
  const retires = plan?.decommission.retire ?? true;
  const needs = new Map<string, Need>();
  for (const need of refs.flatMap((ref) => needsOf(ref, retires))) needs.set(need.oneOf.join(), need);
  for (const name of headerVariables(plan)) needs.set(name, { oneOf: [name], why: 'in headers of probes' });
  const report = { oneOf: ['CUTOVER_SIGNING_KEY'], why: 'signs evidence packs', optional: true } as const;
  // What is given for this service alone counts as in a worker.
  const seen = plan === null ? env : serviceEnvironments(env)(plan.service);
  return [...needs.values(), report].map((need) => variableCheck(seen, need, plan !== null));
}

/** `${env:NAME}` in the plan's probe headers. */
function headerVariables(plan: Plan | null): string[] {
  const headers = Object.values(plan?.probes.request.headers ?? {}).join(' ');
  return [...headers.matchAll(/\$\{env:([A-Z][A-Z0-9_]*)\}/g)].map(([, name = '']) => name);
}

function variableCheck(env: ProviderScope['env'], need: Need, isNeeded: boolean): Check {
  const name = need.oneOf.join(' or ');
  const set = need.oneOf.find((one) => (env[one] ?? '') !== '');
  const base = { name: need.oneOf[0] ?? '' };
  if (set !== undefined) {
    const which = set === base.name ? 'set' : `${set} is set`;
    return { ...base, state: 'ok', detail: `${which} (${need.why})`, todo: null };
  }
  if (!isNeeded || need.optional === true) {
    return { ...base, state: 'unknown', detail: `not set here (${need.why})`, todo: null };
  }
  return {
    ...base,
    state: 'wrong',
    detail: `not set here (${need.why})`,
    todo: `export ${name} where the worker runs`,
  };
}

export async function evidenceCheck(plan: Plan | null): Promise<Check> {
  const ref = plan?.providers.evidence ?? { use: 'folder' };
  const base = { name: 'evidence' };
  if (ref.use !== 'folder') {
    return { ...base, state: 'unknown', detail: `kept by provider ${ref.use}, not looked at`, todo: null };
  }
  const given = 'path' in ref ? ref['path'] : undefined;
  const folder = path.resolve(typeof given === 'string' ? given : '.cutover/evidence');
  const problem = await unwritable(folder);
  return problem === null
    ? { ...base, state: 'ok', detail: `${folder} is writable`, todo: null }
    : {
        ...base,
        state: 'wrong',
        detail: `${folder}: ${problem}`,
        todo: 'make it writable for the worker, or name another one in the plan',
      };
}

/** Writes where the folder is, else asks whether it could be made. */
async function unwritable(folder: string): Promise<string | null> {
  let parent = folder;
  for (;;) {
    try {
      await access(parent, constants.F_OK);
      break;
    } catch {
      if (path.dirname(parent) === parent) return 'no such disk';
      parent = path.dirname(parent);
    }
  }
  try {
    await rm(await mkdtemp(path.join(parent, '.cutover-doctor-')), { recursive: true });
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'not writable';
  }
}
