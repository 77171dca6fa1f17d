/** `cutover/edge`: what an application at the edge or at the core needs to take part in a switch. */
export {
  assertWritable,
  cacheKey,
  contextOf,
  producerTopic,
  readContext,
  writeRefusal,
  WriteRefusedError,
  type EdgeContext,
  type HeaderSource,
  type NewestWords,
  type RefusalReason,
  type WriteFence,
  type WriteIntent,
  type WriteRefusal,
} from './app-kit.ts';
export { doneUnder, formerIdempotencyKey, idempotencyKey, type JobIdentity } from './job-key.ts';
export { EdgeConfigReader, loadFromEdge, type EdgeConfigReaderOptions } from './config-reader.ts';
export { H as CUTOVER_HEADERS, O as ORIGIN_HEADERS } from './headers.ts';
export {
  BUCKETS,
  bucketOf,
  decide,
  type Decision,
  type DecisionInput,
  type RoutingRule,
} from '../domain/bucket.ts';
export {
  PIN_HEADER,
  pinSecrets,
  signPin,
  verifyPin,
  type Pin,
  type PinCheck,
  type PinKind,
  type PinRefusal,
  type PinVerdict,
} from '../domain/pin.ts';
