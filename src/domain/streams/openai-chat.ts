/** Chat completions of OpenAI and of the many servers that speak like it; also its older text completions. */
import { at, citationsIn, listAt, textAt, type Dialect, type StreamEvent } from './dialect.ts';

/** Only the first of several choices is the answer. */
function choiceOf({ json }: StreamEvent): unknown {
  const choices = listAt(json, 'choices');
  return choices.find((choice) => (at(choice, 'index') ?? 0) === 0);
}

export const openaiChat: Dialect = {
  name: 'openai-chat',
  marksEnd: true,
  knows: ({ json }) => Array.isArray(json['choices']),
  text(event) {
    const choice = choiceOf(event);
    const content = at(choice, 'delta', 'content');
    // Mistral sends parts.
    if (Array.isArray(content)) {
      return content.map((part) => (at(part, 'type') === 'text' ? textAt(part, 'text') : '')).join('');
    }
    return textAt(content) || textAt(choice, 'delta', 'refusal') || textAt(choice, 'text');
  },
  citations(event) {
    const annotations = listAt(choiceOf(event), 'delta', 'annotations').map(
      (one) => at(one, 'url_citation') ?? at(one, 'file_citation') ?? at(one, 'file'),
    );
    return [
      ...citationsIn(annotations, ['file_id', 'url', 'title']),
      // Perplexity and proxies send the list whole with each chunk; who reads it keeps each source once.
      ...citationsIn(listAt(event.json, 'citations'), ['section_id', 'url', 'id', 'title']),
    ];
  },
  end: (event) => (typeof at(choiceOf(event), 'finish_reason') === 'string' ? 'complete' : null),
  error: (event) => (at(choiceOf(event), 'finish_reason') === 'error' ? 'error' : null),
};
