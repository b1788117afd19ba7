"""Writes a graph of any size for the S3 tests: python make_graph.py FOLDER SPEC, where SPEC is JSON:

    {"dim": 64, "features": [..], "labels": [..], "edges": [..], "weights": [..]}

`features` is a list of float vectors of `dim`, `labels` whole numbers that repeat, `edges` the structure of item:likes:item
and `weights` a feature of it. Each is a list of row counts, one per part, or null. `copies` makes more labels of the same
layout, `classes` says how many different labels there are, and `shape` is a footer key of theirs. Values do not compress
(labels of few classes do) and are the same each time. One row group a part and pages of 1 MiB with an index, as Spark
writes them.
"""

import json
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def write(folder, root, layout, table_of):
    os.makedirs(os.path.join(root, folder), exist_ok=True)
    data = []
    for i, rows in enumerate(layout):
        path = f"{folder}/part-{i:05d}-0000.snappy.parquet"
        pq.write_table(
            table_of(i, rows),
            os.path.join(root, path),
            row_group_size=max(rows, 1),
            use_dictionary=False,
            data_page_size=1 << 20,
            write_page_index=True,
        )
        data.append(path)
    return {"format": {"name": "parquet", "delimiter": ""}, "data": data, "row_counts": layout}


def main(root, spec):
    dim = spec.get("dim", 64)

    nodes = sum(spec.get("features") or spec.get("labels") or [1 << 40])

    def vectors(i, rows):
        values = np.random.default_rng(i).random(rows * dim, dtype=np.float32)
        offsets = np.arange(0, rows * dim + 1, dim, dtype=np.int32)
        return pa.table({"feat": pa.ListArray.from_arrays(offsets, values)})

    def labels(i, rows):
        table = pa.table({"label": np.random.default_rng(i).integers(0, spec.get("classes", 10), rows)})
        return table.replace_schema_metadata({"shape": spec["shape"]} if "shape" in spec else None)

    def pairs(i, rows):
        generator = np.random.default_rng(i)
        return pa.table({end: generator.integers(0, nodes, rows) for end in ("src_int_id", "dst_int_id")})

    def weights(i, rows):
        return pa.table({"weight": np.random.default_rng(i).random(rows)})

    edge = "item:likes:item"
    node_data, edge_data, edges = {}, {}, {}
    if spec.get("features"):
        node_data["feat"] = write("node_data/item-feat/parquet", root, spec["features"], vectors)
    if spec.get("labels"):
        for n in range(spec.get("copies", 1)):
            name = f"label{n}" if n else "label"
            node_data[name] = write(f"node_data/item-{name}/parquet", root, spec["labels"], labels)
    if spec.get("edges"):
        edges[edge] = write("edges/item_likes_item/parquet", root, spec["edges"], pairs)
    if spec.get("weights"):
        edge_data[edge] = {"weight": write(f"edge_data/{edge}-weight/parquet", root, spec["weights"], weights)}
    metadata = {
        "edge_type": [edge] if edges else [],
        "node_type": ["item"],
        "graph_name": "made",
        "edges": edges,
        "edge_data": edge_data,
        "node_data": {"item": node_data} if node_data else {},
        "graph_info": {"ntype_label": [], "etype_label": [], "task_type": "link_predict"},
    }
    with open(os.path.join(root, "metadata.json"), "w") as file:
        json.dump(metadata, file, indent=4)


main(sys.argv[1], json.loads(sys.argv[2]))
