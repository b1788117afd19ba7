#!/usr/bin/env python3
"""Checks that an aligned graph holds the rows of the original, in their order, in parts of one layout per type. A peer that
loses rows is no peer.

python same_rows.py ORIGINAL ALIGNED
"""

import json
import os
import sys
from typing import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 8192


def main() -> None:
    original, aligned = sys.argv[1:]
    before = load(original, "metadata.json")
    after = load(aligned, "updated_row_counts_metadata.json")
    for section in ("edges", "edge_data", "node_data"):
        for kind, value in before[section].items():
            pairs = [(kind, value, after[section][kind])]
            if section != "edges":
                pairs = [(f"{kind} {name}", entry, after[section][kind][name]) for name, entry in value.items()]
            for name, old, new in pairs:
                compare(name, parts(original, old), parts(aligned, new))
                counts = [pq.read_metadata(path).num_rows for path in parts(aligned, new)]
                if counts != list(new["row_counts"]):
                    sys.exit(f"{section} {name}: parts of {counts} rows, the metadata say {new['row_counts']}")


def load(folder: str, name: str) -> dict:
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def parts(folder: str, entry: dict) -> list[str]:
    return [os.path.join(folder, path) for path in entry["data"]]


def compare(name: str, old: list[str], new: list[str]) -> None:
    if old == new:
        return
    left, right = batches(old), batches(new)
    a, b, row = next(left, None), next(right, None), 0
    while a is not None and b is not None:
        rows = min(a.num_rows, b.num_rows)
        for x, y in zip(a.slice(0, rows).columns, b.slice(0, rows).columns):
            if not x.equals(y.cast(x.type)):
                sys.exit(f"{name}: rows {row} to {row + rows} differ")
        row += rows
        a = a.slice(rows) if rows < a.num_rows else next(left, None)
        b = b.slice(rows) if rows < b.num_rows else next(right, None)
    if a is not None or b is not None:
        sys.exit(f"{name}: {row} rows on one side, more on the other")


def batches(paths: list[str]) -> Iterator[pa.RecordBatch]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            yield from (b for b in file.iter_batches(BATCH_ROWS) if b.num_rows > 0)


if __name__ == "__main__":
    main()
