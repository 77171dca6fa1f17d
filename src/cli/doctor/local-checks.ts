/** Checks of this machine: Node, variables and packages of providers, the evidence folder. Invariant: values of variables are never read out. */
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Plan } from '../../domain/plan.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { installCommand, missingPackages } from '../../ports/peer.ts';
import { manifestsOf, variablesOf, type FindManifest, type Need } from '../../providers/needs.ts';
import { manifestOf, MANIFESTS } from '../../providers/registry.ts';
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

/** With a plan: every variable that any stage of it reads. Without one: what any built-in provider may read, as information. */
export function variableChecks(
  env: NodeJS.ProcessEnv,
  plan: Plan | null,
  find: FindManifest = manifestOf,
): Check[] {
  // What is given for this service alone counts as in a worker.
  const seen = plan === null ? env : serviceEnvironments(env)(plan.service);
  return variablesOf(plan, find).map((need) => variableCheck(seen, need));
}

/** One check for each package that the plan's providers import and cutover does not bring; without a plan as information. */
export function packageChecks(plan: Plan | null, find: FindManifest = manifestOf): Check[] {
  return manifestsOf(plan, find).flatMap((manifest) => {
    // What a module of the user's own imports is found from where it is, as a rule the folder of the worker.
    const missing = missingPackages(manifest, MANIFESTS.includes(manifest) ? undefined : process.cwd());
    return Object.entries(manifest.packages ?? {}).map(([name, range]): Check => {
      const spec = `${name}@${range}`;
      const isMissing = missing.includes(spec);
      const state = !isMissing ? 'ok' : plan === null ? 'unknown' : 'wrong';
      return {
        name,
        state,
        detail: `${isMissing ? 'not installed here' : 'installed'} (${manifest.name} imports it)`,
        todo: state === 'wrong' ? `${installCommand(missing)} where the worker runs` : null,
      };
    });
  });
}

function variableCheck(env: ProviderScope['env'], need: Need): Check {
  const name = need.oneOf.join(' or ');
  const set = need.oneOf.find((one) => (env[one] ?? '') !== '');
  const base = { name: need.oneOf[0] ?? '' };
  if (set !== undefined) {
    const which = set === base.name ? 'set' : `${set} is set`;
    return { ...base, state: 'ok', detail: `${which} (${need.why})`, todo: null };
  }
  if (!need.isNeeded) {
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
    return { ...base, state: 'unknown', detail: `kept by provider ${ref.use}, asked below`, todo: null };
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
