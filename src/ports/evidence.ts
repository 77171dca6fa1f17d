import type { Closable } from './context.ts';

/** Content-addressed store of probe responses, gate inputs and reports. */
export interface EvidencePort extends Closable {
  /** @returns the sha256 digest, hex, of the canonical JSON of `value`. */
  put(value: unknown): Promise<string>;
  /** @throws EvidenceGoneError when nothing is stored under the digest. */
  get(digest: string): Promise<unknown>;
  /** Writes a named file of the switch (report, evidence pack), over an older one; returns where a person finds it. */
  publish(switchId: string, name: string, content: string): Promise<string>;
  /** What `publish` wrote. @throws EvidenceGoneError when there is none. */
  published(switchId: string, name: string): Promise<string>;
}
