"""Row counts by part, as Spark and pyarrow leave them."""

from __future__ import annotations

import numpy as np


def even(rows: int, parts: int) -> list[int]:
    """What pyarrow gets when a collected column is split into as many files as its input had partitions."""
    return [rows // parts + (1 if i < rows % parts else 0) for i in range(parts)]


def spark_like(rng: np.random.Generator, rows: int, parts: int, spread: float = 0.05) -> list[int]:
    """Partitions of about one size, each off by up to `spread`: tasks split their input by bytes, not by rows."""
    if parts == 1 or rows < 4 * parts:
        return even(rows, parts)
    weights = 1 + rng.uniform(-spread, spread, parts)
    bounds = np.rint(np.cumsum(weights) / weights.sum() * rows).astype(np.int64)
    return np.diff(bounds, prepend=0).tolist()


def shifted(counts: list[int], share: float = 0.3) -> list[int]:
    """The same number of parts with every inner boundary moved by `share` of the smallest part."""
    if len(counts) == 1:
        return list(counts)
    by = max(1, int(min(counts) * share))
    return [counts[0] - by, *counts[1:-1], counts[-1] + by]
