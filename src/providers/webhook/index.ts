/**
 * Provider `webhook`: tells people what a switch does, in the shape that Slack takes.
 * Invariant: one message for one idempotency key in one process, and the key goes along in a header so that a
 * receiver can drop the rare repeat after a worker was killed between sending and reporting.
 */
import type { ProviderRef } from '../../domain/plan.ts';
import { call } from '../fetch.ts';
import { parseOptions } from '../options.ts';
import { requireEnv } from '../../ports/secrets.ts';
import { defineProvider, type NotifyPort, type ProviderScope } from '../../ports/index.ts';
import { OnceByKey } from '../once.ts';
import { manifest } from './manifest.ts';
import { slackPayload } from './slack.ts';

/** @throws UserError when an option is wrong or the variable is not set. */
export function webhookNotify(ref: ProviderRef, scope: ProviderScope): NotifyPort {
  const options = parseOptions(manifest.ports.notify, ref, 'notify');
  const url = requireEnv(scope.env, options.urlEnv, 'it holds the webhook address of providers.notify');
  const once = new OnceByKey();
  return {
    send(notification, context): Promise<void> {
      return once.run(context.idempotencyKey, async () => {
        await call({
          provider: 'webhook',
          url,
          label: `the webhook of ${options.urlEnv}`,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': context.idempotencyKey },
          body: JSON.stringify(slackPayload(notification)),
          signal: context.signal,
          timeoutMs: options.timeoutMs,
        });
      });
    },
  };
}

export const provider = defineProvider({ name: 'webhook', notify: webhookNotify });
