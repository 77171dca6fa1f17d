/** Dify: chat, agent, completion and workflow apps; the kind of an event stands in its data. */
import { citationsIn, listAt, textAt, type Dialect, type StreamEvent } from './dialect.ts';

const ANSWERS: ReadonlySet<string> = new Set(['message', 'agent_message', 'message_replace']);
/** A workflow app has no message: its text comes in chunks, and it ends as a workflow. */
const ENDS: ReadonlySet<string> = new Set(['message_end', 'workflow_finished']);
const OTHERS: ReadonlySet<string> = new Set([
  'agent_thought',
  'agent_log',
  'message_file',
  'tts_message',
  'tts_message_end',
  'text_chunk',
  'text_replace',
  'workflow_started',
  'workflow_paused',
]);
const STEPS = /^(node|iteration|loop|parallel_branch|human_input)_/;

const kindOf = ({ json }: StreamEvent): string => textAt(json, 'event');

export const dify: Dialect = {
  name: 'dify',
  marksEnd: true,
  knows(event) {
    const kind = kindOf(event);
    if (ANSWERS.has(kind)) return typeof event.json['answer'] === 'string';
    return ENDS.has(kind) || OTHERS.has(kind) || STEPS.test(kind) || kind === 'error';
  },
  text(event) {
    if (ANSWERS.has(kindOf(event))) return textAt(event.json, 'answer');
    const isChunk = kindOf(event) === 'text_chunk' || kindOf(event) === 'text_replace';
    return isChunk ? textAt(event.json, 'data', 'text') : '';
  },
  // Moderation takes back what was sent.
  replaces: (event) => kindOf(event) === 'message_replace' || kindOf(event) === 'text_replace',
  citations: ({ json }) =>
    citationsIn(
      listAt(json, 'metadata', 'retriever_resources'),
      ['segment_id', 'document_id', 'document_name'],
      ['content'],
    ),
  end: (event) => (ENDS.has(kindOf(event)) ? 'complete' : null),
  error(event) {
    if (kindOf(event) === 'error') return event.json;
    return kindOf(event) === 'workflow_finished' && textAt(event.json, 'data', 'status') === 'failed'
      ? 'workflow_failed'
      : null;
  },
};
