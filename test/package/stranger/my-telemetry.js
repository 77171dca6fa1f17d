import { defineProvider } from 'cutover/provider';
import { sumsFrom } from './my-sums.js';
import { used, world } from './world.js';

const HOUR_MS = 3_600_000;
const isRefusedWrite = (line) => line.write === 'frozen' || line.write === 'late';
const errorOf = (line) =>
  isRefusedWrite(line)
    ? null
    : (line.error ?? (line.status >= 500 ? `headers:http_5xx:${line.status}` : null));
const identityOf = ({ INDEX_HASH, retrieval: r }) =>
  `${INDEX_HASH}|${r.metric}|${r.analyzer}|${r.embed_model}|${r.reranker}`;
/** A latency that is no time makes the whole line unusable. */
const isTimed = ({ latency_ms: l }) => [l.tffb, l.tusable, l.tfinal].every((ms) => ms === null || ms >= 0);
const add = (counts, key) => (counts[key] = (counts[key] ?? 0) + 1);

/** A log may deliver a line twice: id and time tell. Two lines of a WebSocket have one id. */
const once = (lines) => {
  const seen = new Set();
  return lines.filter(({ id, ts, socket }) => {
    const key = `${ts} ${id} ${socket?.event}`;
    const isNew = id === undefined || !seen.has(key);
    seen.add(key);
    return isNew;
  });
};

export function openTelemetry(w) {
  const ofRange = ({ service, fromMs, toMs, regions }) =>
    once(w.lines).filter((line) => {
      const at = Date.parse(line.ts);
      const isIn = at >= fromMs && at < toMs && (regions.length === 0 || regions.includes(line.region));
      return line.service === service && isIn && isTimed(line);
    });
  const usersOf = (query) => ofRange(query).filter((line) => line.kind === 'user' && line.by !== 'edge');
  const keyed = (color, query) => usersOf(query).filter((line) => line.color === color && line.cache.key);
  return {
    ...sumsFrom(ofRange),
    async window(query) {
      used(w, 'telemetry');
      const all = ofRange(query);
      const users = usersOf(query);
      const foreign = users.filter((l) => l.cache.hit !== null && l.cache.prefix.split(':')[1] !== l.color);
      return {
        fromMs: query.fromMs,
        toMs: query.toMs,
        freshestMs: all.length === 0 ? null : Math.max(...all.map((line) => Date.parse(line.ts))),
        slices: slicesOf(users),
        flipBacks: flipBacksOf(users),
        foreignCacheLookups: foreign.length,
        lost: all.reduce((sum, line) => sum + (line.lost_before ?? 0), 0),
      };
    },
    async catalogue(color, query) {
      const lines = usersOf(query).filter((line) => line.color === color);
      const classes = {};
      for (const error of lines.map(errorOf)) if (error !== null) add(classes, error);
      // A request without a user is of a user of its own.
      const named = new Set(lines.flatMap(({ user }) => (user === null ? [] : [user])));
      const users = named.size + lines.filter(({ user }) => user === null).length;
      return { requests: lines.length, users, classes };
    },
    async popularKeys(color, limit, query) {
      const hits = {};
      for (const { cache } of keyed(color, query)) add(hits, cache.key);
      const keys = Object.entries(hits).map(([key, n]) => ({ key, hits: n }));
      return keys.sort((a, b) => b.hits - a.hits || (a.key < b.key ? -1 : 1)).slice(0, limit);
    },
    async sample(color, limit, query) {
      return keyed(color, query)
        .filter((line) => query.errorClass === undefined || errorOf(line) === query.errorClass)
        .slice(0, limit)
        .map(({ method, cache, route }) => ({ method, key: cache.key, route }));
    },
    async hourly(query) {
      const hours = {};
      for (const line of usersOf(query)) add(hours, Math.floor(Date.parse(line.ts) / HOUR_MS) * HOUR_MS);
      return Object.entries(hours).map(([hourMs, requests]) => ({ hourMs: Number(hourMs), requests }));
    },
  };
}

function slicesOf(users) {
  const slices = new Map();
  for (const line of users) {
    const id = `${line.color}/${line.region}/${line.route}`;
    const slice = slices.get(id) ?? {
      color: line.color,
      region: line.region,
      route: line.route,
      requests: 0,
      warm: 0,
      cold: 0,
      errors: {},
      identities: {},
      writes: { accepted: 0, frozen: 0, late: 0 },
    };
    slices.set(id, slice);
    slice.requests += 1;
    const error = errorOf(line);
    if (error !== null) add(slice.errors, error);
    else if (!isRefusedWrite(line)) slice[line.cold ? 'cold' : 'warm'] += 1;
    if (line.write !== null) slice.writes[line.write] += 1;
    if (line.INDEX_HASH !== null) add(slice.identities, identityOf(line));
  }
  return [...slices.values()];
}

/** Users that one generation of the config sent to both colors. */
function flipBacksOf(users) {
  const colors = new Map();
  const keyed = users.filter((l) => l.user !== null && l.user_by !== 'address' && l.reason === 'bucket');
  for (const { user, cfg_gen, color } of keyed) {
    const id = `${user}/${cfg_gen}`;
    colors.set(id, (colors.get(id) ?? new Set()).add(color));
  }
  return new Set([...colors].filter(([, both]) => both.size > 1).map(([id]) => id.split('/')[0])).size;
}

export const provider = defineProvider({
  name: 'my-telemetry',
  telemetry: (ref) => openTelemetry(world(ref.world)),
});
