import type { EdgeConfig } from '../../domain/edge-config.ts';
import type { Targets } from '../api.ts';

/** What the edge serves before anything was written: everybody on `from`. */
export function firstConfig({ service, from, to }: Targets): EdgeConfig {
  return {
    schema: 1,
    service,
    generation: 0,
    writer: '',
    salt: '',
    from,
    to,
    topology: 'weight',
    weightPercent: 0,
    cohorts: [],
    writes: { blue: 'open', green: 'open' },
    freezeUntilMs: null,
    producer: from,
    cacheEpoch: { blue: 0, green: 0 },
    releases: { blue: '', green: '' },
  };
}
