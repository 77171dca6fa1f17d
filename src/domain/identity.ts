/** What makes two retrieval stacks the same: compared field by field, never by hash alone. */
export interface IndexIdentity {
  /** Index family label, e.g. `docs-v3-green`. */
  readonly name: string;
  readonly INDEX_HASH: string;
  readonly metric: string;
  readonly analyzer: string;
  readonly embedModel: string;
  readonly reranker: string;
}

/** The part of an identity that each answer carries and the identity gate compares. */
export type AnswerIdentity = Omit<IndexIdentity, 'name'>;

export const IDENTITY_FIELDS = ['INDEX_HASH', 'metric', 'analyzer', 'embedModel', 'reranker'] as const;

/** One string a telemetry line can be counted by; fields that the service did not report are `?`. */
export function identityKey(identity: Partial<AnswerIdentity>): string {
  return IDENTITY_FIELDS.map((field) => identity[field] ?? '?').join('|');
}
