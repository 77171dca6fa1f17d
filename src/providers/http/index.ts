/**
 * Provider `http`: a color that speaks for itself. Health is `GET <url>/.well-known/cutover`, the end is
 * `POST <url>/.well-known/cutover/retire`.
 * Invariant: a contract is validated before anybody reads it, so that a missing required field is one clear line and not
 * an `undefined` deep in preflight; retiring twice is the same as retiring once.
 */
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { HealthContract } from '../../domain/health.ts';
import { excerpt } from '../../domain/redact.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { call, joinUrl, showUrl } from '../fetch.ts';
import { parseOptions } from '../options.ts';
import { requireEnv } from '../../ports/secrets.ts';
import { type ColorPort, defineProvider, type ProviderScope, type WriteContext } from '../../ports/index.ts';
import { askContract, NO_RETIRE_ROUTE, WELL_KNOWN } from './contract.ts';
import { httpGate } from './gate.ts';
import { manifest } from './manifest.ts';
import { httpStep } from './step.ts';

/**
 * Opens the color port of `use: http`. Environment: `CUTOVER_COLOR_TOKEN`, needed only to retire.
 * @throws UserError when an option is wrong.
 */
export function httpColors(ref: ProviderRef, scope: ProviderScope): ColorPort {
  const options = parseOptions(manifest.ports.color, ref, 'color');

  function urlsOf(color: Color): readonly { region: string | null; url: string }[] {
    const regions = Object.entries(options.regions?.[color] ?? {});
    if (regions.length === 0) return [{ region: null, url: scope.colorUrls[color] }];
    return regions.map(([region, url]) => ({ region, url }));
  }

  return {
    async health(color, signal): Promise<readonly HealthContract[]> {
      return Promise.all(
        urlsOf(color).map(async ({ region, url }) => {
          const address = joinUrl(url, WELL_KNOWN);
          const contract = await askContract(url, { signal, timeoutMs: options.timeoutMs });
          expectSame(address, 'service', contract.service, scope.service);
          expectSame(address, 'color', contract.color, color);
          if (region === null) return contract;
          expectSame(address, 'region', contract.region ?? region, region);
          return { ...contract, region };
        }),
      );
    },

    async retire(color: Color, context: WriteContext): Promise<{ detail: string }> {
      const token = requireEnv(scope.env, 'CUTOVER_COLOR_TOKEN', `needed to retire ${color}`);
      const details: string[] = [];
      for (const { url } of urlsOf(color)) {
        const address = joinUrl(url, `${WELL_KNOWN}/retire`);
        const answer = await call({
          provider: 'http',
          url: address,
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'idempotency-key': context.idempotencyKey },
          signal: context.signal,
          timeoutMs: options.timeoutMs,
          accept: [410, ...NO_RETIRE_ROUTE],
        });
        const said = NO_RETIRE_ROUTE.includes(answer.status)
          ? `serves no retire route (HTTP ${answer.status}): take ${color} down yourself`
          : answer.status === 410
            ? 'was already retired'
            : excerpt(answer.text);
        details.push(`${showUrl(url)}: ${said === '' ? 'retired' : said}`);
      }
      return { detail: details.join('; ') };
    },
  };
}

function expectSame(address: string, field: string, got: string, wanted: string): void {
  if (got === wanted) return;
  throw new ProviderError(
    'fatal',
    'http',
    `${showUrl(address)}: ${field} is "${got}", the plan says "${wanted}": the address belongs to another stack`,
  );
}

export const provider = defineProvider({ name: 'http', color: httpColors, gate: httpGate, step: httpStep });
