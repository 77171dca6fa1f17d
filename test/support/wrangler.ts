/** wrangler of the registry, in the range that the Cloudflare kit asks for. */
import { npmInstalled } from './npm.ts';

const VERSION = '4.86.0';

/** @returns a folder with `node_modules`. Throws where it cannot be had. */
export function wranglerFolder(): Promise<string> {
  return npmInstalled('wrangler', VERSION);
}
