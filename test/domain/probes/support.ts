/** Small makers for sections and snippets. */
import type { Section } from '../../../src/domain/probe.ts';

export function section(id: string, text: string): Section {
  return { section_id: id, doc_id: id, title: id, source_url: '', text, rev: '1', topic: 't' };
}

export function sectionMap(...sections: readonly Section[]): Map<string, Section> {
  return new Map(sections.map((s) => [s.section_id, s]));
}

/** `w0 w1 … w(n-1)`. */
export function words(n: number, prefix = 'w'): string {
  return Array.from({ length: n }, (_, i) => `${prefix}${i}`).join(' ');
}
