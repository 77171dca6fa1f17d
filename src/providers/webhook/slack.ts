/**
 * The payload of a notification in the shape Slack's incoming webhooks take; Mattermost, Rocket.Chat and
 * Discord's `/slack` endpoint take it too.
 * Invariant: text from a switch cannot mention a channel or forge a link: `&`, `<` and `>` are escaped.
 * Source: Slack Block Kit, `header` (150 characters) and `section` (3000 characters); "Escaping text".
 */
import type { Notification } from '../../domain/notification.ts';

const MARK = { info: ':large_blue_circle:', warning: ':warning:', error: ':red_circle:' } as const;

export interface SlackPayload {
  /** Shown by clients without blocks, and in the phone's notification. */
  readonly text: string;
  readonly blocks: readonly Readonly<Record<string, unknown>>[];
}

export function slackPayload(notification: Notification): SlackPayload {
  const { service, switchId, severity, title, text, link } = notification;
  const body = link === null ? escape(text) : `${escape(text)}\n<${escapeLink(link)}|Open>`;
  return {
    text: `${MARK[severity]} ${escape(service)}: ${escape(title)}`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(`${service}: ${title}`, 150), emoji: false } },
      ...(body === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: cut(body, 3000) } }]),
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: cut(`${MARK[severity]} ${severity} · \`${escape(switchId)}\``, 1000) },
        ],
      },
    ],
  };
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeLink(link: string): string {
  return encodeURI(decodeSafely(link)).replaceAll('|', '%7C').replaceAll('>', '%3E');
}

function decodeSafely(link: string): string {
  try {
    return decodeURI(link);
  } catch {
    return link;
  }
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
