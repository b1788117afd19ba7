"""Reads a graph as DGL's DistPartitioning does and says where it would stumble. One JSON document on stdout.

Usage: python dgl_view.py PREFIX METADATA_FILE_NAME

    {
      "sections": { "edges": { "<type>": { "structure": { "shapes": [[8, 2], …], "dtypes": ["int64", …] } } },
                    "edge_data": { "<type>": { "<name>": { … } } }, "node_data": { … } },
      "violations": [ { "kind", "section", "type", "name", "part", "message" }, … ],
      "warnings":   [ … the same … ],
      "stops":      [ … the same, and "ranks" … ]
    }

`violations` are what alignment is for. Kinds: `part-count` and `row-count` (data sets of one type disagree),
`reshape` (the key `shape` does not fit the rows), `not-flat` (a label or mask is not `(N,)`), `unreadable` (no such
file, or pyarrow cannot read it). `warnings` are what alignment cannot help, and what DistPartitioning may still
refuse: `empty-list` (a part without rows of a list column reads as `(0,)`, which does not concatenate with
`(N, width)`), `dtype` (parts of one data set with different types), `not-numeric`. A part that could not be read has
shape and dtype null. The exit code is 0 whatever is found, and another one only when this script itself fails.

`stops` are what happens when all is put together by one rank or by several: arrays stacked (`np.concatenate`), made
tensors (`torch.from_numpy`, `DATA_TYPE_ID`), their shapes and types compared between ranks (`_broadcast_shape`, which
drops ranks without rows and so shifts the others), edges joined to nodes. Kinds: `key` (a key or type that is looked up
and is not there), `stack`, `tensor`, `ranks`, `ids`, `counts`.

What DistPartitioning does is in dmlc/dgl, tools/distpartitioning/array_readwriter/parquet.py (features) and
dataset_utils.py (structures: two columns, whatever their names). It goes through pandas; here the same arrays are made
with pyarrow and numpy alone.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DEFAULT_MASKS = ["train_mask", "val_mask", "test_mask"]
LINK_PREDICTION = {"link_predict", "link_prediction"}


class Part:
    """One file, read. `array` is missing when DistPartitioning would have failed; `problem` then says why."""

    def __init__(self, path: Path) -> None:
        self.rows: int | None = None
        self.array: np.ndarray | None = None
        self.problem: tuple[str, str] | None = None
        self.is_list = self.is_nested = False
        try:
            # Not the footer's keys: where there is an `ARROW:schema`, pyarrow takes them from inside it.
            keys = pq.read_metadata(path).schema.to_arrow_schema().metadata or {}
            table = pq.read_table(path, memory_map=True)
        except (OSError, pa.ArrowException) as error:
            self.problem = ("unreadable", f"{type(error).__name__}: {error}")
            return
        self.rows = table.num_rows
        types = table.schema.types
        # Exactly ListType: pyarrow's large and fixed-size lists are classes of their own, and DGL asks for this one.
        self.is_list = len(types) == 1 and isinstance(types[0], pa.ListType)
        self.is_nested = any(pa.types.is_nested(t) for t in types)
        shape = keys.get(b"shape")
        try:
            array = stack_rows(table.column(0)) if self.is_list else columns_as_array(table)
            # DGL says eval; what is written there is a tuple of integers.
            self.array = array.reshape(tuple(ast.literal_eval(shape.decode()))) if shape else array
        except (ValueError, TypeError, SyntaxError) as error:
            found = f"shape {shape.decode()}" if shape else "no shape"
            self.problem = ("reshape", f"{table.num_rows} rows, {found}: {error}")


def stack_rows(column: pa.ChunkedArray) -> np.ndarray:
    """A list column as numpy makes it of a Python list of rows: `(N, width)`, and `(0,)` when there is no row."""
    if len(column) == 0:
        return np.array([])
    array = pa.concat_arrays(column.chunks)
    widths = set(np.diff(array.offsets.to_numpy()).tolist())
    if array.null_count or len(widths) > 1:
        raise ValueError("rows that are missing or have different lengths make no array")
    return array.flatten().to_numpy(zero_copy_only=False).reshape(len(array), widths.pop())


def columns_as_array(table: pa.Table) -> np.ndarray:
    """A table as pandas' `to_numpy` gives it: `(N, columns)` of the type that holds all columns."""
    columns = [column.to_numpy() for column in table.columns]
    kinds = {column.dtype.kind for column in columns}
    same = len({column.dtype for column in columns}) == 1
    dtype = (
        columns[0].dtype if same else np.result_type(*columns) if kinds <= set("iuf") else np.dtype(object)
    )
    out = np.empty((table.num_rows, len(columns)), dtype=dtype)
    for index, column in enumerate(columns):
        if dtype == object:
            for row, value in enumerate(column):
                out[row, index] = value
        else:
            out[:, index] = column
    return out


# torch has no others, or DATA_TYPE_ID in utils.py has not.
TENSOR_TYPES = {"float32", "float64", "float16", "uint8", "int8", "int16", "int32", "int64", "bool"}


class Stop(Exception):
    """DistPartitioning ends with an error here."""


class Ranks:
    """A graph read by so many ranks, as `get_dataset` in dataset_utils.py does."""

    def __init__(self, view: View, ranks: int) -> None:
        self.view, self.ranks, self.stops = view, ranks, []

    def read(self) -> list[dict]:
        metadata = self.view.metadata
        try:
            ntypes, etypes = self.key(metadata, "node_type"), self.key(metadata, "edge_type")
            edges = self.key(metadata, "edges")
            # gpartition's, which starts all this.
            totals = self.key(metadata, "num_nodes_per_type")
            if len(totals) != len(ntypes):
                raise Stop(f"{len(totals)} counts for {len(ntypes)} node types")
        except Stop as stop:
            return [note("key", "", "", "", None, str(stop)) | {"ranks": self.ranks}]
        self.nodes = dict(zip(ntypes, totals))
        # By rank: types of whose edges it has more lists of ids than of edge numbers.
        self.lists: dict[int, int] = {}
        rows: dict[str, list[int]] = {}
        for etype in etypes:
            rows[etype] = self.guard("edges", etype, "structure", lambda: self.structure(etype, edges)) or []
        for section, known in (("node_data", ntypes), ("edge_data", etypes)):
            for kind_of, features in (metadata.get(section) or {}).items():
                for name, entry in features.items():
                    self.guard(section, kind_of, name, lambda: self.feature(section, known, kind_of, name, entry, rows))
        return self.stops

    def key(self, of: dict, name: str):
        if name not in of:
            raise Stop(f"KeyError: {name}")
        return of[name]

    def guard(self, section: str, kind_of: str, name: str, work):
        try:
            return work()
        except Stop as stop:
            kind, _, text = str(stop).partition("|")
            self.stops.append(note(kind, section, kind_of, name, None, text) | {"ranks": self.ranks})

    def stacked(self, section: str, kind_of: str, name: str, entry: dict) -> list[np.ndarray]:
        """What each rank has of a data set."""
        parts = self.view.parts_of(section, kind_of, name, entry)
        if any(part.array is None for part in parts):
            raise Stop("stack|" + next(part.problem[1] for part in parts if part.array is None))
        dealt = np.array_split(np.arange(len(parts)), self.ranks)
        arrays = []
        for run in dealt:
            try:
                arrays.append(np.concatenate([parts[i].array for i in run]) if len(run) else np.array([]))
            except ValueError as error:
                raise Stop(f"stack|{error}") from error
        return arrays

    def broadcast(self, arrays: list[np.ndarray], features: bool) -> list[int]:
        """`_broadcast_shape`, and the assertion after it: the rows of each rank."""
        for array in arrays:
            if features and str(array.dtype) not in TENSOR_TYPES:
                raise Stop(f"tensor|can't convert np.ndarray of type {array.dtype}")
            if array.ndim not in (1, 2):
                raise Stop(f"tensor|Data is expected to be 1-D or 2-D but got {array.shape}")
        filled = [array for array in arrays if len(array)]
        if not filled:
            raise Stop("ranks|need at least one array to concatenate")
        if features and len({array.dtype for array in filled}) > 1:
            raise Stop("ranks|dtypes do not match on all ranks")
        if len({array.shape[1:] for array in filled}) > 1:
            raise Stop("ranks|shapes do not match on all ranks")
        counts = [len(array) for array in filled]
        for rank, array in enumerate(arrays):
            if rank < len(counts) and len(array) != counts[rank]:
                raise Stop(f"ranks|shape {array.shape} of rank {rank} does not match {counts[rank]} rows")
        return [len(array) for array in arrays]

    def feature(self, section: str, known: list, kind_of: str, name: str, entry: dict, rows: dict) -> None:
        if entry["format"]["name"] not in ("numpy", "parquet"):
            raise Stop("key|format")
        if kind_of not in known:
            raise Stop(f"key|KeyError: {kind_of}")
        if not entry["data"]:
            return
        counts = self.broadcast(self.stacked(section, kind_of, name, entry), True)
        if section == "edge_data" and rows.get(kind_of) and counts != rows[kind_of]:
            raise Stop(f"counts|{counts} rows by rank for {rows[kind_of]} edges")
        if section == "node_data" and sum(counts) != self.nodes[kind_of]:
            raise Stop(f"counts|{sum(counts)} rows for {self.nodes[kind_of]} nodes")

    def structure(self, etype: str, edges: dict) -> list[int]:
        if etype not in edges:
            raise Stop(f"key|KeyError: {etype}")
        ends = etype.split(":")
        if len(ends) != 3:
            raise Stop("key|assert len(tokens) == 3")
        arrays = self.stacked("edges", etype, "structure", edges[etype])
        for rank, array in enumerate(arrays):
            if len(array) and array.shape[1:] != (2,):
                raise Stop(f"stack|rename_columns: {array.shape[1:]} columns")
            for column, end in ((0, ends[0]), (1, ends[2])):
                if end not in self.nodes:
                    raise Stop(f"key|KeyError: {end}")
                ids = array[:, column] if len(array) else array
                # Unsigned longs become doubles beside the longs of other types.
                if len(array) and (array.dtype.kind not in "iu" or array.dtype == np.uint64):
                    raise Stop(f"ids|{array.dtype} is no type of ids")
                if len(ids) and (ids.min() < 0 or ids.max() >= self.nodes[end]):
                    raise Stop(f"ids|{ids.min()} to {ids.max()} for {self.nodes[end]} of {end}, on rank {rank}")
        # Ids are gathered from each rank that reads a file, edge numbers for each that has rows: at the next type they differ.
        for rank, lists in self.lists.items():
            if lists and rank < sum(len(array) > 0 for array in arrays):
                raise Stop(f"ranks|rank {rank} has read a part without rows of a type before")
        counts = self.broadcast(arrays, False)
        dealt = np.array_split(np.arange(len(edges[etype]["data"])), self.ranks)
        filled = sum(count > 0 for count in counts)
        for rank, run in enumerate(dealt):
            if rank >= filled and len(run):
                self.lists[rank] = self.lists.get(rank, 0) + 1
        return counts


class View:
    """Everything read and found so far."""

    def __init__(self, prefix: Path, metadata: dict) -> None:
        self.prefix, self.metadata = prefix, metadata
        self.sections: dict = {"edges": {}, "edge_data": {}, "node_data": {}}
        self.violations: list[dict] = []
        self.warnings: list[dict] = []
        self.stops: list[dict] = []
        self.known: dict[tuple, list[Part]] = {}

    def parts_of(self, section: str, kind_of: str, name: str, entry: dict) -> list[Part]:
        """Each data set is read once, however many ranks are tried."""
        key = (section, kind_of, name)
        if key not in self.known:
            self.known[key] = [Part(self.prefix / path) for path in entry["data"]]
        return self.known[key]

    def look(self) -> None:
        edges = self.metadata.get("edges") or {}
        edge_data = self.metadata.get("edge_data") or {}
        for etype in merge_keys(edges, edge_data):
            read = []
            if etype in edges:
                read.append(("edges", "structure", self.read("edges", etype, "structure", edges[etype])))
            for name, entry in edge_data.get(etype, {}).items():
                read.append(("edge_data", name, self.read("edge_data", etype, name, entry)))
            self.compare(etype, read)
        for ntype, features in (self.metadata.get("node_data") or {}).items():
            read = [("node_data", n, self.read("node_data", ntype, n, e)) for n, e in features.items()]
            self.compare(ntype, read)
        entries = [*edges.values(), *(e for t in edge_data.values() for e in t.values())]
        most = max((len(entry.get("data", [])) for entry in entries), default=1)
        for ranks in sorted({1, 2, most}):
            self.stops += Ranks(self, ranks).read()

    def read(self, section: str, kind_of: str, name: str, entry: dict) -> list[Part]:
        """One data set. DGL takes absolute paths as they are and joins others to the prefix; so does pathlib."""
        parts = self.parts_of(section, kind_of, name, entry)
        self.sections[section].setdefault(kind_of, {})[name] = {
            "shapes": [None if p.array is None else list(p.array.shape) for p in parts],
            "dtypes": [None if p.array is None else str(p.array.dtype) for p in parts],
        }
        flat = section != "edges" and name in flat_names(self.metadata, section, kind_of)
        for index, part in enumerate(parts):
            at = (section, kind_of, name, index)
            if part.problem:
                self.violations.append(note(part.problem[0], *at, part.problem[1]))
            elif section == "edges" and part.array.shape[1:] != (2,):
                self.violations.append(note("unreadable", *at, "a structure has two columns"))
            elif flat and not part.is_nested and part.array.ndim != 1:
                self.violations.append(note("not-flat", *at, f"shape {part.array.shape}"))
        self.warn(section, kind_of, name, parts)
        return parts

    def warn(self, section: str, kind_of: str, name: str, parts: list[Part]) -> None:
        arrays = [p.array for p in parts if p.array is not None]
        filled = [a for a in arrays if len(a)]
        for index, part in enumerate(parts):
            if (
                part.is_list
                and part.array is not None
                and filled
                and part.array.shape[1:] != filled[0].shape[1:]
            ):
                self.warnings.append(
                    note(
                        "empty-list",
                        section,
                        kind_of,
                        name,
                        index,
                        f"shape {part.array.shape}, others {filled[0].shape}",
                    )
                )
        dtypes = sorted({str(a.dtype) for a in filled})
        if len(dtypes) > 1:
            self.warnings.append(
                note("dtype", section, kind_of, name, None, f"parts differ: {', '.join(dtypes)}")
            )
        if any(a.dtype.kind not in "iuf" for a in filled):
            self.warnings.append(note("not-numeric", section, kind_of, name, None, ", ".join(dtypes)))

    def compare(self, kind_of: str, read: list[tuple[str, str, list[Part]]]) -> None:
        """All data sets of one type against the first: its structure, or the first feature of a node type."""
        if not read:
            return
        _, first_name, first = read[0]
        for section, name, parts in read[1:]:
            if len(parts) != len(first):
                text = f"{len(parts)} parts, {first_name} has {len(first)}"
                self.violations.append(note("part-count", section, kind_of, name, None, text))
            for index, (part, other) in enumerate(zip(parts, first)):
                if part.rows is not None and other.rows is not None and part.rows != other.rows:
                    text = f"{part.rows} rows, {first_name} has {other.rows}"
                    self.violations.append(note("row-count", section, kind_of, name, index, text))


def note(kind: str, section: str, kind_of: str, name: str, part: int | None, message: str) -> dict:
    return {"kind": kind, "section": section, "type": kind_of, "name": name, "part": part, "message": message}


def merge_keys(*mappings: dict) -> list[str]:
    """Every key once, in order of first appearance."""
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def flat_names(metadata: dict, section: str, kind_of: str) -> set[str]:
    """The labels and masks of a type: what must be `(N,)` unless its rows are lists."""
    info = metadata.get("graph_info") or {}
    letter = "e" if section == "edge_data" else "n"
    types = info.get(f"{letter}type_label") or []
    labels = info.get(f"{letter}type_label_property") or []
    by_type = info.get(f"{letter}type_to_label_masks") or {}
    masks = by_type.get(kind_of) or by_type.get(forward_type(kind_of)) or DEFAULT_MASKS
    if kind_of not in types:
        return set(by_type.get(kind_of) or [])
    if letter == "e" and info.get("task_type") in LINK_PREDICTION:
        return set(masks)
    # The lists run side by side for nodes. Edge types come with their reverse ones, labels only once.
    own = [labels[types.index(kind_of)]] if len(types) == len(labels) else labels
    return {*own, *masks}


def forward_type(etype: str) -> str:
    """`src:rel:dst` for `dst:rel-rev:src`; anything else as it is."""
    fields = etype.split(":")
    if len(fields) != 3 or not fields[1].endswith("-rev"):
        return etype
    return f"{fields[2]}:{fields[1][:-4]}:{fields[0]}"


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: python dgl_view.py PREFIX METADATA_FILE_NAME")
    prefix = Path(sys.argv[1])
    view = View(prefix, json.loads((prefix / sys.argv[2]).read_text(encoding="utf-8")))
    view.look()
    document = {"sections": view.sections, "violations": view.violations, "warnings": view.warnings, "stops": view.stops}
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
