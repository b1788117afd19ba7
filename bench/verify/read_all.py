"""Reads every column of a graph, as many row groups at a time as there are threads.

Usage: python read_all.py PREFIX THREADS
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq


def read(task: tuple[Path, int]) -> int:
    return pq.ParquetFile(task[0]).read_row_group(task[1], use_threads=False).num_rows


def main() -> None:
    root, threads = Path(sys.argv[1]), int(sys.argv[2])
    document = json.loads((root / "updated_row_counts_metadata.json").read_text())
    entries = list(document["edges"].values())
    for section in ("node_data", "edge_data"):
        entries += [entry for features in document[section].values() for entry in features.values()]
    paths = [root / path for entry in entries for path in entry["data"]]
    tasks = [(path, group) for path in paths for group in range(pq.read_metadata(path).num_row_groups)]
    with ThreadPoolExecutor(threads) as pool:
        print(sum(pool.map(read, tasks)), "rows")


main()
