/**
 * Amazon Bedrock: the events of ConverseStream, by the name of the event or as the one key of its data (Nova, and SDK events that are
 * sent on as JSON); and, out of InvokeModelWithResponseStream, what Titan, Llama and Mistral send. Other models stream there as they do at home.
 */
import { at, citationsIn, listAt, textAt, NO_CITATIONS, type Dialect, type StreamEvent } from './dialect.ts';

/** `metadata` is a word of other streams too: here it has `metrics`. */
const TYPES = [
  'messageStart',
  'contentBlockStart',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
] as const;

/** What a member of the stream says; undefined when the event is another one. */
function memberOf(type: (typeof TYPES)[number], { name, json }: StreamEvent): unknown {
  return name === type ? json : at(json, type);
}

/** Where a model that has no events of its own says that it is done: null while it has not, undefined when it is no such model. */
function stopOf({ json }: StreamEvent): unknown {
  if (typeof json['outputText'] === 'string') return json['completionReason'];
  if (typeof json['generation'] === 'string') return json['stop_reason'];
  return typeof at(json, 'outputs', 0, 'text') === 'string'
    ? at(json, 'outputs', 0, 'stop_reason')
    : undefined;
}

export const bedrock: Dialect = {
  name: 'bedrock',
  marksEnd: true,
  knows: (event) =>
    TYPES.some((type) => memberOf(type, event) !== undefined) ||
    stopOf(event) !== undefined ||
    (event.name === 'metadata' && at(event.json, 'metrics') !== undefined),
  text(event) {
    const delta = memberOf('contentBlockDelta', event);
    if (delta !== undefined) return textAt(delta, 'delta', 'text');
    if (stopOf(event) === undefined) return '';
    const { json } = event;
    return textAt(json, 'outputText') || textAt(json, 'generation') || textAt(json, 'outputs', 0, 'text');
  },
  citations(event) {
    const citation = at(memberOf('contentBlockDelta', event), 'delta', 'citation');
    if (typeof citation !== 'object' || citation === null) return NO_CITATIONS;
    const text = listAt(citation, 'sourceContent')
      .map((part) => textAt(part, 'text'))
      .join('');
    const url = textAt(citation, 'location', 'web', 'url');
    const named = { ...citation, ...(url === '' ? {} : { url }), ...(text === '' ? {} : { text }) };
    return citationsIn([named], ['source', 'url', 'title'], ['text']);
  },
  end: (event) =>
    memberOf('messageStop', event) !== undefined || typeof stopOf(event) === 'string' ? 'complete' : null,
  error(event) {
    const reason = textAt(memberOf('messageStop', event), 'stopReason');
    return reason.startsWith('malformed_') ? reason : null;
  },
};
