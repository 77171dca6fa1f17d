/** The files of a kit: templates of the package, filled with what was answered. */
import { readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../domain/errors.ts';
import type { Color } from '../domain/color.ts';
import { packageVersion } from '../package-version.ts';
import type { Platform, Stack, StickyAnswer } from './answers.ts';
import { serviceName } from './folder.ts';

export interface KitFacts {
  readonly service: string;
  readonly from: Color;
  readonly urls: Readonly<Record<Color, string>>;
  readonly sticky: StickyAnswer;
}

/** A day on which the routers of all supported versions of wrangler run. */
const COMPATIBILITY_DATE = '2026-04-01';

/** Text by path below the folder of the edge. */
export async function kitFiles(
  platform: Platform,
  facts: KitFacts,
): Promise<Readonly<Record<string, string>>> {
  const folder = join(packageRoot(), 'kits', platform);
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const texts = files.map(async (file): Promise<[string, string]> => {
    const name = file.slice(folder.length + 1).replaceAll('\\', '/');
    return [name, filled(await readFile(file, 'utf8'), facts, name)];
  });
  return Object.fromEntries(await Promise.all(texts));
}

/** The stub of a color in one file, or null where none is wanted. */
export async function stubFile(
  stack: Stack,
  hasTypeScript: boolean,
): Promise<{ readonly name: string; readonly text: string } | null> {
  if (stack === 'none') return null;
  const root = packageRoot();
  const [name, from] =
    stack === 'python'
      ? ['cutover_color.py', 'kits/color/python/cutover_color.py']
      : hasTypeScript
        ? ['cutover-color.ts', 'kits/color/typescript/color.ts']
        : ['cutover-color.mjs', 'dist/kits/color/typescript/color.js'];
  const file = join(root, from);
  if (!existsSync(file)) {
    throw new UserError(`${from} is not in this package`, {
      hint: 'build it (npm run build), or install the package anew',
    });
  }
  const text = await readFile(file, 'utf8');
  return { name, text: text.replace(/^\/\/# sourceMappingURL=.*\n?/m, '') };
}

/** One word of a POSIX shell, whatever is in it. */
export function shellWord(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

function filled(text: string, facts: KitFacts, name: string): string {
  const { service, from, urls, sticky } = facts;
  // Compose reads `$` as the begin of a variable.
  const quoted = (value: string): string => (name.endsWith('.sh') ? shellWord(value) : inYaml(value));
  const inYaml = (value: string): string =>
    /\.ya?ml$/.test(name)
      ? JSON.stringify(name.includes('compose') ? value.replaceAll('$', '$$$$') : value)
      : value;
  const values: Readonly<Record<string, string>> = {
    service,
    name: serviceName(service),
    from,
    region: 'global',
    urlBlue: quoted(urls.blue),
    urlGreen: quoted(urls.green),
    originBlue: quoted(fromContainer(urls.blue)),
    originGreen: quoted(fromContainer(urls.green)),
    stickyName: sticky.variable,
    stickyValue: quoted(sticky.value),
    cutoverRange: packageVersion(),
    compatibilityDate: COMPATIBILITY_DATE,
  };
  return text.replaceAll(/@@(\w+)@@/g, (whole, key: string) => values[key] ?? whole);
}

const LOOPBACK = /^(https?:\/\/)(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)/i;

/** Only this machine reaches it. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(url);
}

/** Within a container the loopback is its own: the machine's is reached by another name. */
function fromContainer(url: string): string {
  return url.replace(LOOPBACK, '$1host.docker.internal');
}

/** From src, and one deeper from dist/src; dist has a `kits` of its own, which holds the compiled stub only. */
function packageRoot(): string {
  const isBuilt = import.meta.url.endsWith('.js');
  return fileURLToPath(new URL(isBuilt ? '../../../' : '../../', import.meta.url));
}
