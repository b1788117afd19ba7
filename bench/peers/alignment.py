"""What all peers share: which data sets must get which layout, by the rules of GraphStorm's own gs-repartition (the most
frequent layout among a type's features), and the steps before and after the rows are moved. How rows are moved is each
peer's own."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from typing import Callable

import pyarrow as pa
import pyarrow.parquet as pq

Entry = dict
# Moves the rows of a data set: (prefix, entry, target row counts) → relative paths of the new parts.
Repartition = Callable[[str, Entry, list[int]], list[str]]


def align(prefix: str, repartition: Repartition) -> None:
    with open(os.path.join(prefix, "metadata.json"), encoding="utf-8") as file:
        metadata = json.load(file)
    for data_sets in groups(metadata):
        target = most_frequent(data_sets)
        done: dict[str, Entry] = {}
        for entry in data_sets:
            if entry["row_counts"] == target:
                continue
            if sum(entry["row_counts"]) != sum(target):
                raise SystemExit(f"{entry['data'][0]}: {sum(entry['row_counts'])} rows, {sum(target)} wanted")
            # The reverse type lists the same labels and masks.
            first = entry["data"][0]
            if first not in done:
                done[first] = {"data": repartition(prefix, entry, target), "row_counts": list(target)}
            entry.update(done[first])
    set_shapes(prefix, metadata)
    verify(metadata)
    with open(os.path.join(prefix, "updated_row_counts_metadata.json"), "w", encoding="utf-8") as file:
        json.dump(metadata, file, indent=4)


def groups(metadata: dict) -> list[list[Entry]]:
    """Features first: they alone decide the target."""
    found = []
    for edge_type, features in metadata["edge_data"].items():
        src, relation, dst = edge_type.split(":")
        if relation.endswith("-rev"):
            continue
        reverse = f"{dst}:{relation}-rev:{src}"
        shared = list(metadata["edge_data"].get(reverse, {}).values())
        structures = [metadata["edges"][t] for t in (edge_type, reverse) if t in metadata["edges"]]
        found.append([*features.values(), *shared, *structures])
    found.extend(list(features.values()) for features in metadata["node_data"].values())
    return found


def most_frequent(data_sets: list[Entry]) -> list[int]:
    features = [tuple(e["row_counts"]) for e in data_sets if not e["data"][0].startswith("edges/")]
    return list(Counter(features).most_common(1)[0][0])


def set_shapes(prefix: str, metadata: dict) -> None:
    """Labels and masks are read whole and written back where they are, with the footer key `shape`."""
    info = metadata["graph_info"]
    flat: set[str] = set()
    for section, labels, masks in (
        ("node_data", info["ntype_label_property"], info["ntype_to_label_masks"]),
        ("edge_data", info["etype_label_property"], info["etype_to_label_masks"]),
    ):
        for kind, features in metadata[section].items():
            for name, entry in features.items():
                if name in labels or name in masks.get(kind, []):
                    flat.update(entry["data"])
    for path in sorted(flat):
        where = os.path.join(prefix, path)
        table = pq.read_table(where)
        if table.num_columns != 1 or pa.types.is_list(table.schema.types[0]):
            continue
        keys = {**(table.schema.metadata or {}), b"shape": f"({table.num_rows},)".encode()}
        pq.write_table(table.replace_schema_metadata(keys), where, compression="snappy")


def verify(metadata: dict) -> None:
    for data_sets in groups(metadata):
        if len({tuple(entry["row_counts"]) for entry in data_sets}) != 1:
            raise SystemExit(f"not aligned: {[entry['data'][0] for entry in data_sets]}")


def new_path(entry: Entry, index: int) -> str:
    folder, name = os.path.split(entry["data"][0])
    name = re.sub(r"^part-\d+", f"part-{index:05d}", name)
    return os.path.join(os.path.dirname(folder), "parquet-repartitioned", name)


def make_folder(prefix: str, path: str) -> str:
    where = os.path.join(prefix, path)
    os.makedirs(os.path.dirname(where), exist_ok=True)
    return where


def write_part(prefix: str, path: str, table: pa.Table) -> None:
    """As the reference does: snappy, defaults for the rest, and a look at what was written."""
    where = make_folder(prefix, path)
    pq.write_table(table, where, compression="snappy")
    rows = pq.read_metadata(where).num_rows
    if rows != table.num_rows:
        raise SystemExit(f"{where}: {rows} rows, {table.num_rows} written")
