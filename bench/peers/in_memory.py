#!/usr/bin/env python3
"""The in-memory algorithm of GraphStorm's gs-repartition: a whole data set becomes a table, threads write its slices:
as many as there are processors, at most 16.

python in_memory.py PREFIX
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pyarrow.dataset as ds

from alignment import Entry, align, new_path, write_part

WRITERS = min(16, os.cpu_count() or 16)


def repartition(prefix: str, entry: Entry, target: list[int]) -> list[str]:
    table = ds.dataset(os.path.join(prefix, os.path.dirname(entry["data"][0]))).to_table()
    if table.num_rows != sum(target):
        raise SystemExit(f"{entry['data'][0]}: {table.num_rows} rows, {sum(target)} wanted")
    paths = [new_path(entry, i) for i in range(len(target))]
    starts = [sum(target[:i]) for i in range(len(target))]
    with ThreadPoolExecutor(WRITERS) as pool:
        slices = [table.slice(start, rows) for start, rows in zip(starts, target)]
        list(pool.map(lambda path, part: write_part(prefix, path, part), paths, slices))
    return paths


if __name__ == "__main__":
    align(sys.argv[1], repartition)
