/** `cutover probes lint|curate|import|rotate`: makes and keeps a probe set that is worth gating with. */
import { UserError } from '../../domain/errors.ts';
import { nearest } from '../../plan/nearest.ts';
import { curateSet, lint } from '../probe-actions.ts';
import { importSet, rotate } from '../probe-files.ts';
import { ASK_OPTIONS, EMBEDDER_OPTION } from '../probe-source.ts';
import { required, type CommandSpec, type Context } from '../spec.ts';

const ACTIONS: Readonly<Record<string, (context: Context) => Promise<number>>> = {
  lint,
  curate: curateSet,
  import: importSet,
  rotate,
};

export const probes: CommandSpec = {
  name: 'probes',
  usage: 'lint|curate|import|rotate <what> …',
  maxPositionals: 3,
  about:
    'lint finds mistakes that make a gate blind (exit 1 if there is one); with --against it asks a color, too. curate sends the whole grid to both colors and leaves out what neither passes, with the reasons. import <format> <path> reads ragas, deepeval, promptfoo, beir, squad, langsmith, a table of your own, or drafts that were filled in. rotate holds out a share for a release.',
  options: {
    ...ASK_OPTIONS,
    ...EMBEDDER_OPTION,
    out: { type: 'string', value: '<folder>', help: 'where to write the new set; must be empty or absent' },
    paraphrases: { type: 'boolean', help: 'lint: also how far paraphrases lie from their question' },
    and: { type: 'string', value: '<url>', help: 'curate with --against: address of the other color' },
    'min-coverage': { type: 'string', value: '<share>', help: 'curate: least mean coverage (default 0.7)' },
    'max-delta-s': { type: 'string', value: '<ΔS>', help: 'curate: ΔS that is too far (default 0.6)' },
    sections: { type: 'string', value: '<jsonl>', help: 'import: your own corpus, to find the targets in' },
    name: { type: 'string', value: '<name>', help: 'import: name of the new set' },
    release: { type: 'string', value: '<id>', help: 'rotate: release that the hold-out is for' },
    share: { type: 'string', value: '<share>', help: 'rotate: share that is held out (default 0.2)' },
  },
  examples: [
    'cutover probes lint cutover.yaml --paraphrases',
    'cutover probes curate cutover.yaml --out kept/',
    'cutover probes import ragas testset.jsonl --sections s.jsonl --out probes/',
    'cutover probes rotate probes/ --release r42 --out probes-open/',
  ],
  run: async (context) => {
    const given = required(context, 0, 'lint, curate, import or rotate');
    const action = Object.hasOwn(ACTIONS, given) ? ACTIONS[given] : undefined;
    if (action !== undefined) return action(context);
    const meant = nearest(given, Object.keys(ACTIONS));
    throw new UserError(`cutover probes cannot ${JSON.stringify(given.slice(0, 60))}`, {
      hint:
        meant === null
          ? `say one of ${Object.keys(ACTIONS).join(', ')}`
          : `did you mean \`cutover probes ${meant}\`?`,
    });
  },
};
