/**
 * Where a service's answer keeps its parts when the plan does not say otherwise: the shape that the sample service answers with.
 *
 * Invariant: stands in every resolved plan, so changing it changes the digest of every plan.
 */
import type { ProbeResponseMap } from '../plan.ts';

export const CONTRACT_MAP: ProbeResponseMap = {
  answer: '$.answer',
  citations: '$.citations[*].section_id',
  retrieved: '$.retrieved[*]',
  snippet: {
    id: '/snippet_id',
    section: '/section_id',
    text: '/text',
    start: '/offsets/start',
    end: '/offsets/end',
  },
  identity: {
    INDEX_HASH: '$.index.INDEX_HASH',
    metric: '$.index.metric',
    analyzer: '$.index.analyzer',
    embedModel: '$.index.embed_model',
    reranker: '$.index.reranker',
  },
  cold: '$.cold_start',
  refusal: 'not in context',
  schema: { type: 'object' },
};
