/**
 * `cutover/conformance`: what every port must keep, as suites of `node:test` for a provider of your own. Each takes a name and a
 * function that makes a fresh environment for each rule; run the file with `node --test`. What an environment offers beyond the
 * needed shows more rules; a rule that it cannot show is skipped with the reason.
 */
export { cachePortSuite, type CacheEnv } from './cache.ts';
export { colorPortSuite, healthContract, type ColorEnv } from './color.ts';
export { evidencePortSuite, type EvidenceEnv } from './evidence.ts';
export { fencePortSuite, type FenceEnv } from './fence.ts';
export { customGatePortSuite, QUESTION, type CustomGateEnv, type Question, type Situation } from './gate.ts';
export { NOTE, notifyPortSuite, type NotifyEnv } from './notify.ts';
export { queuePortSuite, type Job, type QueueEnv } from './queue.ts';
export { ndjson, requestLine } from './request-lines.ts';
export { routerPortSuite, type RouterEnv } from './router.ts';
export { STEP, stepPortSuite, type StepEnv } from './step.ts';
export { firstConfig, storePortSuite, type StoreEnv } from './store.ts';
export { telemetryPortSuite } from './telemetry.ts';
export type { TelemetryEnv } from './telemetry-env.ts';
export { totalsPortSuite } from './telemetry-totals.ts';
export { trafficPortSuite, type TrafficEnv } from './traffic.ts';
export { warmupPortSuite, type WarmupEnv } from './warmup.ts';
