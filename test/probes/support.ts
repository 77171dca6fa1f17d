/** A tiny probe set and a sender for it. */
import type { Probe, ProbeCell, ProbeSet, Section } from '../../src/domain/probe.ts';
import type { ProbeRequest } from '../../src/domain/plan.ts';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import { compileAnswerSchema } from '../../src/probes/answer-schema.ts';
import { compileResponseMap } from '../../src/probes/response-map.ts';
import { createSender } from '../../src/probes/sender.ts';
import type { Sender, SenderOptions } from '../../src/probes/sender.ts';

export const REQUEST: ProbeRequest = {
  method: 'POST',
  path: '/v1/answer',
  via: 'direct',
  headers: {},
  body: { question: '{{question}}', seed: '{{seed}}' },
  stream: false,
};

export function probe(id: string, rest: Partial<Probe> = {}): Probe {
  return {
    id,
    topic: 't',
    question: `question ${id}?`,
    paraphrases: [`first ${id}`, `second ${id}`, `third ${id}`],
    answerable: true,
    targets: [{ section_id: `section-${id}` }],
    decoys: [],
    author: 'test',
    origin: 'written',
    ...rest,
  };
}

export function probeSet(ids: readonly string[]): ProbeSet {
  const sections = ids.map((id): Section => {
    const text = Array.from({ length: 20 }, (_, i) => `${id}word${i}`).join(' ');
    return {
      section_id: `section-${id}`,
      doc_id: 'd',
      title: id,
      source_url: '',
      text,
      rev: '1',
      topic: 't',
    };
  });
  return {
    name: 'tiny',
    version: '1',
    digest: 'd'.repeat(64),
    corpusHash: 'c'.repeat(64),
    probes: ids.map((id) => probe(id)),
    sections: new Map(sections.map((s) => [s.section_id, s])),
  };
}

export const CELL: ProbeCell = { probeId: 'p', paraphrase: 1, seed: 2 };

/** A sender to one URL for both colors. */
export function senderTo(url: string, rest: Partial<SenderOptions> = {}): Sender {
  return createSender({
    request: REQUEST,
    baseUrls: { blue: url, green: url },
    map: compileResponseMap(CONTRACT_MAP),
    check: compileAnswerSchema(null),
    pin: () => ({}),
    timeoutMs: 5_000,
    ...rest,
  });
}
