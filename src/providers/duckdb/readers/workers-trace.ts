/**
 * Workers Trace Events of Cloudflare (Logpush), and what Tail Workers and `wrangler tail --format json` print: the request line that
 * the router logs stands as text in a console message.
 * Source: Cloudflare docs, Logpush dataset `workers_trace_events`; at most 16,384 characters of a trace's logs are kept.
 */
import {
  AS_THE_LINE,
  embedded,
  foreign,
  isObject,
  isRequestLine,
  jsonOf,
  left,
  type Reader,
  type Reading,
} from './reader.ts';

export const workersTrace: Reader = {
  name: 'workers-trace',
  does: 'Cloudflare Workers Trace Events (Logpush) with the router’s line in `Logs` (`LOG_TO_CONSOLE`)',
  // Logpush sends batches; they come within a minute or a few.
  lag: '5m',
  ...AS_THE_LINE,
  has: { ...AS_THE_LINE.has, ts: 'the line in `Logs[].Message`' },
  open: () => {
    // An account's events come together: what other Workers do is nothing of ours.
    const routers = new Set<unknown>();
    return (line) => {
      const event = jsonOf(line);
      if (!isObject(event)) return event;
      if (isRequestLine(event)) return [{ native: line }];
      const logs = event['Logs'] ?? event['logs'];
      const script = event['ScriptName'] ?? event['scriptName'];
      const found = (Array.isArray(logs) ? logs : []).flatMap((log) => messagesOf(log));
      if (found.length > 0) {
        routers.add(script);
        return found;
      }
      const type = event['EventType'];
      if (typeof type === 'string' && type !== 'fetch') return foreign('a trace event that is no request');
      const outcome = event['Outcome'] ?? event['outcome'];
      if (typeof outcome === 'string' && outcome !== 'ok' && routers.has(script)) {
        return left(`no request line in a trace event with outcome ${outcome.slice(0, 30)}`);
      }
      return foreign('no request line in Logs of a trace event');
    };
  },
};

function messagesOf(log: unknown): Reading[] {
  if (!isObject(log)) return [];
  const message = log['Message'] ?? log['message'];
  return (Array.isArray(message) ? message : [message]).flatMap((part): Reading[] => {
    if (isRequestLine(part)) return [{ native: JSON.stringify(part) }];
    const found = embedded(part);
    return found === null ? [] : [found];
  });
}
