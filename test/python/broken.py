"""Breaks an aligned graph in many ways, one copy for each, and says what DistPartitioning would do with it.

Usage: python broken.py PREFIX METADATA_FILE_NAME TARGET_FOLDER

Makes TARGET_FOLDER/<kind>/ for every kind below: files are links to those of PREFIX, but for the ones that are broken.
Prints one JSON document: { "<kind>": [ "why DistPartitioning stops, or misreads", … ], … }, empty where it does not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))
from dgl_view import View  # noqa: E402

KINDS: dict = {}


def kind(function):
    KINDS[function.__name__.replace("_", "-")] = function
    return function


class Graph:
    def __init__(self, prefix: Path, file: str) -> None:
        self.prefix, self.file = prefix, file
        self.text = (prefix / file).read_text(encoding="utf-8")
        self.meta = json.loads(self.text)

    def path(self, entry: dict, part: int = 0) -> Path:
        return self.prefix / entry["data"][part]

    def replace(self, path: Path, data: bytes) -> None:
        """As a new file: the old one is shared with the other copies."""
        path.unlink()
        path.write_bytes(data)

    def edit(self, entry: dict, part: int, change, **options) -> None:
        """`change` takes a table; the footer's keys stay as they are unless it changes them."""
        path = self.path(entry, part)
        table = change(pq.read_table(path))
        path.unlink()
        pq.write_table(table, path, **options)
        entry["row_counts"][part] = table.num_rows

    def edit_all(self, entry: dict, change) -> None:
        for part in range(len(entry["data"])):
            self.edit(entry, part, change)

    def bytes(self, entry: dict, part: int, change) -> None:
        path = self.path(entry, part)
        data = bytearray(path.read_bytes())
        self.replace(path, bytes(change(data) or data))

    def save(self) -> None:
        path = self.prefix / self.file
        path.unlink()
        path.write_text(self.text if self.meta is None else json.dumps(self.meta), encoding="utf-8")

    @property
    def vector(self) -> dict:
        return self.meta["node_data"]["movie"]["title_embedding"]

    @property
    def scalar(self) -> dict:
        return self.meta["node_data"]["director"]["first_year"]

    @property
    def mask(self) -> dict:
        return self.meta["node_data"]["movie"]["train_mask"]

    @property
    def label(self) -> dict:
        return self.meta["node_data"]["movie"]["creative_type"]

    @property
    def edges(self) -> dict:
        return self.meta["edges"]["movie:has_genre:genre"]

    @property
    def featured_edges(self) -> dict:
        return self.meta["edges"]["movie:directed_by:director"]


def footer(data: bytes) -> int:
    """Where it starts."""
    return len(data) - 8 - int.from_bytes(data[-8:-4], "little")


def recast(to: pa.DataType):
    return lambda table: with_column(table, table.column(0).cast(to))


def with_column(table: pa.Table, column) -> pa.Table:
    return table.set_column(0, table.column_names[0], column)


def values(make):
    """A column of as many values as there are rows."""
    return lambda table: with_column(table, make(table.num_rows))


def vectors(change):
    def changed(table: pa.Table) -> pa.Table:
        rows = table.column(0).to_pylist()
        return with_column(table, pa.array(change(rows), table.schema.types[0]))

    return changed


def set_at(column: int, row: int, value):
    def changed(table: pa.Table) -> pa.Table:
        cells = table.column(column).to_pylist()
        cells[row] = value
        return table.set_column(column, table.column_names[column], pa.array(cells, table.schema.types[column]))

    return changed


def with_shape(shape: str | None):
    def changed(table: pa.Table) -> pa.Table:
        keys = {k: v for k, v in (table.schema.metadata or {}).items() if k != b"shape"}
        return table.replace_schema_metadata(keys | ({} if shape is None else {b"shape": shape.encode()}))

    return changed


# fmt: off
@kind
def control(g): pass
# The document.
@kind
def node_type_lacks_a_featured_type(g): drop(g, "node_type", "num_nodes_per_type", "distributor")
@kind
def node_type_lacks_an_end(g): drop(g, "node_type", "num_nodes_per_type", "genre")
@kind
def edge_type_without_edges(g): del g.meta["edges"]["movie:has_genre:genre"]
@kind
def edges_missing(g): del g.meta["edges"]
@kind
def edge_type_missing(g): del g.meta["edge_type"]
@kind
def node_type_missing(g): del g.meta["node_type"]
@kind
def num_nodes_missing(g): del g.meta["num_nodes_per_type"]
@kind
def num_nodes_too_few_numbers(g): g.meta["num_nodes_per_type"].pop()
@kind
def num_nodes_too_large(g): bump(g, "num_nodes_per_type", "node_type", "director", 1)
@kind
def num_nodes_too_small_for_edges(g): bump(g, "num_nodes_per_type", "node_type", "genre", -2)
@kind
def num_edges_wrong(g): bump(g, "num_edges_per_type", "edge_type", "movie:directed_by:director", 1)
@kind
def graph_info_num_nodes_wrong(g): g.meta["graph_info"]["num_nodes"] += 1
@kind
def graph_info_num_edges_etype_wrong(g): g.meta["graph_info"]["num_edges_etype"]["movie:has_genre:genre"] += 1
@kind
def graph_info_label_missing(g): g.meta["graph_info"]["ntype_label_property"] = ["no_such_label"]
@kind
def graph_info_mask_missing(g): g.meta["graph_info"]["ntype_to_label_masks"]["movie"].append("no_such_mask")
@kind
def row_counts_lie(g): g.vector["row_counts"][0] += 1
@kind
def row_counts_too_few(g): g.vector["row_counts"].pop()
@kind
def edge_type_malformed(g): rename(g, "movie:has_genre:genre", "movie:has_genre")
@kind
def feature_without_parts(g): g.vector["data"], g.vector["row_counts"] = [], []
@kind
def format_csv(g): g.vector["format"]["name"] = "csv"
@kind
def json_cut_off(g): g.meta, g.text = None, g.text[: len(g.text) // 2]
@kind
def edge_type_lacks_a_type(g): drop(g, "edge_type", "num_edges_per_type", "movie:has_genre:genre")
@kind
def edge_type_of_no_rows(g): g.edit_all(g.edges, lambda t: t.slice(0, 0)), recount(g, "movie:has_genre:genre")
@kind
def node_type_of_no_rows(g): add_rowless(g)
# The lists of parts.
@kind
def part_listed_twice(g): g.vector["data"][1] = g.vector["data"][0]
@kind
def part_left_out(g): g.vector["data"].pop(), g.vector["row_counts"].pop()
@kind
def structure_part_left_out(g): g.featured_edges["data"].pop(), g.featured_edges["row_counts"].pop()
@kind
def part_listed_too_often(g): g.featured_edges["data"].append(g.featured_edges["data"][0]), g.featured_edges["row_counts"].append(g.featured_edges["row_counts"][0])
@kind
def parts_of_unlike_rows_swapped(g): g.featured_edges["data"].reverse(), g.featured_edges["row_counts"].reverse()
@kind
def parts_of_like_rows_swapped(g): g.vector["data"].reverse(), g.vector["row_counts"].reverse()
@kind
def part_of_another_feature(g): g.scalar["data"][0] = g.meta["node_data"]["director"]["career"]["data"][0]
@kind
def part_missing(g): g.path(g.vector).unlink()
# Files.
@kind
def part_of_no_bytes(g): g.replace(g.path(g.vector), b"")
@kind
def part_is_text(g): g.replace(g.path(g.vector), b"src_int_id,dst_int_id\n1,2\n")
@kind
def part_cut_off(g): g.bytes(g.vector, 0, lambda data: data[: len(data) // 2])
@kind
def last_byte_wrong(g): g.bytes(g.vector, 0, lambda data: data[:-1] + b"?")
@kind
def footer_length_wrong(g): g.bytes(g.vector, 0, lambda data: data[:-8] + b"\xff\xff\xff\x7f" + data[-4:])
@kind
def footer_zeroed(g): g.bytes(g.vector, 0, lambda data: data[: footer(data)] + bytes(len(data) - 8 - footer(data)) + data[-8:])
@kind
def page_header_zeroed(g): g.bytes(g.vector, 0, lambda data: data[:4] + bytes(40) + data[44:])
@kind
def page_data_overwritten(g): g.bytes(g.vector, 0, lambda data: data[:400] + b"\xff" * 400 + data[800:])
# Rows.
@kind
def feature_a_row_short(g): g.edit(g.vector, 0, lambda t: t.slice(1))
@kind
def mask_a_row_long(g): g.edit(g.mask, 1, lambda t: pa.concat_tables([t, t.slice(0, 1)]))
@kind
def structure_a_row_short(g): g.edit(g.featured_edges, 2, lambda t: t.slice(1))
@kind
def empty_part_first(g): add_empty(g, 0)
@kind
def empty_part_between(g): add_empty(g, 1)
@kind
def empty_part_last(g): add_empty(g, None)
@kind
def empty_part_of_edges(g): g.edit(g.edges, 2, lambda t: t.slice(0, 0)), recount(g, "movie:has_genre:genre")
# Types.
@kind
def double_beside_float(g): g.edit(g.vector, 1, recast(pa.list_(pa.float64())))
@kind
def int_beside_double(g): g.edit(g.scalar, 1, values(lambda n: pa.array(np.arange(n, dtype=np.int64))))
@kind
def column_of_another_name(g): g.edit(g.scalar, 1, lambda t: t.rename_columns(["another"]))
@kind
def texts(g): g.edit_all(g.scalar, values(lambda n: pa.array([str(i) for i in range(n)])))
@kind
def bytes_(g): g.edit_all(g.scalar, values(lambda n: pa.array([b"x"] * n)))
@kind
def dates(g): g.edit_all(g.scalar, values(lambda n: pa.array(range(n), pa.int32()).cast(pa.date32())))
@kind
def timestamps(g): g.edit_all(g.scalar, values(lambda n: pa.array(range(n), pa.timestamp("us"))))
@kind
def decimals(g): g.edit_all(g.scalar, values(lambda n: pa.array(range(n), pa.decimal128(20, 2))))
@kind
def unsigned_longs(g): g.edit_all(g.scalar, values(lambda n: pa.array(range(n), pa.uint64())))
@kind
def half_floats(g): g.edit_all(g.scalar, values(lambda n: pa.array(np.zeros(n, np.float16))))
@kind
def booleans(g): g.edit_all(g.scalar, values(lambda n: pa.array([i % 2 == 0 for i in range(n)])))
@kind
def two_columns(g): g.edit_all(g.scalar, lambda t: t.append_column("second", t.column(0)))
@kind
def structs(g): g.edit_all(g.scalar, values(lambda n: pa.array([{"a": i} for i in range(n)])))
@kind
def large_lists(g): g.edit_all(g.vector, recast(pa.large_list(pa.float32())))
@kind
def fixed_size_lists(g): g.edit_all(g.vector, recast(pa.list_(pa.float32(), 64)))
@kind
def lists_of_texts(g): g.edit_all(g.vector, values(lambda n: pa.array([["a", "b"]] * n)))
@kind
def lists_of_lists(g): g.edit_all(g.vector, values(lambda n: pa.array([[[1.0], [2.0]]] * n)))
# Vectors.
@kind
def vector_a_value_short(g): g.edit(g.vector, 0, vectors(lambda rows: [rows[0][1:], *rows[1:]]))
@kind
def vectors_of_one_part_longer(g): g.edit(g.vector, 1, vectors(lambda rows: [[*row, 0.0] for row in rows]))
@kind
def vectors_short_and_long(g): g.edit(g.vector, 0, vectors(lambda rows: [rows[0][1:], [*rows[1], 0.0], *rows[2:]]))
@kind
def vector_empty(g): g.edit(g.vector, 0, vectors(lambda rows: [[], *rows[1:]]))
@kind
def vector_null(g): g.edit(g.vector, 0, vectors(lambda rows: [None, *rows[1:]]))
@kind
def vector_value_null(g): g.edit(g.vector, 0, vectors(lambda rows: [[None, *rows[0][1:]], *rows[1:]]))
# Edges.
@kind
def edges_of_one_column(g): g.edit_all(g.edges, lambda t: t.select([0]))
@kind
def edges_of_three_columns(g): g.edit_all(g.edges, lambda t: t.append_column("weight", t.column(0)))
@kind
def edges_by_other_names(g): g.edit_all(g.edges, lambda t: t.rename_columns(["f0", "f1"]))
@kind
def edges_of_int32(g): g.edit_all(g.edges, lambda t: t.cast(pa.schema([(n, pa.int32()) for n in t.column_names])))
@kind
def edges_of_doubles(g): g.edit_all(g.edges, lambda t: t.cast(pa.schema([(n, pa.float64()) for n in t.column_names])))
@kind
def edges_of_timestamps(g): g.edit_all(g.edges, lambda t: t.cast(pa.schema([(n, pa.timestamp("us")) for n in t.column_names])))
@kind
def edges_of_unsigned_longs(g): g.edit_all(g.edges, lambda t: t.cast(pa.schema([(n, pa.uint64()) for n in t.column_names])))
@kind
def edges_turned_round(g): g.edit_all(g.edges, lambda t: t.select([1, 0]))
@kind
def edge_id_too_large(g): g.edit(g.edges, 1, set_at(1, 5, 12))
@kind
def edge_id_negative(g): g.edit(g.edges, 1, set_at(0, 5, -1))
@kind
def edge_id_null(g): g.edit(g.edges, 1, set_at(0, 5, None))
# Shapes.
@kind
def mask_without_shape(g): g.edit(g.mask, 0, with_shape(None))
@kind
def mask_of_stale_shape(g): g.edit(g.mask, 0, with_shape("(7,)"))
@kind
def mask_of_no_shape(g): g.edit(g.mask, 0, with_shape("(rows,)"))
@kind
def mask_as_a_column(g): g.edit_all(g.mask, lambda t: with_shape(f"({t.num_rows}, 1)")(t))
@kind
def vector_of_flat_shape(g): g.edit_all(g.vector, lambda t: with_shape(f"({t.num_rows},)")(t))
@kind
def vector_of_three_dimensions(g): g.edit_all(g.vector, lambda t: with_shape(f"({t.num_rows}, 8, 8)")(t))
# Values.
@kind
def mask_null(g): g.edit(g.mask, 0, set_at(0, 3, None))
@kind
def mask_two(g): g.edit(g.mask, 0, set_at(0, 3, 2))
@kind
def nan_and_infinity(g): g.edit_all(g.scalar, values(lambda n: pa.array([float("nan"), float("inf"), *[1.0] * (n - 2)])))
@kind
def label_null_among_doubles(g): g.edit(g.label, 0, set_at(0, 3, None))
@kind
def label_null_among_integers(g): g.edit_all(g.label, values(lambda n: pa.array([1] * n))), g.edit(g.label, 0, set_at(0, 3, None))
@kind
def label_null_that_no_footer_counts(g): g.edit_all(g.label, values(lambda n: pa.array([1] * n))), g.edit(g.label, 0, set_at(0, 3, None), write_statistics=False)
@kind
def boolean_null(g): g.edit_all(g.scalar, values(lambda n: pa.array([None, *[True] * (n - 1)])))
@kind
def row_changed(g): g.edit(g.vector, 0, vectors(lambda rows: [[9.0, *rows[0][1:]], *rows[1:]]))
# Beside the graph itself.
@kind
def mapping_part_missing(g): g.path(g.meta["raw_id_mappings"]["movie"]).unlink()
@kind
def mapping_a_row_short(g): g.edit(g.meta["raw_id_mappings"]["movie"], 0, lambda t: t.slice(1))
@kind
def mapping_part_listed_twice(g): g.meta["raw_id_mappings"]["director"]["data"][1] = g.meta["raw_id_mappings"]["director"]["data"][0]
@kind
def mapping_of_another_type(g): g.meta["raw_id_mappings"]["genre"] = g.meta["raw_id_mappings"]["rating"]
@kind
def mapping_id_twice(g): g.edit(g.meta["raw_id_mappings"]["movie"], 0, set_at(1, 0, 1))
@kind
def generated_anew(g): edit_input(g, lambda meta: meta.update(graph_name="another"))
# fmt: on


def drop(g: Graph, types: str, totals: str, name: str) -> None:
    at = g.meta[types].index(name)
    g.meta[types].pop(at)
    g.meta[totals].pop(at)


def bump(g: Graph, totals: str, types: str, name: str, by: int) -> None:
    g.meta[totals][g.meta[types].index(name)] += by


def recount(g: Graph, etype: str) -> None:
    """What the document says of an edge type's rows, after those of its structure."""
    rows = sum(g.meta["edges"][etype]["row_counts"])
    at = g.meta["edge_type"].index(etype)
    info = g.meta["graph_info"]
    info["num_edges"] += rows - g.meta["num_edges_per_type"][at]
    g.meta["num_edges_per_type"][at] = info["num_edges_etype"][etype] = rows


def add_rowless(g: Graph) -> None:
    path = g.scalar["data"][0].replace("part-", "rowless-")
    pq.write_table(pq.read_table(g.path(g.scalar)).slice(0, 0), g.prefix / path)
    g.meta["node_type"].append("nobody")
    g.meta["num_nodes_per_type"].append(0)
    g.meta["graph_info"]["num_ntype"] += 1
    g.meta["node_data"]["nobody"] = {"age": g.scalar | {"data": [path], "row_counts": [0]}}


def rename(g: Graph, etype: str, to: str) -> None:
    g.meta["edge_type"] = [to if one == etype else one for one in g.meta["edge_type"]]
    g.meta["edges"] = {to if one == etype else one: entry for one, entry in g.meta["edges"].items()}


def add_empty(g: Graph, at: int | None) -> None:
    for entry in g.meta["node_data"]["director"].values():
        place = len(entry["data"]) if at is None else at
        path = re.sub(r"part-\d+", "part-99999", entry["data"][0])
        pq.write_table(pq.read_table(g.path(entry)).slice(0, 0), g.prefix / path)
        entry["data"].insert(place, path)
        entry["row_counts"].insert(place, 0)


def edit_input(g: Graph, change) -> None:
    path = g.prefix / "metadata.json"
    meta = json.loads(path.read_text(encoding="utf-8"))
    change(meta)
    path.unlink()
    path.write_text(json.dumps(meta), encoding="utf-8")


def judge(prefix: Path, file: str) -> list[str]:
    try:
        view = View(prefix, json.loads((prefix / file).read_text(encoding="utf-8")))
        view.look()
    except Exception as error:  # noqa: BLE001 - what ends this ends DistPartitioning
        return [f"{type(error).__name__}: {error}"]
    found = [*view.violations, *view.stops]
    return sorted({f"{one['kind']} {one['type']} {one['name']}: {one['message']}"[:200] for one in found})


def main() -> None:
    source, file, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    found = {}
    for name, breaks in KINDS.items():
        prefix = target / name
        shutil.copytree(source, prefix, copy_function=os.link)
        graph = Graph(prefix, file)
        breaks(graph)
        graph.save()
        found[name] = judge(prefix, file)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
