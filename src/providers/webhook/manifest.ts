/** What provider `webhook` says of itself: notifications by POST, in the shape that Slack takes. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, preset, variableName } from '../../ports/option.ts';

export const manifest = defineManifest({
  name: 'webhook',
  about: 'A webhook of Slack, Mattermost, Rocket.Chat, Discord (`/slack`) or a service of your own.',
  ports: {
    notify: {
      does: 'Slack-compatible payload, de-duplicated',
      testedAgainst: 'real HTTP servers',
      options: z.strictObject({
        urlEnv: preset(
          variableName('CUTOVER_WEBHOOK_URL'),
          'CUTOVER_WEBHOOK_URL',
          'Name of the variable that holds the address: whoever has the address can post, so it is a secret.',
        ),
        timeoutMs: preset(milliseconds(60_000), 5000, 'Longest time for one call, ms.'),
      }),
      env: [{ oneOf: ['CUTOVER_WEBHOOK_URL'], why: 'address of the webhook', namedBy: 'urlEnv' }],
    },
  },
});
