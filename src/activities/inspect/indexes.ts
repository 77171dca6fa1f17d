/** The retrieval indexes: labelled by family, and identical or declared different, field by field. */
import type { Color } from '../../domain/color.ts';
import { IDENTITY_FIELDS, type AnswerIdentity, type IndexIdentity } from '../../domain/identity.ts';
import type { Plan } from '../../domain/plan.ts';
import { inEveryRegion } from './regions.ts';
import { blocks, type Check, type Found, type Seen } from './seen.ts';

export const indexesDeclared: Check = inEveryRegion(function* ({ index: from }, { index: to }, plan) {
  yield* asDeclared(plan, plan.from, from);
  yield* asDeclared(plan, plan.to, to);
  const different = IDENTITY_FIELDS.filter((field) => from[field] !== to[field]);
  if (different.length > 0 && plan.colors[plan.to].index === undefined) {
    yield blocks(
      'index-differs',
      `the indexes differ in ${different.join(', ')} and the plan does not declare it`,
      `declare colors.${plan.to}.index if the difference is meant`,
    );
  }
  if (from.name === to.name && different.length > 0) {
    yield blocks(
      'index-shared',
      `both colors call their index ${from.name}`,
      'give each index a name of its own, in index.name of its color (GET /.well-known/cutover), e.g. docs-v3-green',
    );
  }
});

function* asDeclared(plan: Plan, color: Color, index: IndexIdentity): Generator<Found> {
  if (index.name === '' || index.INDEX_HASH === '') {
    yield blocks(
      'index-unlabelled',
      `${color}'s index has no family label or hash`,
      'label it, e.g. docs-v3-green',
    );
  }
  const declared = plan.colors[color].index;
  if (declared === undefined) return;
  const off = IDENTITY_FIELDS.filter((field) => declared[field] !== index[field]);
  if (off.length > 0) {
    const differences = off.map((field) => `${field} ${index[field]} ≠ ${declared[field]}`);
    yield blocks(
      'index-differs',
      `${color}'s index differs from what the plan declares: ${differences.join(', ')}`,
      'deploy the declared index, or correct colors.<color>.index',
    );
  }
}

/** Declared by the plan, else what the color says it is: pinned from now on. Null when a color said nothing. */
export function expectedIdentities(
  plan: Plan,
  { health }: Pick<Seen, 'health'>,
): Readonly<Record<Color, AnswerIdentity>> | null {
  const identity = (color: Color): AnswerIdentity | null =>
    plan.colors[color].index ?? health[color]?.[0]?.index ?? null;
  const [blue, green] = [identity('blue'), identity('green')];
  return blue === null || green === null ? null : { blue: bare(blue), green: bare(green) };
}

/** Without the family label, which answers do not carry. */
function bare({ INDEX_HASH, metric, analyzer, embedModel, reranker }: AnswerIdentity): AnswerIdentity {
  return { INDEX_HASH, metric, analyzer, embedModel, reranker };
}
