#!/usr/bin/env python3
"""The streaming algorithm of GraphStorm's gs-repartition: one part after the other, at most two of them in memory. What is
left of a part goes to the next one. A part that has the right rows already is kept.

python streaming.py PREFIX
"""

import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq

from alignment import Entry, align, new_path, write_part


def repartition(prefix: str, entry: Entry, target: list[int]) -> list[str]:
    files, counts = entry["data"], entry["row_counts"]
    # The reference insists on equal numbers; labels collected on the leader may have others, and then need this as well.
    paths: list[str] = []
    rest: pa.Table | None = None
    following = 0
    for i, rows in enumerate(target):
        if rest is None and following < len(files) and counts[following] == rows:
            paths.append(files[following])
            following += 1
            continue
        tables = [] if rest is None else [rest]
        while sum(t.num_rows for t in tables) < rows:
            tables.append(pq.read_table(os.path.join(prefix, files[following]), memory_map=True))
            following += 1
        table = pa.concat_tables(tables)
        path = new_path(entry, i)
        write_part(prefix, path, table.slice(0, rows))
        paths.append(path)
        rest = table.slice(rows) if table.num_rows > rows else None
    return paths


if __name__ == "__main__":
    align(sys.argv[1], repartition)
