#!/usr/bin/env python3
"""Writes a graph in GSProcessing's layout, misaligned as Spark leaves it:

    python bench/generate/generate.py --graph mag --bytes 1g --part-bytes 128m --seed 1 --out FOLDER

The same arguments give the same bytes. Prints one JSON document: bytes, rows and parts of each data set.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import re
import sys
from dataclasses import dataclass

import numpy as np

import layouts
from parts import Column, PartJob, file_name, write_part
from shapes import EDGE_BYTES, GRAPHS, EdgeType, Feature, Graph, NodeType, boundaries


@dataclass(frozen=True)
class DataSet:
    """One metadata entry, before and after it is written."""

    folder: str
    column: Column
    row_counts: list[int]
    files: list[str]

    def entry(self) -> dict:
        return {"format": {"name": "parquet", "delimiter": ""}, "data": self.files, "row_counts": self.row_counts}


class Plan:
    """Which data sets a graph has, and how the rows of each are spread over parts."""

    def __init__(self, graph: Graph, part_bytes: int, parts: int | None, seed: int) -> None:
        self.graph = graph
        self.part_bytes = part_bytes
        self.parts = parts
        self.seed = seed
        self.data_sets: list[DataSet] = []

    def rng(self, name: str) -> np.random.Generator:
        digest = hashlib.sha256(name.encode()).digest()
        return np.random.default_rng([self.seed, int.from_bytes(digest[:8], "big")])

    def part_count(self, rows: int, bytes_per_row: float) -> int:
        """Spark splits a type's input by bytes; all data sets of the type come from the same partitions."""
        if self.parts is not None:
            return max(1, min(self.parts, rows))
        return max(1, min(rows, round(rows * bytes_per_row / self.part_bytes)))

    def add(self, folder: str, column: Column, counts: list[int]) -> dict:
        collected = column.feature is not None and column.feature.collected
        files = [f"{folder}/parquet/{file_name(i, folder, self.seed, collected)}" for i in range(len(counts))]
        data_set = DataSet(folder, column, counts, files)
        self.data_sets.append(data_set)
        return data_set.entry()

    def features(self, section: str, kind: NodeType | EdgeType, folder_name: str, parts: int) -> dict:
        """The widest feature and the small ones come from different Spark stages, so their boundaries differ; all
        small ones share theirs, but for every third. Labels and masks are split evenly."""
        rng = self.rng(f"{section} {kind.name}")
        own, common = (layouts.spark_like(rng, kind.rows, parts) for _ in range(2))
        widest = max((f for f in kind.features), key=lambda f: f.bytes_per_row, default=None)
        entries: dict = {}
        small = 0
        for feature in kind.features:
            if feature.collected:
                # pyarrow writes one file per partition of what it was given, which need not be this type's number.
                counts = layouts.even(kind.rows, max(1, parts - 1) if feature.kind == "label" else parts)
            elif feature is widest:
                counts = own
            else:
                small += 1
                counts = common if small % 3 else layouts.spark_like(rng, kind.rows, parts)
            entries[feature.name] = self.add(f"{section}/{folder_name}-{feature.name}", Column(feature), list(counts))
        return entries

    def metadata(self) -> dict:
        graph, rows_of = self.graph, {n.name: n.rows for n in self.graph.nodes}
        node_data, edges, edge_data, mappings = {}, {}, {}, {}
        for node in graph.nodes:
            widest = max((f.bytes_per_row for f in node.features), default=8.0)
            parts = self.part_count(node.rows, widest)
            if node.features:
                node_data[node.name] = self.features("node_data", node, node.name, parts)
            column = Column(Feature("node_int_id", "long"))
            mappings[node.name] = self.add(f"raw_id_mappings/{node.name}", column, [node.rows])
        for edge in graph.edges:
            widest = max((EDGE_BYTES, *(f.bytes_per_row for f in edge.features)))
            parts = self.part_count(edge.rows, widest)
            rng = self.rng(f"edges {edge.name}")
            directions = [(edge.src, edge.relation, edge.dst)]
            if edge.reverse:
                directions.append((edge.dst, f"{edge.relation}-rev", edge.src))
            for src, relation, dst in directions:
                column = Column(None, (rows_of[src], rows_of[dst]))
                counts = layouts.spark_like(rng, edge.rows, parts)
                edges[f"{src}:{relation}:{dst}"] = self.add(f"edges/{src}_{relation}_{dst}", column, counts)
            if edge.features:
                folder_name = f"{edge.src}_{edge.relation}_{edge.dst}"
                edge_data[edge.name] = self.features("edge_data", edge, folder_name, parts)
                if edge.reverse:
                    shared = {f.name: edge_data[edge.name][f.name] for f in edge.features if f.collected}
                    if shared:
                        edge_data[f"{edge.dst}:{edge.relation}-rev:{edge.src}"] = shared
        return {
            "edge_type": list(edges),
            "node_type": [n.name for n in graph.nodes],
            "graph_name": graph.name,
            "edges": edges,
            "edge_data": edge_data,
            "node_data": node_data,
            "raw_id_mappings": mappings,
            "num_nodes_per_type": [n.rows for n in graph.nodes],
            "num_edges_per_type": [sum(entry["row_counts"]) for entry in edges.values()],
            "graph_info": self.graph_info(edges, edge_data, node_data),
        }

    def graph_info(self, edges: dict, edge_data: dict, node_data: dict) -> dict:
        graph = self.graph
        sizes = lambda kinds: {k.name: {f.name: f.width for f in k.features if not f.collected} for k in kinds}
        masks = lambda data: {t: [n for n in fs if n.endswith("_mask")] for t, fs in data.items() if "train_mask" in fs}
        labelled_edges = [t for t, fs in edge_data.items() if set(fs) & set(graph.labelled.values())]
        labelled_nodes = [t for t, fs in node_data.items() if set(fs) & set(graph.labelled.values())]
        return {
            "nfeat_size": sizes(graph.nodes),
            "efeat_size": sizes(graph.edges),
            "ntype_label": labelled_nodes,
            "ntype_label_property": [graph.labelled[t] for t in labelled_nodes],
            "etype_label": labelled_edges,
            "etype_label_property": sorted(set(graph.labelled.values())) if labelled_edges else [],
            "task_type": graph.task_type,
            "ntype_to_label_masks": masks(node_data),
            "etype_to_label_masks": masks(edge_data),
            "num_nodes": sum(n.rows for n in graph.nodes),
            "num_edges": sum(sum(e["row_counts"]) for e in edges.values()),
            "num_ntype": len(graph.nodes),
            "num_rels": len(edges),
            "num_nodes_ntype": {n.name: n.rows for n in graph.nodes},
            "num_edges_etype": {t: sum(e["row_counts"]) for t, e in edges.items()},
        }


def jobs_of(plan: Plan, out: str) -> list[PartJob]:
    jobs = []
    for data_set in plan.data_sets:
        key = int.from_bytes(hashlib.sha256(data_set.folder.encode()).digest()[:8], "big")
        for i, (path, rows) in enumerate(zip(data_set.files, data_set.row_counts)):
            jobs.append(PartJob(os.path.join(out, path), rows, data_set.column, (plan.seed, key, i)))
    return jobs


def boundaries_layout(plan: Plan) -> None:
    """Replaces the drawn layouts: the two small data sets agree, the large one has every inner boundary elsewhere."""
    for data_set in plan.data_sets:
        name = data_set.column.feature.name if data_set.column.feature else "structure"
        rows, parts = sum(data_set.row_counts), len(data_set.row_counts)
        if data_set.folder.startswith("raw_id_mappings") or parts == 1:
            continue
        even = layouts.even(rows, parts)
        counts = even if name in ("embedding", "structure") else layouts.shifted(even)
        data_set.row_counts[:] = counts


def parse_bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmgt]?)i?b?", text.strip().lower())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of bytes; write 500m or 4g")
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2] or " "))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*GRAPHS, "boundaries-vectors", "boundaries-edges"]
    parser.add_argument("--graph", required=True, choices=names)
    parser.add_argument("--bytes", type=parse_bytes, required=True, help="all data sets together, about")
    parser.add_argument("--part-bytes", type=parse_bytes, default=parse_bytes("128m"), help="of a type's widest data set")
    parser.add_argument("--parts", type=int, help="parts of every data set, instead of --part-bytes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True, help="a folder that does not exist yet or is empty")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    if os.path.isdir(args.out) and os.listdir(args.out):
        sys.exit(f"{args.out} is not empty; give a new folder")

    is_boundaries = args.graph.startswith("boundaries-")
    graph = boundaries(args.graph.split("-")[1]) if is_boundaries else GRAPHS[args.graph]
    plan = Plan(graph.scaled_to(args.bytes), args.part_bytes, args.parts, args.seed)
    metadata = plan.metadata()
    if is_boundaries:
        boundaries_layout(plan)
    jobs = jobs_of(plan, args.out)
    os.makedirs(args.out, exist_ok=True)
    # Large parts first, so that no process is left with one at the end.
    jobs.sort(key=lambda job: job.rows * job.column.bytes_in_memory, reverse=True)
    with multiprocessing.Pool(max(1, args.processes)) as pool:
        sizes = sum(pool.imap_unordered(write_part, jobs, chunksize=1 if len(jobs) < 1000 else 16))
    with open(os.path.join(args.out, "metadata.json"), "w", encoding="utf-8") as file:
        json.dump(metadata, file, indent=4)
    summary = {
        "graph": plan.graph.name,
        "bytes": sizes,
        "parts": len(jobs),
        "data_sets": [
            {"folder": d.folder, "parts": len(d.files), "rows": sum(d.row_counts)} for d in plan.data_sets
        ],
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
