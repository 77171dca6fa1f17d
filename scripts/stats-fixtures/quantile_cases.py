"""Order-statistic bounds, MOVER and the quantile e-process."""

import math

import mpmath as mp
import numpy as np
from scipy import special, stats
from common import CASES, draw, level, log_integer, mp_log_beta


def np_ranks(n, p, alpha):
    return int(stats.binom.ppf(alpha, n, p)), int(stats.binom.isf(alpha, n, p)) + 1


def order_ranks(rng):
    for _ in range(CASES):
        n, alpha = log_integer(rng, 1, 200_000), level(rng)
        p = float(rng.choice([0.5, 0.9, 0.95, 0.99]))
        yield [n, p, alpha, *np_ranks(n, p, alpha), math.ceil(round(n * p, 9))]


def np_bounds(values, p, alpha):
    ordered, n = np.sort(values), len(values)
    low, high = np_ranks(n, p, alpha)
    estimate = ordered[math.ceil(round(n * p, 9)) - 1]
    return estimate, ordered[low - 1] if low >= 1 else 0.0, ordered[high - 1] if high <= n else np.inf


def mover(rng):
    """Samples are min + (i * step) % size, i < n: reproducible on both sides without shipping them."""
    for _ in range(CASES):
        rows, logs = [], []
        alpha, p = level(rng), float(rng.choice([0.5, 0.95]))
        for _arm in range(2):
            n, size = log_integer(rng, 5, 3000), 10_007
            base, step = int(rng.integers(1, 3000)), int(rng.integers(1, size))
            rows += [n, base, step]
            with np.errstate(divide="ignore"):
                logs.append(np.log(np_bounds([base + (i * step) % size for i in range(n)], p, alpha)))
        (g, gl, gu), (b, bl, bu) = logs
        lower = np.exp(g - b - np.sqrt((g - gl) ** 2 + (bu - b) ** 2))
        upper = np.exp(g - b + np.sqrt((gu - g) ** 2 + (b - bl) ** 2))
        yield [*rows, p, alpha, np.exp(g - b), lower, upper]


def median(rng):
    for _ in range(CASES):
        values, alpha = draw(rng, log_integer(rng, 1, 40)), level(rng)
        ordered, n = np.sort(values), len(values)
        low = int(stats.binom.ppf(alpha, n, 0.5))
        bounds = [ordered[low - 1], ordered[n - low]] if low >= 1 else [-np.inf, np.inf]
        yield [values, alpha, np.median(values), *bounds]


def quantile_e(rng):
    for _ in range(CASES):
        n, r = log_integer(rng, 1, 200_000), float(rng.choice([10, 100, 400]))
        p = float(rng.choice([0.5, 0.95, 0.99]))
        x = int(np.clip(rng.binomial(n, min(1, p * rng.uniform(0.9, 1.05))), 0, n))
        m = mp_log_beta(mp.mpf(r) * mp.mpf(p) + x, mp.mpf(r) * (1 - mp.mpf(p)) + n - x)
        m -= mp_log_beta(mp.mpf(r) * mp.mpf(p), mp.mpf(r) * (1 - mp.mpf(p)))
        yield [n, x, p, r, m - x * mp.log(mp.mpf(p)) - (n - x) * mp.log1p(-mp.mpf(p))]


def quantile_ratio_e(rng):
    """Brute force over every breakpoint, where the implementation only visits the range between the arms."""

    def log_m(n, x, p=0.95, r=100):
        return special.betaln(r * p + x, r * (1 - p) + n - x) - special.betaln(r * p, r * (1 - p)) - x * np.log(p) - (n - x) * np.log1p(-p)

    for _ in range(CASES):
        g = np.array(draw(rng, log_integer(rng, 2, 60), 3)) * rng.uniform(0.1, 1)
        b = np.array(draw(rng, log_integer(rng, 2, 60), 3)) * 0.5
        g = np.array([float(f"{v:.4g}") for v in np.exp(g + rng.uniform(-0.5, 1))])
        b = np.array([float(f"{v:.4g}") for v in np.exp(b)])
        every = np.concatenate([g / 1.25, b])
        scores = [log_m(len(b), (b <= q).sum()) + log_m(len(g), (g / 1.25 <= q).sum()) for q in every]
        # Below the smallest breakpoint the counts are 0; never the minimum, but part of "all q".
        scores.append(log_m(len(b), 0) + log_m(len(g), 0))
        ratio = np.sort(g)[math.ceil(round(len(g) * 0.95, 9)) - 1] / np.sort(b)[math.ceil(round(len(b) * 0.95, 9)) - 1]
        yield [g.tolist(), b.tolist(), min(scores), ratio]
