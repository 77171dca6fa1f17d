/** Where people are told. */
import type { Notification } from '../domain/notification.ts';
import type { Closable, WriteContext } from './context.ts';

export interface NotifyPort extends Closable {
  send(notification: Notification, context: WriteContext): Promise<void>;
}
