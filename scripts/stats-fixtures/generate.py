"""Writes test/domain/stats/fixtures/*.json: at least 500 random cases per function, each with the answer
of an independent implementation (scipy, statsmodels, mpmath, or a numpy transcription where none exists).
Every file is an array of rows [input..., expected...]; the test of the same name documents the columns.
Each file has its own seed, printed, so one function can be regenerated without touching the others.

All files take about 8 minutes, most of them in the 50-digit series; pass names to redo a few.

    python3 -m venv /tmp/stats-fixtures && /tmp/stats-fixtures/bin/pip install -r requirements.txt
    /tmp/stats-fixtures/bin/python scripts/stats-fixtures/generate.py [name ...]
"""

import json
import math
import pathlib
import sys
import zlib

import numpy as np
import quantile_cases as quantiles
import rate_cases as rates
import sample_cases as samples
import special_cases as special

OUT = pathlib.Path(__file__).resolve().parents[2] / "test/domain/stats/fixtures"

GENERATORS = [
    special.lgamma,
    special.betainc,
    special.log_tails,
    special.beta_quantile,
    special.normal,
    special.student_t,
    special.binomial_pmf,
    special.binomial_quantile,
    quantiles.order_ranks,
    quantiles.mover,
    quantiles.median,
    quantiles.quantile_e,
    quantiles.quantile_ratio_e,
    rates.rate_ratio,
    rates.wilson,
    rates.newcombe,
    rates.clopper_pearson,
    rates.mcnemar,
    samples.paired_t,
    samples.mann_whitney,
    samples.pcg32,
    samples.deff,
]


def bare(value):
    value = float(value)
    if math.isinf(value) or math.isnan(value):
        return str(value).replace("inf", "Infinity").replace("nan", "NaN")
    return int(value) if value == int(value) and abs(value) < 2**53 else value


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
