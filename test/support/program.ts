/**
 * The command line as its own process. `npm test` builds once and says so by CUTOVER_TEST_BUILT, so that what is tested is what
 * users run; a single file run by hand takes the sources as they stand.
 */
import { fileURLToPath } from 'node:url';

/** True when `dist` was built for this very test run. */
export const IS_BUILT = process.env['CUTOVER_TEST_BUILT'] === '1';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Arguments of node before those of cutover. */
export const PROGRAM: readonly string[] = IS_BUILT
  ? [at('bin/cutover.js')]
  : ['--import', 'tsx', at('src/cli/main.ts')];
