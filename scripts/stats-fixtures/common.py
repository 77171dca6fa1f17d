"""Shared by the case files: random inputs, and 50-digit reference values of the beta function family."""

import numpy as np
import mpmath as mp

CASES = 520
mp.mp.dps = 50


def log_uniform(rng, low, high):
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def log_integer(rng, low, high):
    return int(min(high, max(low, round(log_uniform(rng, low, high)))))


def level(rng):
    return float(f"{log_uniform(rng, 1e-6, 0.4):.6g}")


def draw(rng, n, digits=4):
    """Short decimals: both sides parse the very same doubles."""
    return [float(f"{v:.{digits}g}") for v in rng.normal(0, 1, n)]


def mp_log_beta(a, b):
    a, b = mp.mpf(a), mp.mpf(b)
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def mp_log_tail(x, a, b):
    """ln I_x(a, b) by the hypergeometric series with positive terms: I = x^a y^b / (a B) * sum."""
    x, a, b = mp.mpf(x), mp.mpf(a), mp.mpf(b)
    term = total = mp.mpf(1)
    k = 0
    while True:
        term *= (a + b + k) / (a + 1 + k) * x
        total += term
        k += 1
        if term < total * mp.mpf(10) ** -35 and (a + b + k) * x < (a + 1 + k):
            break
    return a * mp.log(x) + b * mp.log1p(-x) - mp.log(a) - mp_log_beta(a, b) + mp.log(total)


def mp_log_tails(x, a, b):
    """Both log tails; the one beyond the mean comes from its own series, the other as log1p(-exp)."""
    if x <= a / (a + b):
        lower = mp_log_tail(x, a, b)
        return lower, mp.log1p(-mp.exp(lower))
    upper = mp_log_tail(1 - mp.mpf(x), b, a)
    return mp.log1p(-mp.exp(upper)), upper
