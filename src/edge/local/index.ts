/** The local CDN, for tests, the demo and `cutover dev`. */
export {
  LOCAL_KV_NAMESPACE,
  startLocalEdge,
  type LocalEdge,
  type LocalEdgeOptions,
  type LocalRegion,
} from './local-edge.ts';
