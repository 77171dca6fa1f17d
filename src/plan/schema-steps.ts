/**
 * Steps of the user's own, as `cutover.yaml` writes them: what is done, what undoes it, how long it may take.
 *
 * Invariant: like the rest of the schema, shape only.
 */
import { z } from 'zod';
import { STEP_PLACES } from '../domain/plan.ts';
import { portManifest } from '../ports/manifest.ts';
import { name, optional, required, text } from '../ports/option.ts';
import { manifestsWith } from '../providers/registry.ts';
import { duration, field } from './fields.ts';
import { asWritten, ownName, type ProviderFile } from './providers.ts';

/** `{http: {…}}`, or a module of the user's own with its options. */
export type ActionFile = Readonly<Record<string, unknown>>;

const builtIn = manifestsWith('step');

const action = z.union([
  ...builtIn.map((one) => {
    const options = asWritten(portManifest(one, 'step')?.options.shape ?? {});
    return z.strictObject({ [one.name]: required(z.strictObject(options), one.about) });
  }),
  z.looseObject({
    use: ownName(
      'step',
      '`./migrate.mjs`, with a `step` port',
      `must name a module of your own; what is built in is a key: ${builtIn.map((one) => `\`${one.name}: {…}\``).join(', ')}`,
    ),
  }),
]) as z.ZodType<ActionFile, ActionFile>;

const step = z.strictObject({
  at: required(
    z.enum(STEP_PLACES),
    'When: `frozen` is inside the freeze, when the queue is drained and right before the flip.',
  ),
  name: required(name, 'Name of the step; people and receivers know it by that.', 'add-column'),
  do: required(action, 'What is done: a call (`http`), or a module of your own (`use`).', {
    http: { url: 'https://deploy.example.com/alias' },
  }),
  undo: required(
    z.union([z.literal('keep'), action]),
    'What undoes it, also where it was done half or not at all; or `keep`, with a `reason`: it is never undone.',
    { http: { method: 'DELETE', url: 'https://deploy.example.com/alias' } },
  ),
  undoUntil: optional(
    z.literal('flip'),
    'It is undone until the flip begins and kept from then on, with a `reason`: a migration that only goes forward. Left out: it is undone by every rollback.',
    'flip',
  ),
  reason: optional(text, 'Why it is kept; a rollback and the report say it.', 'green writes the new column'),
  within: field(
    duration,
    '30s',
    'a call and some tries',
    'Longest time of the step, all its tries together. In the freeze users’ writes stand still as long.',
  ),
});

export const stepsField = field(
  z.array(step).max(20),
  [],
  'most switches need none',
  'Steps of your own, in the order of their places and then of this list.',
  [
    {
      at: 'before-canary',
      name: 'alias',
      do: { use: './alias.mjs', to: 'green' },
      undo: { use: './alias.mjs', to: 'blue' },
    },
  ],
);

/** What an action is as a reference to a provider, and below which key its options stand. */
export function actionRef(file: ActionFile): {
  readonly file: Exclude<ProviderFile, string>;
  readonly key: string | null;
} {
  // An option of a module may be called as a built-in one is.
  const known = Object.hasOwn(file, 'use') ? undefined : builtIn.find((one) => Object.hasOwn(file, one.name));
  if (known === undefined) return { file: file as Exclude<ProviderFile, string>, key: null };
  return { file: { ...(file[known.name] as object), use: known.name }, key: known.name };
}
