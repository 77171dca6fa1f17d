/** The evidence pack: what was planned, what happened, every verdict by digest, and how to check it. */
import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Activities } from './api.ts';
import type { World } from './world.ts';

export function reportActivities(
  world: World,
  env: Readonly<Record<string, string | undefined>>,
): Pick<Activities, 'publishReport'> {
  return {
    async publishReport({ targets, plan, planDigest, outcome, events, evidence }) {
      const store = await world.evidence(targets);
      const pack = { schema: 1, switchId: targets.switchId, planDigest, plan, outcome, events, evidence };
      const text = canonicalJson(pack);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const key = env['CUTOVER_SIGNING_KEY'];
      const signature =
        key === undefined || key === '' ? null : createHmac('sha256', key).update(text).digest('hex');
      await store.publish(targets.switchId, 'evidence-pack.json', text);
      await store.publish(
        targets.switchId,
        'evidence-pack.signature.json',
        JSON.stringify({ sha256, 'hmac-sha256': signature }, null, 2),
      );
      const path = await store.publish(
        targets.switchId,
        'report.md',
        markdown(targets.switchId, plan, outcome, events, sha256),
      );
      return { path };
    },
  };
}

type Input = Parameters<Activities['publishReport']>[0];

function markdown(
  switchId: string,
  plan: Input['plan'],
  outcome: Input['outcome'],
  events: readonly SwitchEvent[],
  sha256: string,
): string {
  const ending =
    outcome.kind === 'rolled-back'
      ? `rolled back to ${plan.from}: ${outcome.reason}. Users were back after ${outcome.restoredInMs} ms. ${outcome.remedy}`
      : outcome.kind;
  return [
    `# Switch of ${plan.service}: ${plan.from} → ${plan.to}`,
    '',
    `- switch: \`${switchId}\``,
    `- outcome: **${ending}**`,
    `- releases: ${plan.from} ${plan.colors[plan.from].release}, ${plan.to} ${plan.colors[plan.to].release}`,
    `- evidence pack sha256: \`${sha256}\``,
    '',
    '## What happened',
    '',
    '| time (UTC) | what |',
    '|---|---|',
    ...events.map((event) => `| ${new Date(event.atMs).toISOString().slice(0, 23)} | ${describe(event)} |`),
    '',
  ].join('\n');
}

/** One line a fact; the pack has the rest. */
function describe(event: SwitchEvent): string {
  const { atMs: _, type, ...facts } = event;
  if (event.type === 'looked') {
    const gates = event.gates.map((gate) => `${gate.gate} ${gate.verdict} (${gate.summary})`).join('; ');
    return escape(
      `look ${event.look.index}/${event.look.planned} of ${event.step}: **${event.verdict}**. ${gates}`,
    );
  }
  if (event.type === 'ended') return `ended: ${event.outcome.kind}`;
  if (event.type === 'findings') {
    const all = event.findings.map((one) => `${one.severity} ${one.code}: ${one.message}`).join('; ');
    return escape(`findings: ${all === '' ? 'none' : all}`);
  }
  const text = Object.entries(facts).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return escape(`${type}: ${text.join(', ')}`);
}

function escape(text: string): string {
  return text.replaceAll('|', '/').replaceAll('\n', ' ');
}
