/** What makes a purge by tag worth nothing, found before it is needed. */
import type { Color } from '../../domain/color.ts';
import type { Doubt } from '../../ports/index.ts';
import { isKept } from './kept.ts';
import type { VarnishNode } from './node.ts';

export interface Asked {
  readonly color: Color;
  readonly other: Color;
  readonly tag: string;
  /** Path of an answer that nobody keeps yet. */
  readonly probe: string;
  readonly keys: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** @throws ProviderError where a node answers no look-ups. */
export async function doubtsOf(nodes: readonly VarnishNode[], asked: Asked): Promise<readonly Doubt[]> {
  const perNode = await Promise.all(nodes.map((node) => doubtsOfNode(node, asked)));
  return perNode.flat();
}

async function doubtsOfNode(node: VarnishNode, asked: Asked): Promise<Doubt[]> {
  const { color, other, probe, signal } = asked;
  const doubts: Doubt[] = [];
  if (!(await isKept(node, color, probe, signal))) {
    doubts.push({
      severity: 'blocking',
      what: `${node.where} keeps no answer of ${pathOf(probe)}: no purge could be proved there`,
      fix: 'name as `probe` of the cache a route whose answers may be kept, and which answers also with a query parameter `cutover`',
    });
  } else if ((await node.lookUp(other, probe, signal)).found !== 'miss') {
    doubts.push({
      severity: 'blocking',
      what: `${node.where} gives ${other}'s users what it keeps of ${color}: its key does not hold the color`,
      fix: 'hash the header of the color in vcl_hash, as varnish.md has it',
    });
  }
  for (const key of [probe, ...oneOfEachRoute(asked.keys)]) {
    const untagged = await untaggedAt(node, key, asked);
    if (untagged !== null) doubts.push(untagged);
  }
  return doubts;
}

/** Null also for what is not kept: nothing is to be purged there. */
async function untaggedAt(
  node: VarnishNode,
  key: string,
  { color, tag, signal }: Asked,
): Promise<Doubt | null> {
  if ((await node.lookUp(color, key, signal)).found === 'miss') await isKept(node, color, key, signal);
  const { found, tags } = await node.lookUp(color, key, signal);
  if (found === 'miss' || tags.includes(tag)) return null;
  const has = tags.length === 0 ? 'no tag at all' : tags.slice(0, 5).join(' ');
  return {
    severity: 'blocking',
    what: `answers of ${pathOf(key)} at ${node.where} carry ${has}, not ${tag}: a purge would pass them over and call itself done`,
    fix: `let ${color} send \`xkey: ${tag}\`, or VCL add it, as varnish.md has it`,
  };
}

function oneOfEachRoute(keys: readonly string[]): readonly string[] {
  return [...new Map(keys.toReversed().map((key) => [pathOf(key), key])).values()];
}

function pathOf(key: string): string {
  return key.replace(/\?.*/, '');
}
