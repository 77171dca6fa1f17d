/** Special functions and distributions against mpmath (50 digits) and scipy. Columns: see generate.py. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as stats from '../../../src/domain/stats/index.ts';
import { eachCase, near } from './fixtures.ts';

void test('lgamma and logBeta match mpmath', () => {
  eachCase('lgamma', (row) => {
    const tolerance = { relative: 1e-12, absolute: 1e-14 };
    near(stats.lgamma(row.num(0)), row.num(2), row, { ...tolerance, label: 'lgamma' });
    near(stats.logBeta(row.num(0), row.num(1)), row.num(3), row, { ...tolerance, label: 'logBeta' });
  });
});

void test('both tails of the incomplete beta match mpmath', () => {
  eachCase('betainc', (row) => {
    const [x, a, b] = [row.num(0), row.num(1), row.num(2)];
    near(stats.regularizedBeta(x, a, b), row.num(3), row, { label: 'regularizedBeta' });
    near(stats.regularizedBetaUpper(x, a, b), row.num(4), row, { label: 'regularizedBetaUpper' });
  });
});

void test('log tails match mpmath where the tails themselves underflow', () => {
  eachCase('log-tails', (row) => {
    const [x, a, b] = [row.num(0), row.num(1), row.num(2)];
    near(stats.logRegularizedBeta(x, a, b), row.num(3), row, { label: 'logRegularizedBeta' });
    near(stats.logRegularizedBetaUpper(x, a, b), row.num(4), row, { label: 'logRegularizedBetaUpper' });
  });
});

void test('beta quantiles match scipy', () => {
  eachCase('beta-quantile', (row) => {
    const [p, a, b] = [row.num(0), row.num(1), row.num(2)];
    near(stats.betaQuantile(p, a, b), row.num(3), row, { label: 'betaQuantile' });
    near(stats.betaUpperQuantile(p, a, b), row.num(4), row, { label: 'betaUpperQuantile' });
  });
});

void test('normal tails and quantiles match mpmath and scipy', () => {
  eachCase('normal', (row) => {
    near(stats.normalUpperTail(row.num(0)), row.num(2), row, { relative: 1e-12, label: 'normalUpperTail' });
    near(stats.normalUpperQuantile(row.num(1)), row.num(3), row, {
      relative: 1e-12,
      label: 'normalUpperQuantile',
    });
  });
});

void test('Student t tails and quantiles match mpmath and scipy', () => {
  eachCase('student-t', (row) => {
    near(stats.studentTUpperTail(row.num(0), row.num(1)), row.num(3), row, { label: 'studentTUpperTail' });
    near(stats.studentTUpperQuantile(row.num(2), row.num(1)), row.num(4), row, {
      label: 'studentTUpperQuantile',
    });
  });
});

void test('binomial pmf and tails match mpmath', () => {
  eachCase('binomial-pmf', (row) => {
    const [k, n, p] = [row.num(0), row.num(1), row.num(2)];
    near(stats.binomialLogPmf(k, n, p), row.num(3), row, { absolute: 1e-11, label: 'binomialLogPmf' });
    near(stats.binomialCdf(k, n, p), row.num(4), row, { absolute: 1e-300, label: 'binomialCdf' });
    near(stats.binomialUpperTail(k, n, p), row.num(5), row, { absolute: 1e-300, label: 'binomialUpperTail' });
  });
});

void test('binomial quantiles equal scipy exactly', () => {
  eachCase('binomial-quantile', (row) => {
    const [level, n, p] = [row.num(0), row.num(1), row.num(2)];
    assert.equal(stats.binomialQuantile(level, n, p), row.num(3), row.toString());
    assert.equal(stats.binomialUpperQuantile(level, n, p), row.num(4), row.toString());
  });
});

void test('edges of the distributions are defined', () => {
  assert.equal(stats.regularizedBeta(0, 2, 3), 0);
  assert.equal(stats.regularizedBeta(1, 2, 3), 1);
  assert.equal(stats.logRegularizedBetaUpper(1, 2, 3), -Infinity);
  assert.equal(stats.betaQuantile(0, 2, 3), 0);
  assert.equal(stats.betaQuantile(1, 2, 3), 1);
  assert.equal(stats.normalCdf(Infinity), 1);
  assert.equal(stats.normalCdf(-Infinity), 0);
  assert.equal(stats.normalQuantile(0.5), 0);
  assert.equal(stats.studentTCdf(0, 3), 0.5);
  assert.equal(stats.studentTUpperTail(Infinity, 3), 0);
  assert.equal(stats.studentTQuantile(0.5, 3), 0);
  assert.equal(stats.binomialPmf(0, 0, 0.3), 1);
  assert.equal(stats.binomialPmf(3, 3, 1), 1);
  assert.equal(stats.binomialPmf(2, 3, 1), 0);
  assert.equal(stats.binomialCdf(-1, 3, 0.5), 0);
  assert.equal(stats.binomialCdf(3, 3, 0.5), 1);
  assert.equal(stats.binomialQuantile(0.5, 1, 0.5), 0, 'an attained level counts as attained');
  assert.equal(stats.binomialQuantile(0.3, 10, 0), 0);
  assert.equal(stats.binomialQuantile(0.3, 10, 1), 10);
});

void test('bad arguments are RangeErrors that name the argument', () => {
  assert.throws(() => stats.lgamma(0), { name: 'RangeError', message: /x must be/ });
  assert.throws(() => stats.logBeta(1, -1), { name: 'RangeError', message: /b must be/ });
  assert.throws(() => stats.regularizedBeta(1.1, 1, 1), { name: 'RangeError', message: /x must be/ });
  assert.throws(() => stats.betaQuantile(NaN, 1, 1), { name: 'RangeError', message: /p must be/ });
  assert.throws(() => stats.normalQuantile(0), { name: 'RangeError' });
  assert.throws(() => stats.normalCdf(NaN), { name: 'RangeError' });
  assert.throws(() => stats.studentTQuantile(0.5, 0), { name: 'RangeError', message: /df must be/ });
  assert.throws(() => stats.binomialPmf(4, 3, 0.5), { name: 'RangeError', message: /k \(4\)/ });
  assert.throws(() => stats.binomialCdf(0.5, 3, 0.5), { name: 'RangeError', message: /k must be/ });
  assert.throws(() => stats.binomialQuantile(0.5, 3, 2), { name: 'RangeError', message: /p must be/ });
});
