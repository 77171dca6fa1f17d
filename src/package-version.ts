/** The version of this package as it is installed; `unknown` where its package.json is not beside it. */
import { createRequire } from 'node:module';

export function packageVersion(): string {
  const require = createRequire(import.meta.url);
  // From src and from dist/src alike.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const found = require(path) as { name?: string; version?: string };
      if (found.name === 'cutover' && found.version !== undefined) return found.version;
    } catch {
      // Not there: the other one.
    }
  }
  return 'unknown';
}
