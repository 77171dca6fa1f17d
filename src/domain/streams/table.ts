/** All dialects, each event belongs to the first that knows it: those that extend another stand before it. */
import { anthropic } from './anthropic.ts';
import { azureOnYourData } from './azure-on-your-data.ts';
import { bedrock } from './bedrock.ts';
import { cohere } from './cohere.ts';
import type { Dialect } from './dialect.ts';
import { dify } from './dify.ts';
import { gemini } from './gemini.ts';
import { langserve } from './langserve.ts';
import { ollama } from './ollama.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import { vercelData } from './vercel-data.ts';
import { vercelUi } from './vercel-ui.ts';

export const DIALECTS: readonly Dialect[] = [
  azureOnYourData,
  openaiChat,
  openaiResponses,
  anthropic,
  bedrock,
  gemini,
  cohere,
  dify,
  vercelUi,
  vercelData,
  ollama,
  langserve,
];
