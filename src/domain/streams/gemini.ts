/** Gemini, by its own API or on Vertex AI (`streamGenerateContent?alt=sse`). */
import { at, citationsIn, listAt, textAt, type Dialect, type StreamEvent } from './dialect.ts';

const firstOf = ({ json }: StreamEvent): unknown => at(json, 'candidates', 0);

export const gemini: Dialect = {
  name: 'gemini',
  marksEnd: true,
  knows: ({ json }) => Array.isArray(json['candidates']) || at(json, 'promptFeedback') !== undefined,
  text: (event) =>
    listAt(firstOf(event), 'content', 'parts')
      // A thought is a part like any other, with a mark.
      .map((part) => (at(part, 'thought') === true ? '' : textAt(part, 'text')))
      .join(''),
  citations(event) {
    const first = firstOf(event);
    const chunks = listAt(first, 'groundingMetadata', 'groundingChunks').map(
      (chunk) => at(chunk, 'retrievedContext') ?? at(chunk, 'web') ?? at(chunk, 'maps'),
    );
    return [
      ...citationsIn(chunks, ['uri', 'documentName', 'title'], ['text']),
      ...citationsIn(listAt(first, 'citationMetadata', 'citations'), ['uri', 'title']),
      ...citationsIn(listAt(first, 'citationMetadata', 'citationSources'), ['uri', 'title']),
    ];
  },
  end(event) {
    const isBlocked = textAt(event.json, 'promptFeedback', 'blockReason') !== '';
    return isBlocked || textAt(firstOf(event), 'finishReason') !== '' ? 'complete' : null;
  },
  error: () => null,
};
