"""Reads a graph as DGL's DistPartitioning does and says where it would stumble. One JSON document on stdout.

Usage: python dgl_view.py PREFIX METADATA_FILE_NAME

    {
      "sections": { "edges": { "<type>": { "structure": { "shapes": [[8, 2], …], "dtypes": ["int64", …] } } },
                    "edge_data": { "<type>": { "<name>": { … } } }, "node_data": { … } },
      "violations": [ { "kind", "section", "type", "name", "part", "message" }, … ],
      "warnings":   [ … the same … ]
    }

`violations` are what alignment is for. Kinds: `part-count` and `row-count` (data sets of one type disagree),
`reshape` (the key `shape` does not fit the rows), `not-flat` (a label or mask is not `(N,)`), `unreadable` (no such
file, or pyarrow cannot read it). `warnings` are what alignment cannot help, and what DistPartitioning may still
refuse: `empty-list` (a part without rows of a list column reads as `(0,)`, which does not concatenate with
`(N, width)`), `dtype` (parts of one data set with different types), `not-numeric`. A part that could not be read has
shape and dtype null. The exit code is 0 whatever is found, and another one only when this script itself fails.

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


class View:
    """Everything read and found so far."""

    def __init__(self, prefix: Path, metadata: dict) -> None:
        self.prefix, self.metadata = prefix, metadata
        self.sections: dict = {"edges": {}, "edge_data": {}, "node_data": {}}
        self.violations: list[dict] = []
        self.warnings: list[dict] = []

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

    def read(self, section: str, kind_of: str, name: str, entry: dict) -> list[Part]:
        """One data set. DGL takes absolute paths as they are and joins others to the prefix; so does pathlib."""
        parts = [Part(self.prefix / path) for path in entry["data"]]
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
    document = {"sections": view.sections, "violations": view.violations, "warnings": view.warnings}
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
