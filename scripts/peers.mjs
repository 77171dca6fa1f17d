/** Prints the optional peers as `name@version`, each in the version that the tests ran with: `npm install $(node scripts/peers.mjs)`. */
import { readFileSync } from 'node:fs';

const { peerDependencies, devDependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const specs = Object.keys(peerDependencies).map((name) => `${name}@${devDependencies[name]}`);
process.stdout.write(`${specs.join(' ')}\n`);
