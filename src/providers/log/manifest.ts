/** What provider `log` says of itself: notifications as lines on standard error. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';

export const manifest = defineManifest({
  name: 'log',
  about: 'One JSON line a notification on the worker’s standard error.',
  ports: {
    notify: {
      does: 'one redacted JSON line a notification, de-duplicated',
      testedAgainst: 'the worker’s own output',
      options: z.strictObject({}),
    },
  },
});
