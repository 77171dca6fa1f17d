/**
 * CachePort over every Varnish that users' requests pass.
 *
 * Invariants: a purge is done when each node has been seen to give up an answer that it kept a moment before, and to fetch one that is
 * younger than the purge: what a node says it removed proves nothing. Shields are purged before who asks them. A purge is remembered by
 * an answer that only it left behind, so a repeat leaves alone what was primed since.
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { otherColor, type Color } from '../../domain/color.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import type { CachePort, ProviderScope, WriteContext } from '../../ports/index.ts';
import { eachOf } from '../each-of.ts';
import { parseOptions } from '../options.ts';
import { doubtsOf } from './doubts.ts';
import { isKept } from './kept.ts';
import { manifest } from './manifest.ts';
import { VarnishNode } from './node.ts';

const CONCURRENCY = 8;
/** An answer that was kept before the purge is so much older than it, ms: Age counts whole seconds. */
const OLDER_MS = 2100;

/** @throws UserError when an option is wrong. */
export function varnishCache(ref: ProviderRef, { entry }: ProviderScope): CachePort {
  const options = parseOptions(manifest.ports.cache, ref, 'cache');
  const host = options.host ?? hostOf(entry[0]?.url ?? options.nodes[0] ?? '');
  const open = (where: string): VarnishNode => new VarnishNode(where, { ...options, host });
  const [nodes, shields] = [options.nodes.map(open), options.shields.map(open)];
  const all = [...shields, ...nodes];
  const tagOf = (color: Color): string => options.tag.replace('{color}', color);
  const isGone = async (
    node: VarnishNode,
    color: Color,
    key: string,
    signal?: AbortSignal,
  ): Promise<boolean> => {
    const { found } = await node.lookUp(color, key, signal);
    return found === 'miss' || (found === 'stale' && options.soft);
  };

  const purge = async (color: Color, { idempotencyKey, signal }: WriteContext): Promise<void> => {
    const mark = createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 16);
    const [before, done] = [marked(options.probe, `${mark}-before`), marked(options.probe, `${mark}-done`)];
    // Both alike where a VCL drops the parameter: then nothing is remembered, and purged again.
    const isDone = async (node: VarnishNode): Promise<boolean> =>
      (await isGone(node, color, before, signal)) && !(await isGone(node, color, done, signal));
    if ((await Promise.all(all.map(isDone))).every(Boolean)) return;
    await Promise.all(all.map((node) => keeps(node, color, before, signal)));
    await sleep(OLDER_MS, undefined, { signal });
    const beganMs = performance.now();
    for (const tier of [shields, nodes]) {
      await Promise.all(tier.map((node) => node.purge(tagOf(color), signal)));
    }
    for (const node of all) {
      if (await isGone(node, color, before, signal)) continue;
      throw node.refused(
        'human',
        `it took the purge and goes on answering ${options.probe}: does its VCL know the tag ${tagOf(color)} by the header xkey?`,
      );
    }
    for (const node of all) await isYoung(node, color, before, { beganMs, signal });
    // Once more: an answer that was on its way at the first purge was kept after it. What remembers the purge is tagged as well.
    for (const tier of [shields, nodes]) {
      await Promise.all(tier.map((node) => node.purge(tagOf(color), signal)));
      await Promise.all(tier.map((node) => keeps(node, color, done, signal)));
    }
  };

  return {
    async purge(color, context) {
      await purge(color, context);
      return { namespace: tagOf(color) };
    },

    async verifyPurged(color, keys, signal) {
      let stillCached = 0;
      for (const node of all) {
        await eachOf(keys, CONCURRENCY, async (key) => {
          if (!(await isGone(node, color, key, signal))) stillCached += 1;
        });
      }
      return { checked: keys.length * all.length, stillCached };
    },

    async prime(color, keys, { signal }) {
      let primed = 0;
      await eachOf(keys, CONCURRENCY, async (key) => {
        const kept = await Promise.all(nodes.map((node) => isKept(node, color, key, signal)));
        if (kept.every(Boolean)) primed += 1;
      });
      return { primed, failed: keys.length - primed };
    },

    check: async (color, keys, signal) =>
      doubtsOf(all, {
        color,
        other: otherColor(color),
        tag: tagOf(color),
        probe: marked(options.probe, `check-${randomUUID().slice(0, 8)}`),
        keys,
        signal,
      }),
  };
}

async function keeps(
  node: VarnishNode,
  color: Color,
  key: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await isKept(node, color, key, signal)) return;
  throw node.refused(
    'human',
    `it keeps no answer of ${key}: name a cached route of ${color} as \`probe\` of the cache`,
  );
}

/** @throws ProviderError when what it fetched since the purge is older than the purge. */
async function isYoung(
  node: VarnishNode,
  color: Color,
  key: string,
  { beganMs, signal }: { beganMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  await keeps(node, color, key, signal);
  const answer = await node.fill(color, key, signal);
  const ageMs = Number(answer?.headers.get('age') ?? 0) * 1000;
  if (ageMs < performance.now() - beganMs + 1000) return;
  throw node.refused(
    'human',
    `after the purge it fetched an answer that is ${ageMs / 1000} s old: a cache behind it was not told, name it in \`shields\``,
  );
}

function marked(path: string, mark: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}cutover=${mark}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
