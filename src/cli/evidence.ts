/** The options by which a command is told where evidence is, and the pack that its first argument names. */
import {
  DEFAULT_FOLDER,
  findPack,
  readPack,
  signingKey,
  type EvidencePack,
  type StoreNamed,
} from '../evidence/index.ts';
import { required, text, type Context, type OptionSpec } from './spec.ts';

export const STORE_OPTIONS = {
  dir: {
    type: 'string',
    value: '<folder | s3://… | { use: … }>',
    help: `the evidence store (default: the pack's, ${DEFAULT_FOLDER}); a module of your own as in a plan`,
  },
  plan: {
    type: 'string',
    value: '<cutover.yaml>',
    help: 'the store that this plan names, with its endpoint and region',
  },
} as const satisfies Record<string, OptionSpec>;

export function storeNamed(context: Pick<Context, 'values' | 'env'>): StoreNamed {
  return { dir: text(context, 'dir'), plan: text(context, 'plan'), env: context.env };
}

/** A path, an address or the id of a switch. @throws UserError when there is no pack. */
export async function openPack(context: Context): Promise<EvidencePack> {
  const given = required(context, 0, 'the evidence pack or switch id');
  return readPack(await findPack(given, storeNamed(context)), signingKey(context.env));
}
