"""The same columns in several layouts, larger than what a deep look takes at once. Usage: python layouts.py FOLDER"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 20_000


def lists_of(values: pa.Array, lengths: np.ndarray, missing: np.ndarray) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(missing))


def columns() -> dict[str, pa.Array]:
    rng = np.random.default_rng(7)

    def numbers(count: int) -> np.ndarray:
        return rng.standard_normal(count, dtype=np.float32)

    some = rng.random(ROWS) < 0.1
    lengths = np.where(some, 0, rng.integers(0, 90, ROWS))
    # One far longer than a page.
    lengths[9_000], some[9_000] = 3_000, False
    total = int(lengths.sum())
    holes = pa.array(numbers(total), mask=rng.random(total) < 0.05)
    pairs = np.full(ROWS * 2, 30)
    inner = pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(pairs)]).astype(np.int32)), pa.array(numbers(ROWS * 60))
    )
    texts = [None if i % 11 == 0 else "w" * (i % 7) + str(i * 7919 % 4001) * 40 for i in range(ROWS)]
    return {
        "vectors": lists_of(pa.array(numbers(ROWS * 160)), np.full(ROWS, 160), np.zeros(ROWS, bool)),
        "lists": lists_of(holes, lengths, some),
        "texts": pa.array(texts),
        "numbers": pa.array(rng.integers(0, 2**60, ROWS), mask=rng.random(ROWS) < 0.3),
        "bools": pa.array(rng.random(ROWS) < 0.5, mask=rng.random(ROWS) < 0.2),
        "nested": pa.ListArray.from_arrays(pa.array(np.arange(0, 2 * ROWS + 1, 2, dtype=np.int32)), inner),
        "structs": pa.StructArray.from_arrays(
            [pa.array(numbers(ROWS)), pa.array([str(i % 100) for i in range(ROWS)])], ["a", "b"]
        ),
    }


def changed(column: pa.Array) -> pa.Array:
    """The last row but one again in place of the last."""
    return pa.concat_arrays([column[: ROWS - 1], column[ROWS - 2 : ROWS - 1]])


def main() -> None:
    root = Path(sys.argv[1])
    layouts = {
        "v1": {},
        "v1-small-groups": {"row_group_size": 3_001, "data_page_size": 10_000},
        "v2": {"data_page_version": "2.0", "row_group_size": 17_000},
        "indexed": {"write_page_index": True, "data_page_size": 50_000},
        "plain-zstd": {"use_dictionary": False, "compression": "zstd", "write_page_checksum": True},
    }
    for name, column in columns().items():
        for layout, options in layouts.items():
            pq.write_table(pa.table({"v": column}), root / f"{name}-{layout}.parquet", **options)
        pq.write_table(pa.table({"v": changed(column)}), root / f"{name}-changed.parquet")
    large = pa.table({"v": np.random.default_rng(8).standard_normal(1_000_000)})
    pq.write_table(large, root / "large-page.parquet", data_page_size=64_000_000, max_rows_per_page=2_000_000, use_dictionary=False)
    rows = 1_000_000
    whole = {"data_page_size": 64_000_000, "max_rows_per_page": 2 * rows, "row_group_size": 2 * rows}
    same = lists_of(pa.array(np.ones(rows * 12, np.float32)), np.full(rows, 12), np.zeros(rows, bool))
    pq.write_table(pa.table({"v": same}), root / "many-values.parquet", **whole)
    apart = pa.table({"v": np.random.default_rng(9).standard_normal(rows)})
    pq.write_table(apart, root / "large-dictionary.parquet", dictionary_pagesize_limit=64_000_000, compression="none", **whole)


main()
