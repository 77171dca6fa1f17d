/** Where the demo's data lies, seen from the sources and from the compiled package alike. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Absolute path of a file of `examples/docs-rag`, e.g. `corpus/sections.jsonl`. Compiled code finds the package's copy. */
export function dataFile(path: string): string {
  const beside = fileURLToPath(new URL(`../${path}`, import.meta.url));
  if (existsSync(beside)) return beside;
  return fileURLToPath(new URL(`../../../../examples/docs-rag/${path}`, import.meta.url));
}

/** A sibling module as it is named at run time: `.ts` from sources, `.js` once compiled. */
export function sibling(path: string, base: string): URL {
  return new URL(base.endsWith('.ts') ? path : path.replace(/\.ts$/, '.js'), base);
}
