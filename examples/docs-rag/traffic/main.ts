/**
 * The traffic generator as a process: `POST /start`, `POST /stop` (finishes what is in flight), `GET /stats`
 * on a loopback control port that its ready line names.
 */
import { z } from 'zod';
import { HttpError, listen, readJson, sendJson } from '../shared/http.ts';
import { dataFile } from '../shared/paths.ts';
import { runProcess } from '../shared/process.ts';
import { Generator } from './generator.ts';
import { OP_KINDS } from './ledger.ts';
import { DEFAULT_MIX, loadQuestions } from './workload.ts';

const schema = z.object({
  entries: z.array(z.object({ region: z.string(), url: z.url() })).min(1),
  ledger: z.string().min(1),
  identities: z.object({ blue: z.string(), green: z.string() }),
  questions: z.string().optional(),
  users: z.number().int().min(1).default(200),
  rate: z.number().positive().max(2_000).default(60),
  maxInFlight: z.number().int().min(1).default(64),
  seed: z.number().int().default(1),
  run: z.string().default(() => Date.now().toString(36)),
  port: z.number().int().default(0),
  mix: z.record(z.enum(OP_KINDS), z.number().min(0)).default(DEFAULT_MIX),
  cohorts: z.array(z.object({ percent: z.number().positive(), pin: z.string() })).default([]),
  /** Popular questions, most popular first. */
  popular: z.number().int().min(1).default(30),
});

await runProcess(async (settings) => {
  const { questions: path, popular, port, ...options } = schema.parse(settings);
  const questions = loadQuestions(path ?? dataFile('probes/probes.jsonl'), popular);
  const generator = new Generator({ ...options, questions });
  const http = await listen(async ({ req, res, url }) => {
    switch (`${req.method} ${url.pathname}`) {
      case 'POST /start': {
        const { rate } = z
          .object({ rate: z.number().positive().max(2_000).optional() })
          .parse(await readJson(req));
        generator.start(rate);
        return sendJson(res, 200, generator.stats());
      }
      case 'POST /stop':
        return sendJson(res, 200, await generator.stop());
      case 'GET /stats':
        return sendJson(res, 200, generator.stats());
      default:
        throw new HttpError(404, `no ${req.method} ${url.pathname}`);
    }
  }, port);
  return {
    ready: { control: http.url, ledger: options.ledger },
    close: async () => {
      await generator.close();
      await http.close();
    },
  };
});
