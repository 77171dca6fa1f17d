/**
 * Bundles the router Worker for workerd: `dist/edge/worker.js`, which the local CDN and a deployment both use.
 * Invariant: one self-contained ES module that imports nothing of Node.
 */
import { fileURLToPath } from 'node:url';
import { bundleWorker } from '../src/edge/local/bundle.ts';

const out = fileURLToPath(new URL('../dist/edge/worker.js', import.meta.url));
await bundleWorker(out);
console.log(`wrote ${out}`);
