/**
 * Access logs of AWS Application Load Balancers.
 * Fields by the AWS documentation, "Access logs for your Application Load Balancer", section "Access log entries", in the order of its
 * table; names of files by its section "Access log files". A node delivers a packed file each five minutes; here each second or so.
 */
import { leftClass } from '../../../src/domain/request-line.ts';
import type { RequestLine } from '../../../src/domain/request-line.ts';
import { addressOf, agentOf, compact, pathOf, withoutRouter, type VendorFormat } from './format.ts';

/** As an ALB has it for a client that closed the connection before the idle timeout. */
const CLIENT_LEFT = 460;
const ACCOUNT = '123456789012';

export const alb: VendorFormat = {
  format: 'alb',
  glob: '*.log.gz',
  batch: (lines) => lines.map((line) => `${entry(line)}\n`).join(''),
  file: ({ index, toMs }) => ({
    name: `${ACCOUNT}_elasticloadbalancing_eu-west-1_app.docs.50dc6c495c0c9188_${compact(toMs).slice(0, 13)}Z_10.0.0.9_${index.toString(36).padStart(8, '0')}.log.gz`,
    isPacked: true,
  }),
  told(line) {
    // The balancer's own answers have no target group, so no color.
    if (line.by === 'edge') return null;
    const status = statusOf(line);
    const error = status === CLIENT_LEFT ? leftClass(line.latency_ms.tfinal) : null;
    const route = pathOf(line).split('?')[0] ?? '';
    const user = addressOf(line.user);
    const { instance } = line;
    return { ...withoutRouter(line), status, error, cold: false, route, user, user_by: 'address', instance };
  },
};

function statusOf({ status }: RequestLine): number {
  return status === 499 ? CLIENT_LEFT : status;
}

function entry(line: RequestLine): string {
  const { latency_ms: took, color, region, instance } = line;
  const began = Date.parse(line.ts);
  const seconds = (ms: number): string => (ms / 1000).toFixed(3);
  const target = instance ?? '-';
  const status = statusOf(line);
  const group =
    line.by === 'edge'
      ? '-'
      : `arn:aws:elasticloadbalancing:${region}:${ACCOUNT}:targetgroup/docs-${color}/73e2d6bc24d8a067`;
  return [
    'h2',
    instant(began, took.tfinal),
    'app/docs/50dc6c495c0c9188',
    `${addressOf(line.user)}:2817`,
    target,
    seconds(0),
    seconds(took.tffb),
    seconds(took.tfinal - took.tffb),
    status,
    line.by === 'edge' ? '-' : line.status,
    34,
    366,
    `"${line.method} https://docs.example.com:443${pathOf(line)} HTTP/2.0"`,
    `"${agentOf(line)}"`,
    'ECDHE-RSA-AES128-GCM-SHA256',
    'TLSv1.2',
    group,
    `"Root=1-${began.toString(16).slice(-8)}-${(line.id ?? '').replaceAll('-', '').slice(0, 24)}"`,
    '"docs.example.com"',
    `"arn:aws:acm:${region}:${ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"`,
    0,
    instant(began, 0),
    '"forward"',
    '"-"',
    '"-"',
    `"${target}"`,
    `"${line.status}"`,
    '"-"',
    '"-"',
    `TID_${line.id ?? ''}`,
    '"-"',
    '"-"',
    '"-"',
  ].join(' ');
}

/** With µs, as an ALB writes them. */
export function instant(ms: number, afterMs: number): string {
  const micros = Math.round(afterMs * 1000);
  const at = new Date(ms + Math.floor(micros / 1000)).toISOString();
  return at.replace('Z', `${String(micros % 1000).padStart(3, '0')}Z`);
}
