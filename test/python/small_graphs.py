"""Small graphs, each of which stands for a kind of fault. Usage: python small_graphs.py TARGET_FOLDER

Inputs (`metadata.json`): `even-vec`, `first-empty`, `no-num-nodes`, `orphan-node-type`, `no-edges`, `undeclared-end`.
Prefixes as they lie after an alignment: `v-…`, with the types `u` (30 nodes: a vector, labels, a mask), `v` (12 nodes, no features) and `u:r:v`
(50 edges, one feature) with its reverse.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

RNG = np.random.default_rng(15)


class Prefix:
    def __init__(self, root: Path, name: str) -> None:
        self.root = root / name
        self.meta: dict = {
            "graph_name": "g",
            "graph_info": {"ntype_label": [], "ntype_label_property": [], "etype_label": [], "etype_label_property": []},
            "node_type": [], "edge_type": [], "num_nodes_per_type": [], "num_edges_per_type": [],
            "edges": {}, "node_data": {}, "edge_data": {}, "raw_id_mappings": {},
        }  # fmt: skip

    def write(self, folder: str, tables: list[pa.Table]) -> dict:
        data = []
        for index, table in enumerate(tables):
            path = f"{folder}/parquet/part-{index:05d}.parquet"
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, self.root / path)
            data.append(path)
        counts = [table.num_rows for table in tables]
        return {"format": {"name": "parquet", "delimiter": ""}, "data": data, "row_counts": counts}

    def nodes(self, ntype: str, total: int) -> None:
        self.meta["node_type"].append(ntype)
        self.meta["num_nodes_per_type"].append(total)
        table = pa.table({"node_str_id": [f"{ntype}{i}" for i in range(total)], "node_int_id": np.arange(total)})
        self.meta["raw_id_mappings"][ntype] = self.write(f"raw_id_mappings/{ntype}", [table])

    def feature(self, ntype: str, name: str, tables: list[pa.Table]) -> dict:
        entry = self.write(f"node_data/{ntype}-{name}", tables)
        self.meta["node_data"].setdefault(ntype, {})[name] = entry
        return entry

    def edges(self, etype: str, counts: list[int]) -> dict:
        src, _, dst = etype.split(":")
        totals = dict(zip(self.meta["node_type"], self.meta["num_nodes_per_type"]))
        tables = [
            pa.table({"src_int_id": np.arange(n) % totals[src], "dst_int_id": np.arange(n) * 7 % totals[dst]})
            for n in counts
        ]
        self.meta["edge_type"].append(etype)
        self.meta["num_edges_per_type"].append(sum(counts))
        self.meta["edges"][etype] = self.write(f"edges/{etype.replace(':', '_')}", tables)
        return self.meta["edges"][etype]

    def edge_feature(self, etype: str, name: str, tables: list[pa.Table]) -> dict:
        entry = self.write(f"edge_data/{etype.replace(':', '_')}-{name}", tables)
        self.meta["edge_data"].setdefault(etype, {})[name] = entry
        return entry

    def labels(self, ntype: str, name: str) -> None:
        info = self.meta["graph_info"]
        info["ntype_label"], info["ntype_label_property"] = [ntype], [name]

    def save(self, file: str) -> None:
        (self.root / file).write_text(json.dumps(self.meta), encoding="utf-8")


def vectors(rows: int, width: int = 4) -> pa.Table:
    return pa.table({"v": pa.array([list(map(float, row)) for row in RNG.random((rows, width))], pa.list_(pa.float32()))})


def flat(name: str, rows: int, dtype=pa.int64(), shape: bool = False) -> pa.Table:
    table = pa.table({name: pa.array([i % 2 for i in range(rows)], dtype)})
    return table.replace_schema_metadata({"shape": f"({rows},)"}) if shape else table


def graph(root: Path, name: str, counts: list[list[int]]) -> Prefix:
    """An input: nodes `a` with a vector, labels and a mask, and `a:r:a` with a feature, in parts of these rows."""
    prefix = Prefix(root, name)
    vector, others, edges, weights = counts
    prefix.nodes("a", sum(vector))
    prefix.feature("a", "v", [vectors(n) for n in vector])
    prefix.feature("a", "lab", [flat("lab", n) for n in others])
    prefix.feature("a", "train_mask", [flat("train_mask", n) for n in others])
    prefix.labels("a", "lab")
    prefix.edges("a:r:a", edges)
    prefix.edge_feature("a:r:a", "w", [flat("w", n, pa.float32()) for n in weights])
    return prefix


def inputs(root: Path) -> None:
    graph(root, "even-vec", [[20, 20], [40], [150, 150], [300]]).save("metadata.json")
    graph(root, "first-empty", [[0, 200, 200], [0, 200, 200], [0, 500, 400], [0, 500, 400]]).save("metadata.json")
    one = graph(root, "no-num-nodes", [[6, 4], [10], [6, 5], [11]])
    one.meta["node_type"].append("b")
    del one.meta["num_nodes_per_type"], one.meta["num_edges_per_type"]
    one.save("metadata.json")
    one = graph(root, "orphan-node-type", [[20, 20], [40], [150, 150], [300]])
    del one.feature("genre", "v", [vectors(7)])["row_counts"]
    one.save("metadata.json")
    one = graph(root, "no-edges", [[20, 20], [40], [150, 150], [300]])
    one.edges("a:none:a", [0, 0])
    one.save("metadata.json")
    one = graph(root, "undeclared-end", [[20, 20], [40], [150, 150], [300]])
    one.nodes("b", 7)
    one.edges("a:to:b", [9])
    one.meta["node_type"].pop()
    one.meta["num_nodes_per_type"].pop()
    one.save("metadata.json")


def aligned(root: Path, name: str) -> Prefix:
    prefix = Prefix(root, name)
    prefix.nodes("u", 30)
    prefix.nodes("v", 12)
    prefix.feature("u", "feat", [vectors(10) for _ in range(3)])
    prefix.feature("u", "label", [flat("label", 10, shape=True) for _ in range(3)])
    prefix.feature("u", "train_mask", [flat("train_mask", 10, pa.int8(), shape=True) for _ in range(3)])
    prefix.labels("u", "label")
    prefix.edges("u:r:v", [20, 20, 10])
    prefix.edges("v:r-rev:u", [20, 20, 10])
    prefix.edge_feature("u:r:v", "w", [flat("w", n, pa.float64()) for n in (20, 20, 10)])
    return prefix


def prefixes(root: Path) -> None:
    file = "updated_row_counts_metadata.json"
    for name, spoil in SPOILED.items():
        prefix = aligned(root, name)
        spoil(prefix)
        prefix.save(file)


def rewrite(prefix: Prefix, entry: dict, part: int, table: pa.Table) -> None:
    pq.write_table(table, prefix.root / entry["data"][part])
    entry["row_counts"][part] = table.num_rows


def feat(prefix: Prefix) -> dict:
    return prefix.meta["node_data"]["u"]["feat"]


def empty(prefix: Prefix) -> None:
    for name, make in (("feat", vectors), ("label", None), ("train_mask", None)):
        entry = prefix.meta["node_data"]["u"][name]
        dtype = pa.int8() if name == "train_mask" else pa.int64()
        for part, rows in enumerate((10, 0, 20)):
            rewrite(prefix, entry, part, make(rows) if make else flat(name, rows, dtype, shape=True))


def zeroed(prefix: Prefix) -> None:
    path = prefix.root / feat(prefix)["data"][0]
    data = bytearray(path.read_bytes())
    data[4:60] = bytes(56)
    path.write_bytes(data)


def null_label(prefix: Prefix) -> None:
    table = flat("label", 10, shape=True)
    keys = table.schema.metadata
    cells = [None, *table.column(0).to_pylist()[1:]]
    rewrite(prefix, prefix.meta["node_data"]["u"]["label"], 0,
            pa.table({"label": pa.array(cells, pa.int64())}).replace_schema_metadata(keys))  # fmt: skip


def out_of_range(prefix: Prefix) -> None:
    entry = prefix.meta["edges"]["u:r:v"]
    rewrite(prefix, entry, 0, pa.table({"src_int_id": [99, *range(19)], "dst_int_id": [0] * 20}))


def one_column(prefix: Prefix) -> None:
    entry = prefix.meta["edges"]["u:r:v"]
    for part, rows in enumerate((20, 20, 10)):
        rewrite(prefix, entry, part, pa.table({"src_int_id": np.arange(rows)}))


def other_type(prefix: Prefix) -> None:
    rewrite(prefix, prefix.meta["edge_data"]["u:r:v"]["w"], 1, flat("w", 20, pa.float32()))


def regenerated(prefix: Prefix) -> None:
    anew = json.loads(json.dumps(prefix.meta)) | {"graph_name": "another", "num_nodes_per_type": [999, 999]}
    (prefix.root / "metadata.json").write_text(json.dumps(anew), encoding="utf-8")
    status = {"status": "failed", "startedAt": "2026-01-01T00:00:00.000Z", "command": "gs-repartition --input-prefix .",
              "error": {"code": "not-found", "message": "a part does not exist"}}  # fmt: skip
    (prefix.root / "repartition_status.json").write_text(json.dumps(status), encoding="utf-8")


SPOILED = {
    "v-ok": lambda prefix: None,
    "v-vector-width-differs-4-vs-3": lambda p: rewrite(p, feat(p), 1, vectors(10, 3)),
    "v-edge-id-out-of-range": out_of_range,
    "v-zero-row-part-of-list-feature": empty,
    "v-stale-after-rerun": regenerated,
    "v-same-part-listed-twice": lambda p: feat(p)["data"].__setitem__(1, feat(p)["data"][0]),
    "v-page-bytes-zeroed": zeroed,
    "v-raw_id_mapping-part-missing": lambda p: (p.root / p.meta["raw_id_mappings"]["u"]["data"][0]).unlink(),
    "v-type-differs-across-parts": other_type,
    "v-label-null": null_label,
    "v-edge-one-column-only": one_column,
}


if __name__ == "__main__":
    inputs(Path(sys.argv[1]))
    prefixes(Path(sys.argv[1]))
