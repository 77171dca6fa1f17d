/** Azure OpenAI “on your data”: chat completions whose first chunk brings the documents, in `delta.context`. */
import { at, citationsIn, listAt, type Dialect, type StreamEvent } from './dialect.ts';
import { openaiChat } from './openai-chat.ts';

const contextOf = ({ json }: StreamEvent): unknown => at(json, 'choices', 0, 'delta', 'context');

export const azureOnYourData: Dialect = {
  ...openaiChat,
  name: 'azure-on-your-data',
  knows: (event) => contextOf(event) !== undefined,
  citations: (event) =>
    citationsIn(listAt(contextOf(event), 'citations'), ['filepath', 'url', 'title', 'chunk_id'], ['content']),
};
