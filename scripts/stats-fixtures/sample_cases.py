"""Statistics of whole samples: paired t, rank tests, design effect."""

import math

import numpy as np
from scipy import stats
from common import CASES, draw, level, log_integer


def paired_t(rng):
    for _ in range(CASES):
        values, alpha = draw(rng, log_integer(rng, 2, 60)), level(rng)
        n, m, sd = len(values), np.mean(values), np.std(values, ddof=1)
        half = stats.t.isf(alpha, n - 1) * sd / math.sqrt(n)
        yield [values, alpha, m, sd, m - half, m + half]


def mann_whitney(rng):
    """Without ties: the exact law; with ties: the normal law with both corrections."""
    for i in range(CASES):
        m, n = int(rng.integers(1, 26)), int(rng.integers(1, 26))
        if i % 2 == 0:
            a, b, method = draw(rng, m, 6), draw(rng, n, 6), "exact"
            b = [v for v in b if v not in a] or [9.5]
        else:
            a, b, method = [int(v) for v in rng.integers(0, 9, m)], [int(v) for v in rng.integers(1, 9, n)], "asymptotic"
            if len(set(a + b)) == 1:
                b = [v + 1 for v in b]
        g = stats.mannwhitneyu(a, b, alternative="greater", method=method)
        less = stats.mannwhitneyu(a, b, alternative="less", method=method).pvalue
        diffs = np.sort(np.subtract.outer(a, b).ravel())
        yield [a, b, g.statistic, g.pvalue, less, np.median(diffs)]


class Pcg32:
    """Transcription of pcg_basic.c with Python integers, independent of the TypeScript halves."""

    MASK = (1 << 64) - 1

    def __init__(self, seed, stream=54):
        self.inc = ((stream << 1) | 1) & self.MASK
        self.state = 0
        self.next()
        self.state = (self.state + seed) & self.MASK
        self.next()

    def next(self):
        old = self.state
        self.state = (old * 6364136223846793005 + self.inc) & self.MASK
        word = (((old >> 18) ^ old) >> 27) & 0xFFFFFFFF
        turn = old >> 59
        return ((word >> turn) | (word << ((-turn) & 31))) & 0xFFFFFFFF

    def bounded(self, bound):
        threshold = (1 << 32) % bound
        while True:
            value = self.next()
            if value >= threshold:
                return value % bound


def pcg32(rng):
    for _ in range(CASES):
        seed, stream, bound = int(rng.integers(0, 2**63)), int(rng.integers(0, 2**62)), log_integer(rng, 1, 2**32)
        a, b = Pcg32(seed, stream), Pcg32(seed, stream)
        yield [str(seed), str(stream), bound, a.next(), a.next(), a.next(), b.bounded(bound), b.bounded(bound)]


def deff(rng):
    for _ in range(CASES):
        trials = rng.integers(0, 40, int(rng.integers(1, 25)))
        hits = [int(rng.binomial(t, rng.beta(0.5, 4))) for t in trials]
        p = float(rng.choice([-1, 0.05, 0.2]))
        k, m = np.array([h for h, t in zip(hits, trials) if t]), np.array([t for t in trials if t])
        share = p if p >= 0 else (k.sum() / m.sum() if len(m) else 0)
        value = 1.0
        if len(m) >= 2 and 0 < share < 1:
            value = max(1.0, np.var(k / m, ddof=1) / (share * (1 - share) / m.mean()))
        yield [hits, [int(t) for t in trials], p, value]
