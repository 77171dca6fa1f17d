import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as suites from 'cutover/conformance';
import { entryOf, openCache } from './my-cache.js';
import { openColor } from './my-color.js';
import { openEvidence } from './my-evidence.js';
import { openFence } from './my-fence.js';
import { openGate } from './my-gate.js';
import { openNotify } from './my-notify.js';
import { openRouter } from './my-router.js';
import { openStep } from './my-step.js';
import { openStore } from './my-store.js';
import { openTelemetry } from './my-telemetry.js';
import { openTraffic } from './my-traffic.js';
import { openWarmup } from './my-warmup.js';
import { freshWorld, stopAt } from './world.js';

const close = async () => {};
const loseAnswer = (w) => () => {
  w.losing = true;
};

suites.storePortSuite('my-store', async () => {
  const w = freshWorld();
  return {
    port: openStore(w),
    another: () => openStore(w),
    service: 'docs',
    stopWriter: (place) => stopAt(w, place),
    loseAnswer: loseAnswer(w),
    close,
  };
});

suites.routerPortSuite('my-router', async () => {
  const w = freshWorld();
  const regions = ['eu', 'us'];
  return { port: openRouter(w, regions), store: openStore(w), service: 'docs', regions, close };
});

suites.trafficPortSuite('my-traffic', async () => {
  const w = freshWorld();
  return { port: openTraffic(w), stopWriter: () => stopAt(w, 'apply'), loseAnswer: loseAnswer(w), close };
});

suites.cachePortSuite('my-cache', async () => {
  const w = freshWorld();
  return {
    port: openCache(w, (key) => key !== '/not-cacheable'),
    keys: ['/a?q=1', '/a?q=2'],
    regions: 1,
    ask: async (color, key) => [{ answeredBy: color, hit: w.cached.has(entryOf(w, color, key)) }],
    close,
  };
});

suites.fencePortSuite('my-fence', async () => {
  const w = freshWorld();
  return {
    port: openFence(w),
    write: async () => !w.fence.frozen,
    rights: async () => String(w.fence.frozen),
    begin: async () => {
      w.fence.older = true;
      return async () => {
        w.fence.older = false;
      };
    },
    close,
  };
});

suites.warmupPortSuite('my-warmup', async () => ({ port: openWarmup(freshWorld()), close }));

suites.colorPortSuite('my-color', async () => {
  const w = freshWorld();
  return { port: openColor(w, ['eu', 'us']), retired: async (color) => w.retired.has(color), close };
});

suites.stepPortSuite('my-step', async () => {
  const w = freshWorld();
  return {
    port: openStep(w),
    undo: openStep(w),
    changes: async () => w.changes,
    loseAnswer: loseAnswer(w),
    hang: () => stopAt(w, 'step'),
    keepsKeys: true,
    close,
  };
});

suites.telemetryPortSuite('my-telemetry', async () => {
  const w = freshWorld();
  const fromMs = Date.parse('2026-03-02T10:00:00Z');
  return {
    port: openTelemetry(w),
    query: { service: 'docs', fromMs, toMs: fromMs + 3_600_000, regions: [] },
    append: async (lines) => void w.lines.push(...lines),
    close,
  };
});

suites.notifyPortSuite('my-notify', async () => {
  const w = freshWorld();
  return { port: openNotify(w), received: () => w.outbox, close };
});

suites.evidencePortSuite('my-evidence', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'my-evidence-'));
  const w = freshWorld();
  return {
    port: openEvidence(folder, w),
    another: () => openEvidence(folder, w),
    tamper: (digest) => writeFile(join(folder, digest), '{"verdict":"pass"}'),
    close: () => rm(folder, { recursive: true }),
  };
});

suites.customGatePortSuite('my-gate', async () => {
  const w = freshWorld();
  w.metrics = {
    good: async () => ({ blue: 1, green: 0.9 }),
    bad: async () => ({ blue: 1, green: 5 }),
    'no-data': async () => null,
    nonsense: async () => ({ green: '<html>' }),
    broken: async () => {
      throw new Error('400 bad request');
    },
    hangs: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const options = async (metric) => (metric in w.metrics ? { metric, max: 1, timeoutMs: 300 } : null);
  return { port: openGate(w), options, close };
});
