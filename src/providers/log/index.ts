/**
 * Provider `log`: notifications as lines.
 * Invariant: one line for one idempotency key in one process.
 */
import type { Notification } from '../../domain/notification.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { redact } from '../../domain/redact.ts';
import { OnceByKey } from '../once.ts';
import { parseOptions } from '../options.ts';
import { defineProvider, type NotifyPort } from '../../ports/index.ts';
import { manifest } from './manifest.ts';

/**
 * One JSON line a notification.
 * @param write where lines go; standard error by default, because standard output belongs to `--json`.
 */
export function logNotify(
  ref: ProviderRef,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): NotifyPort {
  parseOptions(manifest.ports.notify, ref, 'notify');
  const once = new OnceByKey();
  return {
    send(notification: Notification, context): Promise<void> {
      return once.run(context.idempotencyKey, async () => {
        write(`${redact(JSON.stringify({ ts: new Date().toISOString(), ...notification }))}\n`);
      });
    },
  };
}

export const provider = defineProvider({ name: 'log', notify: (ref) => logNotify(ref) });
