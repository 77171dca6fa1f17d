/** Everything in processes of ours: workerd as the CDN, fauxqs as SQS, a journal for the records. */
import { join } from 'node:path';
import { ROUTES, routeUrl } from '../../../src/edge/contract.ts';
import { callJson, HttpError } from '../shared/http.ts';
import { sibling } from '../shared/paths.ts';
import type { Entry, Platform, PlatformEdge, Site } from './platform.ts';

export async function start(site: Site): Promise<Platform> {
  return {
    infra: site.plain
      ? null
      : {
          store: { use: 'journal', dir: join(site.dir, 'store') },
          broker: { use: 'sqs', port: site.ports.sqs ?? 0 },
        },
    startEdge: (origins) => startEdge(site, origins),
  };
}

async function startEdge(site: Site, origins: Readonly<Record<string, string>>): Promise<PlatformEdge> {
  const { dir, service, regions, tokens, host, ports, routes, from } = site;
  const logFile = join(dir, 'edge', 'requests.ndjson');
  const { ready } = await site.run('edge', sibling('../../../src/edge/local/main.ts', import.meta.url), {
    service,
    regions: regions.map(({ name, port }) => ({ name, pop: `${name}-1`, port })),
    origins,
    logFile,
    adminToken: tokens.edgeAdmin,
    pinSecrets: tokens.pinSecrets,
    persistDir: join(dir, 'edge', 'state'),
    port: ports.explorer ?? 0,
    host,
    allowFaults: true,
    vars: { ...routes, DEFAULT_COLOR: from },
  });
  const entries = ready['entries'] as readonly Entry[];
  const adminUrl = String(ready['adminUrl']);
  const headers = { authorization: `Bearer ${tokens.edgeAdmin}` };
  return {
    entries,
    plan: {
      use: 'cloudflare',
      admin: adminUrl,
      account: 'local',
      namespace: String(ready['kvNamespaceId']),
      propagationMs: 10_000,
    },
    env: {
      // The local peers take any credentials; the AWS SDK insists on having some.
      CLOUDFLARE_API_TOKEN: 'local',
      CLOUDFLARE_BASE_URL: String(ready['explorerUrl']),
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: 'us-east-1',
    },
    logs: [logFile],
    async writeFirst(config) {
      const response = await fetch(routeUrl(adminUrl, ROUTES.store), {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ next: config, idempotencyKey: config.writer }),
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) throw new HttpError(response.status, `first edge config: ${await response.text()}`);
      await response.body?.cancel();
    },
    async setCacheLeak(cacheLeak) {
      for (const { url } of entries) await callJson(routeUrl(url, ROUTES.fault), { cacheLeak }, headers);
    },
  };
}
