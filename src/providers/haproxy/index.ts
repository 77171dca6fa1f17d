/**
 * Provider `haproxy`: the weights of two servers in a backend, set by the runtime API.
 * Options: `sockets`, `backend`, `blue`, `green`, `memory`, `sticky`, `timeoutMs`. No environment.
 */
import { defineProvider } from '../../ports/index.ts';
import { haproxyTraffic } from './traffic.ts';

export const provider = defineProvider({ name: 'haproxy', traffic: haproxyTraffic });
