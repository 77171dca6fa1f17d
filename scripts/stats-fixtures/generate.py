"""Writes test/domain/stats/fixtures/*.json: at least 500 random cases per function, each with the answer
of an independent implementation (scipy, statsmodels, mpmath, or a numpy transcription where none exists).
Every file is an array of rows [input..., expected...]; the test of the same name documents the columns.
Each file has its own seed, printed, so one function can be regenerated without touching the others.

All files take about 8 minutes, most of them in the 50-digit series; pass names to redo a few.

    python3 -m venv /tmp/stats-fixtures && /tmp/stats-fixtures/bin/pip install -r requirements.txt
    /tmp/stats-fixtures/bin/python scripts/stats-fixtures/generate.py [name ...]
"""

import itertools
import json
import math
import pathlib
import sys
import zlib

import mpmath as mp
import numpy as np
from scipy import special, stats
from scipy.stats._resampling import BootstrapResult
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

OUT = pathlib.Path(__file__).resolve().parents[2] / "test/domain/stats/fixtures"
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


def bare(value):
    value = float(value)
    if math.isinf(value) or math.isnan(value):
        return str(value).replace("inf", "Infinity").replace("nan", "NaN")
    return int(value) if value == int(value) and abs(value) < 2**53 else value


# --- special functions: mpmath at 50 digits ---------------------------------------------------------------


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


# --- quantiles ------------------------------------------------------------------------------------------


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


# --- errors ---------------------------------------------------------------------------------------------


def error_e(rng):
    for _ in range(CASES):
        ng, nb = log_integer(rng, 50, 200_000), log_integer(rng, 50, 200_000)
        x, y = int(rng.binomial(min(ng, 20_000), log_uniform(rng, 1e-4, 0.1))), int(rng.binomial(min(nb, 20_000), log_uniform(rng, 1e-4, 0.1)))
        p0 = mp.mpf(12) * ng / (mp.mpf(12) * ng + 10 * nb)
        a, b = 4 * p0 + 1, 4 * (1 - p0) + 1
        e = mp_log_beta(a + x, b + y) - mp_log_beta(a, b) + mp_log_tails(p0, a + x, b + y)[1] - mp_log_tails(p0, a, b)[1]
        yield [x, ng, y, nb, e - x * mp.log(p0) - y * mp.log1p(-p0)]


def rate_ratio(rng):
    for _ in range(CASES):
        ng, nb, alpha = log_integer(rng, 20, 200_000), log_integer(rng, 20, 200_000), level(rng)
        x, y = min(ng, int(rng.poisson(log_uniform(rng, 0.2, 100)))), min(nb, int(rng.poisson(log_uniform(rng, 0.2, 100))))
        if x + y == 0:
            x = 1
        exposure = nb / ng
        low = 0.0 if x == 0 else stats.beta.ppf(alpha, x, y + 1)
        # odds of the upper bound from the mirrored quantile: share of blue, exact near 0
        blue = 0.0 if y == 0 else stats.beta.ppf(alpha, y, x + 1)
        yield [x, ng, y, nb, alpha, low / (1 - low) * exposure, (1 - blue) / blue * exposure if blue > 0 else np.inf]


def novelty(rng):
    for _ in range(CASES):
        m, ng, nb = int(rng.integers(0, 40)), log_integer(rng, 1, 10**6), log_integer(rng, 1, 10**7)
        yield [m, ng, nb, (mp.mpf(ng) / (ng + nb)) ** m]


# --- proportions and pairs ------------------------------------------------------------------------------


def wilson(rng):
    for _ in range(CASES):
        n, alpha = log_integer(rng, 1, 200_000), level(rng)
        k = int(rng.choice([0, n, rng.integers(0, n + 1), rng.binomial(n, 0.02)]))
        yield [k, n, alpha, *proportion_confint(k, n, alpha=2 * alpha, method="wilson")]


def newcombe(rng):
    for _ in range(CASES):
        n1, n2, alpha = log_integer(rng, 1, 20_000), log_integer(rng, 1, 20_000), level(rng)
        k1, k2 = int(rng.integers(0, n1 + 1)), int(rng.integers(0, n2 + 1))
        yield [k1, n1, k2, n2, alpha, *confint_proportions_2indep(k1, n1, k2, n2, method="newcomb", compare="diff", alpha=2 * alpha)]


def clopper_pearson(rng):
    for _ in range(CASES):
        n, alpha = log_integer(rng, 1, 200_000), level(rng)
        k = int(rng.choice([0, n, rng.integers(0, n + 1), rng.binomial(n, 0.02)]))
        yield [k, n, alpha, 0 if k == 0 else stats.beta.ppf(alpha, k, n - k + 1), 1 if k == n else stats.beta.isf(alpha, k + 1, n - k)]


def mcnemar(rng):
    for _ in range(CASES):
        worse, better = int(rng.integers(0, 120)), int(rng.integers(0, 120))
        p = stats.binomtest(worse, worse + better, 0.5, alternative="greater").pvalue if worse + better else 1.0
        yield [worse, better, p]


def paired_t(rng):
    for _ in range(CASES):
        values, alpha = draw(rng, log_integer(rng, 2, 60)), level(rng)
        n, m, sd = len(values), np.mean(values), np.std(values, ddof=1)
        half = stats.t.isf(alpha, n - 1) * sd / math.sqrt(n)
        yield [values, alpha, m, sd, m - half, m + half]


def signed_rank(rng):
    """Small samples with ties and zeros: every sign pattern is enumerated. Others: scipy."""
    for i in range(CASES):
        if i % 2 == 0:
            values = [int(v) for v in rng.integers(-6, 8, int(rng.integers(1, 11)))]
            kept = [v for v in values if v != 0]
            if kept:
                ranks = stats.rankdata(np.abs(kept))
                w = sum(r for r, v in zip(ranks, kept) if v > 0)
                sums = [sum(r for r, s in zip(ranks, signs) if s) for signs in itertools.product([0, 1], repeat=len(kept))]
                greater, less = np.mean([s >= w for s in sums]), np.mean([s <= w for s in sums])
            else:
                w, greater, less = 0, 1.0, 1.0
            limit = 100
        else:
            values = draw(rng, int(rng.integers(2, 41)), 6)
            limit = int(rng.choice([0, 100]))
            args = {"method": "exact"} if limit else {"method": "asymptotic", "correction": True}
            g = stats.wilcoxon(values, alternative="greater", **args)
            w, greater, less = g.statistic, g.pvalue, stats.wilcoxon(values, alternative="less", **args).pvalue
        walsh = [(values[j] + values[k]) / 2 for j in range(len(values)) for k in range(j, len(values))]
        yield [values, limit, w, greater, less, np.median(walsh)]


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


def ordered_mean(x, axis=-1):
    """Left-to-right sum, as the implementation does: numpy's pairwise sum differs in the last bit."""
    return np.cumsum(x, axis=axis).take(-1, axis=axis) / np.shape(x)[axis]


def bca(rng):
    """scipy.stats.bootstrap fed with the resamples of PCG32, so that only rounding can differ."""
    for _ in range(CASES):
        values, alpha = draw(rng, int(rng.integers(5, 21))), float(rng.choice([0.01, 0.025, 0.05, 0.1]))
        if rng.random() < 0.5:
            values = [float(f"{math.exp(v):.4g}") for v in values]
        seed, count, x = int(rng.integers(0, 2**53)), 100, np.array(values)
        source = Pcg32(seed)
        index = np.array([[source.bounded(len(x)) for _ in x] for _ in range(count)])
        given = BootstrapResult(None, ordered_mean(x[index]), None)
        result = stats.bootstrap((x,), ordered_mean, n_resamples=0, bootstrap_result=given, confidence_level=1 - 2 * alpha, method="BCa")
        low, high = result.confidence_interval
        yield [values, alpha, seed, low, high]


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


GENERATORS = [
    lgamma, betainc, log_tails, beta_quantile, normal, student_t, binomial_pmf, binomial_quantile, order_ranks,
    mover, median, quantile_e, quantile_ratio_e, error_e, rate_ratio, novelty, wilson, newcombe, clopper_pearson,
    mcnemar, paired_t, signed_rank, mann_whitney, bca, pcg32, deff,
]  # fmt: skip


def encode(value):
    if isinstance(value, list):
        return [encode(v) for v in value]
    return value if isinstance(value, str) else bare(value)


def main(names):
    OUT.mkdir(parents=True, exist_ok=True)
    for generator in GENERATORS:
        name = generator.__name__.replace("_", "-")
        if names and name not in names:
            continue
        seed = zlib.crc32(name.encode())
        rows = [json.dumps(encode(row), separators=(",", ":")) for row in generator(np.random.default_rng(seed))]
        (OUT / f"{name}.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
        print(f"{name}: seed {seed}, {len(rows)} cases", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
