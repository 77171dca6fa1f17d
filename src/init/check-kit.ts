/**
 * Checks the kit of an edge by what its vendor gives, offline, and by what those checks let pass.
 * Invariant: nothing is deployed, and a warning counts: vendors' checks end with 0 on mistakes that stop an edge later.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { isRecord } from '../domain/is-record.ts';
import type { Platform } from './answers.ts';

export interface KitCheck {
  /** The file that was looked at. */
  readonly name: string;
  /** `unknown`: its tool is not installed here. */
  readonly state: 'ok' | 'wrong' | 'unknown';
  /** What is wrong, or what to run. */
  readonly detail: string;
}

const TOOL_MS = 120_000;

/**
 * @param folder the one with `edge/` in it
 * @param built where the bundle of a Worker goes; left out, nowhere that stays
 */
export function checkKit(
  platform: Platform,
  folder: string,
  env: NodeJS.ProcessEnv,
  built?: string,
): Promise<readonly KitCheck[]> {
  const edge = join(folder, 'edge');
  return platform === 'cloudflare' ? checkWorker(edge, env, built) : checkSelfHosted(edge, env);
}

async function checkSelfHosted(edge: string, env: NodeJS.ProcessEnv): Promise<readonly KitCheck[]> {
  const at = (name: string): string => join(edge, name);
  const [compose, proxy, k8s] = ['docker-compose.yml', 'haproxy.cfg', 'k8s/router.yaml'];
  return Promise.all([
    // That a container's name is not known outside of its network is no mistake of the file.
    check(proxy, ['haproxy', '-c', '-f', at(proxy)], env, /\[WARNING\].*could not resolve address/),
    check(compose, ['check-jsonschema', '--builtin-schema', 'vendor.compose-spec', at(compose)], env).then(
      (found) => withOwn(found, at(compose), composeFault),
    ),
    check(k8s, ['kubernetes-validate', '--strict', at(k8s)], env).then((found) =>
      withOwn(found, at(k8s), selectorFault),
    ),
  ]);
}

/** The bundle has to be there too: wrangler ends with 0 on fields that it does not know. */
async function checkWorker(
  edge: string,
  env: NodeJS.ProcessEnv,
  kept: string | undefined,
): Promise<readonly KitCheck[]> {
  const name = 'wrangler.jsonc';
  const home = await mkdtemp(join(tmpdir(), 'cutover-kit-'));
  try {
    const out = kept ?? join(home, 'built');
    const quiet = { ...env, CI: '1', WRANGLER_SEND_METRICS: 'false', XDG_CONFIG_HOME: home };
    const wrangler = join(edge, 'node_modules', '.bin', 'wrangler');
    const words = [wrangler, 'deploy', '--dry-run', '--outdir', out, '--config', join(edge, name)];
    const found = await check(name, words, quiet);
    if (found.state !== 'ok') return [found];
    const built = await stat(join(out, 'worker.js')).catch(() => null);
    return [built === null ? { name, state: 'wrong', detail: 'wrangler said yes and built nothing' } : found];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function check(
  name: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  harmless: RegExp | null = null,
): Promise<KitCheck> {
  const line = words.join(' ');
  const { code, text } = await run(words, env);
  if (code === 'ENOENT')
    return { name, state: 'unknown', detail: `not checked; with its tool installed: ${line}` };
  const lines = text
    .split('\n')
    .map((one) => one.trim())
    .filter((one) => one !== '' && !EMPTY.test(one) && harmless?.test(one) !== true);
  const failed = lines.findIndex((one) => /\[ALERT\]|error|✘|fail|invalid/i.test(one));
  const warned = lines.findIndex((one) => /\[WARNING\]|▲|\bwarning\b/i.test(one));
  const isWrong = code !== 0 || warned !== -1;
  // What is wrong stands in the lines after the one that says so, as a rule.
  const from = Math.max(0, code === 0 ? warned : failed);
  const said = lines.slice(from, from + 4).join(' · ');
  return { name, state: isWrong ? 'wrong' : 'ok', detail: isWrong ? said.slice(0, 400) : line };
}

/** A look of our own where the vendor's check found nothing. The file may be another one than init has written: it may be unreadable. */
async function withOwn(
  found: KitCheck,
  file: string,
  look: (documents: readonly unknown[]) => string | null,
): Promise<KitCheck> {
  if (found.state === 'wrong') return found;
  let fault: string | null;
  try {
    fault = look(documentsOf(await readFile(file, 'utf8')));
  } catch (cause) {
    const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    fault = `it cannot be read: ${line}`;
  }
  return fault === null ? found : { ...found, state: 'wrong', detail: fault };
}

/** @throws Error for what is no YAML */
function documentsOf(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document): unknown => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

/** Lines that only say that something is wrong. */
const EMPTY =
  /^(?:Schema validation errors were encountered\.|.*Fatal errors found in configuration\.?|.*Error\(s\) found in configuration file.*)$/;

/** A service that another one waits for and that nobody has: the schema does not see it. */
function composeFault([document]: readonly unknown[]): string | null {
  const services = recordAt(document, 'services');
  for (const [name, service] of Object.entries(services)) {
    const waits = isRecord(service) ? service['depends_on'] : undefined;
    const names = Array.isArray(waits) ? waits.map(String) : Object.keys(isRecord(waits) ? waits : {});
    const absent = names.find((one) => !Object.hasOwn(services, one));
    if (absent !== undefined) return `${name} depends on ${absent}, which is no service of the file`;
  }
  return null;
}

/** A selector that matches no pod of the file: a Deployment is refused for it, a Service sends nobody anywhere. */
function selectorFault(documents: readonly unknown[]): string | null {
  const pods = documents.map((one) => recordAt(one, 'spec', 'template', 'metadata', 'labels'));
  for (const document of documents) {
    const kind = String(recordAt(document)['kind']);
    const selector =
      kind === 'Service'
        ? recordAt(document, 'spec', 'selector')
        : recordAt(document, 'spec', 'selector', 'matchLabels');
    const wanted = Object.entries(selector);
    if (wanted.length > 0 && !pods.some((labels) => wanted.every(([key, value]) => labels[key] === value)))
      return `the selector of the ${kind} matches no pod of the file`;
  }
  return null;
}

function recordAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>> {
  let at = value;
  for (const key of path) at = isRecord(at) ? at[key] : undefined;
  return isRecord(at) ? at : {};
}

function run(
  [file = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: unknown; readonly text: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: TOOL_MS, maxBuffer: 4 << 20 }, (error, stdout, stderr) => {
      resolve({
        code: error === null ? 0 : (error.code ?? error.signal),
        text: stripVTControlCharacters(`${stdout}\n${stderr}`),
      });
    });
  });
}
