/** The table of faults has a row for every call of every provider that changes the world, and every row is run. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MANIFESTS, resolveProvider } from '../../../src/providers/registry.ts';
import type { Manifest } from '../../../src/ports/manifest.ts';
import { WRITES } from './methods.ts';
import { SUBJECTS, WITHOUT } from './subjects.ts';

const named = ({ provider, port, method }: { provider: string; port: string; method: string }): string =>
  `${provider} ${port}.${method}`;

void describe('the table of faults', () => {
  void it('has a row, or a reason for none, for every call that changes the world', () => {
    const wanted = MANIFESTS.flatMap((manifest) =>
      WRITES.filter(({ port }) => Object.hasOwn(manifest.ports, port) || isOfEdge(manifest, port)).map(
        (write) => named({ provider: manifest.name, ...write }),
      ),
    );
    const rows = [...new Set([...SUBJECTS.map(named), ...Object.keys(WITHOUT)])];
    assert.deepEqual(rows.toSorted(), wanted.toSorted());
    assert.deepEqual(
      SUBJECTS.map(named).filter((one) => Object.hasOwn(WITHOUT, one)),
      [],
    );
  });

  void it('knows the ports of a provider that its folder offers, and no others', async () => {
    for (const { provider, port } of SUBJECTS) {
      const offered = await resolveProvider(provider);
      assert.ok(port in offered || 'edge' in offered, `${provider} has no ${port}`);
    }
  });

  void it('is run in the lane of each peer', () => {
    for (const { peer } of SUBJECTS) {
      const file = new URL(`faults.${peer === null ? '' : `${peer}.`}test.ts`, import.meta.url);
      assert.ok(existsSync(file), file.href);
    }
  });
});

/** A store that a manifest names only in the short form of its edge; a router is no store. */
function isOfEdge(manifest: Manifest, port: string): boolean {
  return port === 'store' && manifest.ports.store === undefined && manifest.ports.edge !== undefined;
}
