/**
 * Providers `webhook` (Slack-compatible) and `log`: tell people what a switch does.
 * Invariant: one message for one idempotency key in one process, and the key goes along in a header so that a
 * receiver can drop the rare repeat after a worker was killed between sending and reporting.
 */
import { z } from 'zod';
import { redact } from '../../domain/redact.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { call } from '../fetch.ts';
import { parseOptions, requireEnv } from '../options.ts';
import type { Notification } from '../../domain/notification.ts';
import { defineProvider, type NotifyPort, type ProviderScope } from '../../ports/index.ts';
import { OnceByKey } from './once.ts';
import { slackPayload } from './slack.ts';

/** Options of `use: webhook`. The address itself is a secret (whoever has it can post), hence a variable's name. */
const webhookSchema = z.strictObject({
  use: z.string(),
  urlEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable, like CUTOVER_WEBHOOK_URL')
    .default('CUTOVER_WEBHOOK_URL'),
  timeoutMs: z.number().int().positive().max(60_000).default(5_000),
});

/** @throws UserError when an option is wrong or the variable is not set. */
export function webhookNotify(ref: ProviderRef, scope: ProviderScope): NotifyPort {
  const options = parseOptions(webhookSchema, ref, 'notify');
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

const logSchema = z.strictObject({ use: z.string() });

/**
 * One JSON line a notification.
 * @param write where lines go; standard error by default, because standard output belongs to `--json`.
 */
export function logNotify(
  ref: ProviderRef,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): NotifyPort {
  parseOptions(logSchema, ref, 'notify');
  const once = new OnceByKey();
  return {
    send(notification: Notification, context): Promise<void> {
      return once.run(context.idempotencyKey, async () => {
        write(`${redact(JSON.stringify({ ts: new Date().toISOString(), ...notification }))}\n`);
      });
    },
  };
}

export const webhookProvider = defineProvider({ name: 'webhook', notify: webhookNotify });
export const logProvider = defineProvider({ name: 'log', notify: (ref) => logNotify(ref) });
