/** The simulation of clustered traffic: seeds, logs that are gone on with, settings. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  addCounts,
  countOf,
  Log,
  nameOf,
  seedOf,
  type Cell,
} from '../../scripts/sim-gates/clustered/cell.ts';
import { error } from '../../scripts/sim-gates/clustered/family.ts';
import { simulateHold } from '../../scripts/sim-gates/clustered/hold.ts';
import { LOG, withTables } from '../../scripts/sim-gates/clustered/main.ts';
import { settingsOf, withSettings } from '../../scripts/sim-gates/clustered/settings.ts';

const VOLUME = { from: 1200, to: 1200 };
const family = error('own bursts', [VOLUME], { bursts: { height: 0.2, meanS: 60, share: 0.02 } });
const cell: Cell = { family, volume: VOLUME, settings: '' };

void test('a hold is drawn from its seed alone, and a broken color fails at the first look', () => {
  const broken = { ...family, fault: { to: 0.6 } };
  const once = simulateHold(broken, VOLUME, seedOf(cell, '61', 0));
  assert.deepEqual(simulateHold(broken, VOLUME, seedOf(cell, '61', 0)), once);
  assert.equal(once.failedAt.hold, 1);
  assert.equal(once.kayenta, true);
});

void test('a log is gone on with where it ends, and its seeds add up', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'clustered-')), 'log.jsonl');
  const count = countOf([
    { failedAt: { hold: 3, day: 0, early: 0 }, passed: false, plain: true, kayenta: true },
    { failedAt: { hold: 0, day: 0, early: 0 }, passed: true, plain: false, kayenta: null },
  ]);
  const log = new Log(path);
  log.add(cell, '61', 0, count);
  log.add(cell, '61', 2, count);
  log.add(cell, '62', 0, count);
  const again = new Log(path);
  assert.equal(again.done(cell, '61'), 4);
  assert.equal(again.done(cell, '63'), 0);
  assert.deepEqual(again.sum(cell), addCounts(addCounts(count, count), count));
  assert.equal(again.sum(cell).looks.hold.length, 3);
  assert.deepEqual(again.sum(cell).kayenta, { holds: 3, failed: 3 });
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 4);
});

void test('the documentation holds what the committed log has', () => {
  const page = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8');
  assert.equal(withTables(page, new Log(LOG)), page, 'npm run sim:gates -- --clustered --write');
});

void test('a line that is no entry is named', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'clustered-')), 'log.jsonl');
  writeFileSync(path, '{"cell":"x"}\n');
  assert.throws(() => new Log(path), /log\.jsonl:1: no entry/);
});

void test('settings change what a family has and are part of the cell’s name', () => {
  const settings = settingsOf({ burst: '300s', tau: '10m', skew: '1' });
  const own = withSettings(family, settings);
  assert.equal(own.bursts?.meanS, 300);
  assert.equal(own.wander, undefined);
  assert.equal(own.users?.zipf, 1);
  assert.match(
    nameOf({ family: own, volume: VOLUME, settings: settings.label }),
    /burst 300s, tau 10m, skew 1$/,
  );
  assert.throws(() => settingsOf({ burst: '3x' }), /--burst takes a duration such as 300s, not "3x"/);
  assert.throws(() => settingsOf({ volume: '12' }), /--volume takes requests an hour as from\/to/);
});
