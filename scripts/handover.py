"""Partitions an aligned graph as GSPartition does, and compares what comes out with what went in.

Usage: python handover.py PREFIX DGL_CHECKOUT GRAPHSTORM_CHECKOUT OUTPUT_FOLDER RANKS

GraphStorm's random partitioner assigns nodes, DGL's `tools/distpartitioning` reads the graph with so many ranks and writes
the partitions. Then every feature, label and mask of every partition is compared, by original ids, with the rows that
`metadata.json` lists: those of before the alignment.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

ALIGNED = "updated_row_counts_metadata.json"


def assign(graphstorm: Path, metadata: dict, ranks: int, folder: Path) -> None:
    """By GraphStorm's own code, of which only these two files are needed."""
    package = types.ModuleType("gpartition")
    package.__path__ = [str(graphstorm / "python" / "graphstorm" / "gpartition")]
    sys.modules["gpartition"] = package
    module = importlib.import_module("gpartition.random_partition")
    np.random.seed(1)
    folder.mkdir(parents=True)
    module.RandomPartitionAlgorithm(metadata).create_partitions(ranks, str(folder))


def partition(dgl: Path, prefix: Path, name: str, ranks: int, assigned: Path, output: Path) -> None:
    tools = dgl / "tools"
    command = [
        sys.executable, str(tools / "distpartitioning" / "data_proc_pipeline.py"),
        "--world-size", str(ranks), "--num-parts", str(ranks), "--partitions-dir", str(assigned),
        "--input-dir", str(prefix), "--graph-name", name, "--schema", ALIGNED, "--output", str(output),
        "--process-group-timeout", "600", "--log-level", "warning", "--save-orig-nids", "--save-orig-eids",
    ]  # fmt: skip
    env = os.environ | {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "29555",
        "WORLD_SIZE": str(ranks),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(tools / "distpartitioning"), str(tools)]),
    }
    started = [subprocess.Popen(command, env=env | {"RANK": str(rank)}) for rank in range(ranks)]
    codes = [process.wait() for process in started]
    if any(codes):
        sys.exit(f"DistPartitioning ended with {codes}")


def rows_of(prefix: Path, entry: dict) -> np.ndarray:
    columns = []
    for path in entry["data"]:
        table = pq.read_table(prefix / path)
        if table.num_rows:
            columns.append(np.array(table.column(0).to_pandas().to_list()))
    return np.concatenate(columns)


def compare(prefix: Path, output: Path, ranks: int) -> int:
    from dgl.data.utils import load_tensors

    before = json.loads((prefix / "metadata.json").read_text(encoding="utf-8"))
    compared = 0
    for section, ids_file, data_file in (
        ("node_data", "orig_nids.dgl", "node_feat.dgl"),
        ("edge_data", "orig_eids.dgl", "edge_feat.dgl"),
    ):
        parts = [output / f"part{rank}" for rank in range(ranks)]
        ids = [load_tensors(str(part / ids_file)) for part in parts]
        data = [load_tensors(str(part / data_file)) for part in parts]
        for kind_of, features in before.get(section, {}).items():
            for name, entry in features.items():
                expected = rows_of(prefix, entry)
                seen = np.zeros(len(expected), dtype=np.int64)
                for own_ids, own_data in zip(ids, data):
                    original = own_ids[kind_of].numpy()
                    found = own_data[f"{kind_of}/{name}"].numpy()
                    wanted = expected[original]
                    if not np.array_equal(found.reshape(wanted.shape), wanted, equal_nan=wanted.dtype.kind == "f"):
                        sys.exit(f"{kind_of}, {name}: the rows differ")
                    seen[original] += 1
                if not (seen == 1).all():
                    sys.exit(f"{kind_of}, {name}: {(seen != 1).sum()} ids that are not there once")
                compared += 1
    return compared


def main() -> None:
    prefix, dgl, graphstorm, output = map(Path, sys.argv[1:5])
    ranks = int(sys.argv[5])
    metadata = json.loads((prefix / ALIGNED).read_text(encoding="utf-8"))
    assign(graphstorm, metadata, ranks, output / "assigned")
    partition(dgl, prefix, metadata["graph_name"], ranks, output / "assigned", output / "partitions")
    compared = compare(prefix, output / "partitions", ranks)
    print(f"{metadata['graph_name']}: {compared} features, labels and masks are the same in {ranks} partitions")


if __name__ == "__main__":
    main()
