#!/usr/bin/env python3
"""What a DuckDB user would write: each new part is a COPY of a row range of the old parts that it meets.

python duckdb_copy.py PREFIX
"""

import os
import sys

import duckdb

from alignment import Entry, align, make_folder, new_path


def repartition(prefix: str, entry: Entry, target: list[int]) -> list[str]:
    files, counts = entry["data"], entry["row_counts"]
    paths = []
    start = 0
    for i, rows in enumerate(target):
        met, first = parts_of(counts, start, start + rows)
        listed = ", ".join(quoted(os.path.join(prefix, files[j])) for j in met)
        path = new_path(entry, i)
        query = f"SELECT * FROM read_parquet([{listed}]) LIMIT {rows} OFFSET {start - first}"
        where = quoted(make_folder(prefix, path))
        duckdb.execute(f"COPY ({query}) TO {where} (FORMAT parquet, COMPRESSION snappy)")
        paths.append(path)
        start += rows
    return paths


def parts_of(counts: list[int], start: int, end: int) -> tuple[list[int], int]:
    """The parts that rows start..end lie in, and the first row of the first of them."""
    met, first, row = [], 0, 0
    for j, count in enumerate(counts):
        if row < end and row + count > start:
            if not met:
                first = row
            met.append(j)
        row += count
    return met or [0], first


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    duckdb.execute("SET preserve_insertion_order = true")
    align(sys.argv[1], repartition)
