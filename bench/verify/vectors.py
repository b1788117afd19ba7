"""A graph of two vector features and edges, for reading. Usage: python vectors.py FOLDER BYTES ROW_GROUP_BYTES"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PARTS = 8


def main() -> None:
    root, size, group = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    rng = np.random.default_rng(1)
    # Nine tenths vectors of 160 and 64 floats, the rest edges.
    nodes = int(size * 0.9 / (4 * (160 + 64)) / PARTS) * PARTS
    edges = int(size * 0.1 / 16 / PARTS) * PARTS

    def write(folder: str, rows: int, row_bytes: int, make) -> dict:
        each = rows // PARTS
        data = [f"{folder}/parquet/part-{part:05d}.parquet" for part in range(PARTS)]
        for path in data:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            groups = max(1, group // row_bytes)
            pq.write_table(make(each), root / path, compression="snappy", row_group_size=groups)
        return {"format": {"name": "parquet", "delimiter": ""}, "data": data, "row_counts": [each] * PARTS}

    def vectors(width: int):
        def make(rows: int) -> pa.Table:
            values = rng.standard_normal(rows * width, dtype=np.float32)
            offsets = np.arange(0, rows * width + 1, width, dtype=np.int32)
            return pa.table({"v": pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))})

        return write(f"node_data/a-v{width}", nodes, width * 4, make)

    def ends(rows: int) -> pa.Table:
        return pa.table({"src_int_id": rng.integers(0, nodes, rows), "dst_int_id": rng.integers(0, nodes, rows)})

    document = {
        "graph_name": "vectors",
        "node_type": ["a"],
        "edge_type": ["a:r:a"],
        "num_nodes_per_type": [nodes],
        "num_edges_per_type": [edges],
        "edges": {"a:r:a": write("edges/a_r_a", edges, 16, ends)},
        "node_data": {"a": {"v160": vectors(160), "v64": vectors(64)}},
        "edge_data": {},
        "graph_info": {},
    }
    (root / "updated_row_counts_metadata.json").write_text(json.dumps(document))


main()
