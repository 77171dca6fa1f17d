/** Provider `haproxy` against a real server. */
import { trafficPortSuite } from '../../src/conformance/traffic.ts';
import { haproxyEnv } from './haproxy-env.ts';

trafficPortSuite('haproxy', haproxyEnv);
