/** `cutover/provider`: the ports, and how a provider of your own is made. */
export { defineProvider } from './ports/index.ts';
export type * from './ports/index.ts';
/** For the options of a manifest: the zod that reads them. */
export { z } from 'zod';
export type { Manifest, PortManifest, Variable } from './ports/manifest.ts';
export { EvidenceGoneError, ProviderError, UserError, type ProviderErrorKind } from './domain/errors.ts';
export type { Notification } from './domain/notification.ts';
export type { EdgeConfig, EdgeConfigPatch } from './domain/edge-config.ts';
/** For a telemetry that has its lines in memory: the two passes of `sums`, and `blocks`. */
export {
  blocksOf,
  countedLine,
  countLines,
  type BlocksTerms,
  type CountedLine,
} from './domain/clusters/index.ts';
export { canonicalJson } from './domain/canonical-json.ts';
export { nextEdgeConfig } from './domain/edge-config.ts';
export type { Color } from './domain/color.ts';
export type { RequestLine } from './domain/request-line.ts';
export type { HealthContract } from './domain/health.ts';
export type { CustomResult, ErrorCatalogue, TrafficSlice, TrafficCounts } from './domain/look-input.ts';
export type { TrafficCapabilities } from './domain/traffic.ts';
