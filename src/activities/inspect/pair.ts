/**
 * The two colors held against each other in every region: what must be the same, what must not be shared, and what cannot be
 * taken back.
 */
import { TOOL_LOOPS_REMEDY } from '../../domain/cookbook.ts';
import { inEveryRegion } from './regions.ts';
import { blocks, list, warns, type Check } from './seen.ts';

export const envParity: Check = inEveryRegion(function* (from, to) {
  const [mine, theirs] = [from.env, to.env];
  if (mine === undefined || theirs === undefined) return;
  const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
  const off = names.filter((name) => mine[name] !== theirs[name]);
  if (off.length > 0) {
    yield blocks(
      'env-parity',
      `settings differ between the colors: ${off.join(', ')}`,
      'align them, or accept env-parity with a reason',
    );
  }
});

/** Edge and core rotate at different moments: a key that only one of them knows locks users out in between. */
export const secretsOverlap: Check = inEveryRegion(function* (from, to) {
  for (const { color, secrets } of [from, to]) {
    if (secrets === undefined) continue;
    const missing = secrets.edge.filter((kid) => !secrets.core.includes(kid));
    if (secrets.edge.length < 2 || missing.length > 0) {
      yield blocks(
        'secrets-overlap',
        `${color}: keys accepted at the edge ${list(secrets.edge)}, in the core ${list(secrets.core)}; current and next must be accepted in both`,
        'rotate with overlap: accept the next key everywhere before using it',
      );
    }
  }
});

export const cachesDisjoint: Check = inEveryRegion(function* (from, to) {
  if (from.cachePrefix !== undefined && from.cachePrefix === to.cachePrefix) {
    yield blocks(
      'cache-prefix-shared',
      `both colors use cache prefix ${from.cachePrefix}`,
      'split the prefixes by color',
    );
  }
});

/** A tool loop that begins on one color may go on on the other, while users move and when they are brought back. */
export const toolLoopsApart: Check = inEveryRegion(function* (from, to) {
  const [mine, theirs] = [from.tools, to.tools];
  if (mine !== undefined && theirs !== undefined && mine?.schemaHash !== theirs?.schemaHash) {
    const of = (tools: typeof mine): string => tools?.schemaHash.slice(0, 60) ?? 'none';
    yield blocks(
      'tools-differ',
      `tool schemas differ: ${from.color} ${of(mine)}, ${to.color} ${of(theirs)}`,
      `${TOOL_LOOPS_REMEDY}; accept tools-differ with a reason where the change is meant`,
    );
  }
  if (typeof from.memoryPrefix === 'string' && from.memoryPrefix === to.memoryPrefix) {
    yield blocks(
      'memory-prefix-shared',
      `agents of both colors remember under ${from.memoryPrefix.slice(0, 60)}`,
      `${TOOL_LOOPS_REMEDY}; accept memory-prefix-shared with a reason where both releases read what either wrote`,
    );
  }
});

export const consumersDisjoint: Check = inEveryRegion(function* (from, to) {
  const topic = from.queue?.topic;
  if (topic !== undefined && topic === to.queue?.topic) {
    yield blocks(
      'queue-topic-shared',
      `both colors consume ${topic}`,
      'duplicate the topic: jobs.blue and jobs.green',
    );
  }
});

export const migrationMode: Check = inEveryRegion(function* (from, to) {
  if (to.migration?.mode === 'forward-only') {
    yield warns(
      'migration-forward-only',
      `${to.color} needs a forward-only migration of ${list(to.migration.tables)}: after the flip ${from.color} cannot write them`,
      'name these tables in `fence`, so that nobody writes to them inside the freeze, and migrate there; rollback keeps them read-only',
    );
  }
});
