"""Error rates, proportions and exact McNemar."""

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from common import CASES, level, log_integer, log_uniform


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
