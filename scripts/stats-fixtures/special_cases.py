"""Special functions and distributions: mpmath at 50 digits, scipy for quantiles."""

import math

import mpmath as mp
import numpy as np
from scipy import stats
from common import CASES, level, log_integer, log_uniform, mp_log_beta, mp_log_tails


def lgamma(rng):
    for _ in range(CASES):
        x, b = log_uniform(rng, 1e-3, 1e6), log_uniform(rng, 1e-2, 1e6)
        yield [x, b, mp.loggamma(x), mp_log_beta(x, b)]


def betainc(rng):
    for _ in range(CASES):
        a, b = log_uniform(rng, 0.2, 3e3), log_uniform(rng, 0.2, 3e3)
        x = float(stats.beta.rvs(a, b, random_state=rng)) if rng.random() < 0.7 else float(rng.uniform(0.01, 0.99))
        x = min(max(x, 1e-12), 1 - 1e-12)
        lower, upper = mp_log_tails(x, a, b)
        yield [x, a, b, mp.exp(lower), mp.exp(upper)]


def log_tails(rng):
    """Far tails and large shapes, where the tails themselves may underflow."""
    for _ in range(CASES):
        a, b = log_uniform(rng, 1, 2e5), log_uniform(rng, 1, 2e5)
        mean, sd = a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)
        x = min(max(mean + rng.uniform(-12, 12) * sd, mean / 50), 1 - (1 - mean) / 50)
        yield [float(x), a, b, *mp_log_tails(float(x), a, b)]


def beta_quantile(rng):
    for _ in range(CASES):
        a, b = log_uniform(rng, 0.3, 1e5), log_uniform(rng, 0.3, 1e5)
        p = level(rng) if rng.random() < 0.5 else float(rng.uniform(0.01, 0.99))
        yield [p, a, b, stats.beta.ppf(p, a, b), stats.beta.isf(p, a, b)]


def normal(rng):
    for _ in range(CASES):
        z = float(rng.uniform(-37, 37)) if rng.random() < 0.5 else float(rng.normal())
        p = float(rng.uniform(0.001, 0.999)) if rng.random() < 0.5 else log_uniform(rng, 1e-250, 1e-3)
        # erfinv loses its digits next to 1 even at 50 of them, so the far tail is scipy's.
        upper = mp.sqrt(2) * mp.erfinv(1 - 2 * mp.mpf(p)) if p > 0.001 else stats.norm.isf(p)
        yield [z, p, mp.erfc(z / mp.sqrt(2)) / 2, upper]


def student_t(rng):
    for _ in range(CASES):
        df = log_integer(rng, 1, 5000) if rng.random() < 0.8 else log_uniform(rng, 0.5, 1e5)
        t, p = float(rng.normal(0, 3)), level(rng)
        x = mp.mpf(df) / (df + mp.mpf(t) ** 2)
        tail = mp.betainc(mp.mpf(df) / 2, mp.mpf(1) / 2, 0, x, regularized=True) / 2 if df < 300 else stats.t.sf(abs(t), df)
        yield [t, df, p, tail if t > 0 else 1 - tail, stats.t.isf(p, df)]


def binomial_pmf(rng):
    for _ in range(CASES):
        n, p = log_integer(rng, 1, 200_000), float(rng.choice([0.5, 0.95, rng.uniform(0.001, 0.999)]))
        k = int(np.clip(rng.binomial(n, p) + rng.integers(-3, 4), 0, n))
        exact = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
        exact += k * mp.log(mp.mpf(p)) + (n - k) * mp.log1p(-mp.mpf(p))
        # Beta with integer shapes is the binomial; both tails from the same 50-digit series.
        lower, upper = (0, -mp.inf) if k == n else mp_log_tails(p, k + 1, n - k)[::-1]
        yield [k, n, p, exact, mp.exp(lower), mp.exp(upper)]


def binomial_quantile(rng):
    for _ in range(2 * CASES):
        n, p = log_integer(rng, 1, 200_000), float(rng.choice([0.5, 0.95, rng.uniform(0.001, 0.999)]))
        alpha = level(rng) if rng.random() < 0.6 else float(rng.uniform(0.01, 0.99))
        yield [alpha, n, p, stats.binom.ppf(alpha, n, p), stats.binom.isf(alpha, n, p)]
