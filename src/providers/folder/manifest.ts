/** What provider `folder` says of itself: evidence in a directory of one machine. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { preset } from '../../ports/option.ts';
import { maxBytesOption } from '../content-store-option.ts';

export const manifest = defineManifest({
  name: 'folder',
  about: 'A directory. For one machine: workers on others do not see it, unless it is a shared disk.',
  ports: {
    evidence: {
      does: 'content-addressed, gzip, atomic; verified on read',
      testedAgainst: 'the file system',
      options: z.strictObject({
        path: preset(
          z.string().min(1),
          '.cutover/evidence',
          'Directory; made when missing. A path without `./` is relative to where the worker runs.',
        ),
        maxBytes: maxBytesOption,
      }),
    },
  },
});
