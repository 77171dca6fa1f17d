/** A past switch on disk: looks judged and stored as a worker does it, and the pack that publishReport writes. */
import path from 'node:path';
import { reportActivities } from '../../src/activities/report.ts';
import type { Targets } from '../../src/domain/targets.ts';
import type { World } from '../../src/activities/world.ts';
import type { SwitchEvent } from '../../src/domain/event.ts';
import { overallVerdict, summarize, type GateRecord } from '../../src/domain/gate-record.ts';
import type { LookInput } from '../../src/domain/look-input.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { folderEvidence } from '../../src/providers/folder/index.ts';
import type { EvidencePort } from '../../src/ports/index.ts';
import { look, spread, traffic, withSlices } from '../domain/gates/kit.ts';

export const SWITCH_ID = '0192f0c2-0000-7000-8000-000000000001';

/** p95 of `to` is 1.2 times that of `from`: within the default 1.25. */
const LOOKS: readonly LookInput[] = [
  withSlices(
    'latency',
    [traffic('blue', { warmMs: spread(3000) }), traffic('green', { warmMs: spread(3000, 1.2) })],
    { probes: null },
  ),
  look('delta-s'),
];

export interface PastSwitch {
  readonly dir: string;
  readonly pack: string;
  /** Digests of the judged looks. */
  readonly looks: readonly string[];
}

/** @param forge changes the records before they are stored, as somebody with access to the store could. */
export async function pastSwitch(
  dir: string,
  options: {
    forge?: (record: GateRecord) => GateRecord;
    key?: string;
    /** Default: the folder. */
    store?: EvidencePort;
    /** Default: {@link SWITCH_ID}. */
    switchId?: string;
  } = {},
): Promise<PastSwitch> {
  const { switchId = SWITCH_ID } = options;
  const store = options.store ?? folderEvidence({ use: 'folder', path: dir });
  const digests: string[] = [];
  const events: SwitchEvent[] = [{ atMs: 1, type: 'started', by: 'ana', planDigest: 'p' }];
  for (const input of LOOKS) {
    const inputRef = await store.put(input);
    const forge = options.forge ?? ((record: GateRecord) => record);
    const records = judge(input).map((record) => forge({ ...record, evidenceRef: inputRef }));
    const evidence = await store.put({ input: inputRef, records });
    digests.push(evidence);
    const gates = records.map(summarize);
    const { step } = input;
    events.push({
      atMs: 2,
      type: 'looked',
      step,
      look: input.look,
      verdict: overallVerdict(gates),
      gates,
      evidence,
    });
  }
  const plan = {
    service: 'docs',
    from: 'blue',
    to: 'green',
    colors: { blue: { url: '', release: 'r1' }, green: { url: '', release: 'r2' } },
  } as unknown as Plan;
  const world = { port: () => Promise.resolve(store) } as unknown as World;
  const { appendEvents, publishReport } = reportActivities(world, { CUTOVER_SIGNING_KEY: options.key });
  const targets = { switchId } as Targets;
  const { digest } = await appendEvents({ targets, firstIndex: 0, events: events.slice(0, 2) });
  await publishReport({
    plan,
    switchId,
    startedMs: 0,
    planDigest: 'p',
    outcome: { kind: 'refused', findings: [] },
    pages: [digest],
    events: events.slice(2),
  });
  return { dir, pack: path.join(dir, switchId, 'evidence-pack.json'), looks: digests };
}
