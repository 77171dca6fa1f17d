import { defineProvider } from 'cutover/provider';
import { used, world } from './world.js';

export function openNotify(w) {
  return {
    async send({ service, switchId, severity, title, text, link }, { idempotencyKey }) {
      used(w, 'notify');
      if (w.sent.has(idempotencyKey)) return;
      w.sent.add(idempotencyKey);
      w.outbox.push(`${severity} ${service} ${switchId}: ${title}: ${text} ${link ?? ''}`);
    },
  };
}

export const provider = defineProvider({ name: 'my-notify', notify: (ref) => openNotify(world(ref.world)) });
