/**
 * The edge config in a file, which others replace: a ConfigMap that is mounted, a deployment tool, a person.
 *
 * Invariant: read by its path each time, never by an open descriptor or a watch, because a mounted ConfigMap is replaced by swapping a
 * symbolic link above it. A file that is away or torn is an error, never "there is no config": whoever has one keeps it.
 */
import { readFile, stat } from 'node:fs/promises';
import type { EdgeConfig } from '../../domain/edge-config.ts';
import { MAX_CONFIG_BYTES, parseEdgeConfig } from '../parse-config.ts';

/**
 * @returns the config; null where the file holds `null`: none was ever written.
 * @throws Error that says what is wrong, with the path.
 */
export async function readConfigFile(path: string, service: string): Promise<EdgeConfig | null> {
  const { size } = await stat(path);
  if (size > MAX_CONFIG_BYTES) throw new Error(`${path}: ${size} bytes are no edge config`);
  const text = await readFile(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${path}: no JSON (is it being written?)`);
  }
  if (value === null) return null;
  const config = parseEdgeConfig(value);
  if (typeof config === 'string') throw new Error(`${path}: ${config}`);
  if (config.service !== service)
    throw new Error(`${path}: it is the config of "${config.service}", and this router serves "${service}"`);
  return config;
}
