/** The infrastructure of the demo as one process: the queues and the shared store. */
import { runProcess } from '../shared/process.ts';
import { startInfra } from './server.ts';

await runProcess(startInfra);
