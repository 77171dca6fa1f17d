/** One color's service as a process: `main.ts --color blue --port 8081`, or one JSON argument. */
import { runProcess } from '../shared/process.ts';
import { readConfig } from './config.ts';
import { startService } from './server.ts';

await runProcess((settings) => startService(readConfig(settings, process.env)));
