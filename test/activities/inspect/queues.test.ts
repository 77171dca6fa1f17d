/** What preflight asks of the queues and of the probes. */
import { findsEach } from './kit.ts';
import { QUEUES_WRONG } from './wrong-queues.ts';

findsEach('of the queues and the probes', QUEUES_WRONG);
