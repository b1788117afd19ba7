"""Writes parts the way GSProcessing's writers do: Spark's parquet-mr for structures and features, pyarrow for labels
and masks. Both with snappy and V1 pages of at most 1 MB; Spark's also with at most 20,000 rows a page and with page
indexes, and with Spark's footer keys instead of an Arrow schema."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import uuid
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shapes import Feature

PAGE_BYTES = 1024 * 1024
PAGE_ROWS = 20_000
# Older releases of pyarrow limit a page by its bytes alone.
LIMITS_ROWS = "max_rows_per_page" in inspect.signature(pq.ParquetWriter.__init__).parameters
# parquet-mr closes a row group when about this much is in memory.
ROW_GROUP_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Column:
    """A data set's columns: a feature, or (with `ids`) the two of a structure."""

    feature: Feature | None
    # For a structure: how many source and destination nodes there are.
    ids: tuple[int, int] | None = None

    @property
    def bytes_in_memory(self) -> int:
        if self.feature is None:
            return 16
        return 4 * self.feature.width if self.feature.kind == "vector" else 8


@dataclass(frozen=True)
class PartJob:
    """One part to write; plain data, so that a pool of processes can share them out."""

    path: str
    rows: int
    column: Column
    seed: tuple[int, ...]


def file_name(index: int, data_set: str, seed: int, collected: bool) -> str:
    """Spark's name of a part, or (for labels and masks) the one that GSProcessing's leader gives."""
    job = uuid.UUID(bytes=hashlib.sha256(f"{seed} {data_set}".encode()).digest()[:16], version=4)
    return f"part-{index:05d}-{job}{'' if collected else '-c000.snappy'}.parquet"


def write_part(job: PartJob) -> int:
    """Writes the part and gives its size in bytes. The rows depend on the job's seed and on nothing else."""
    collected = job.column.feature is not None and job.column.feature.collected
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(job.seed)))
    group_rows = max(1, ROW_GROUP_BYTES // job.column.bytes_in_memory)
    schema = _schema(job.column)
    os.makedirs(os.path.dirname(job.path), exist_ok=True)
    with pq.ParquetWriter(job.path, schema, **_settings(job.column, collected)) as writer:
        for start in range(0, job.rows, group_rows):
            rows = min(group_rows, job.rows - start)
            arrays = _arrays(rng, job.column, rows)
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=rows)
        if job.rows == 0 and collected:
            writer.write_table(schema.empty_table())
    return os.path.getsize(job.path)


def _settings(column: Column, collected: bool) -> dict:
    settings = {"compression": "snappy", "data_page_version": "1.0", "data_page_size": PAGE_BYTES, "version": "1.0"}
    kind = column.feature.kind if column.feature else "structure"
    settings["use_dictionary"] = kind in ("year", "label", "mask")
    if collected:
        return settings
    # A page is closed when a batch has filled it, so that batches of single rows would be exact and slow.
    width = column.feature.width if kind == "vector" else 1
    return settings | {
        "write_page_index": True,
        "store_schema": False,
        "write_batch_size": max(1, min(1024, 16_384 // width)),
        **({"max_rows_per_page": PAGE_ROWS} if LIMITS_ROWS else {}),
    }


def _schema(column: Column) -> pa.Schema:
    if column.feature is None:
        fields = [pa.field("src_int_id", pa.int64()), pa.field("dst_int_id", pa.int64())]
        types = ["long", "long"]
    else:
        feature = column.feature
        arrow, spark = {
            "vector": (pa.list_(pa.float32()), {"type": "array", "elementType": "float", "containsNull": True}),
            "double": (pa.float64(), "double"),
            "long": (pa.int64(), "long"),
            "year": (pa.int32(), "integer"),
            "label": (pa.int64(), "long"),
            "mask": (pa.int8(), "byte"),
        }[feature.kind]
        fields = [pa.field(feature.name, arrow)]
        types = [spark]
        if feature.collected:
            return pa.schema(fields)
    row_metadata = {
        "type": "struct",
        "fields": [{"name": f.name, "type": t, "nullable": True, "metadata": {}} for f, t in zip(fields, types)],
    }
    keys = {
        "org.apache.spark.version": "3.5.1",
        "org.apache.spark.sql.parquet.row.metadata": json.dumps(row_metadata, separators=(",", ":")),
    }
    return pa.schema(fields, metadata=keys)


def _arrays(rng: np.random.Generator, column: Column, rows: int) -> list[pa.Array]:
    if column.feature is None:
        src, dst = column.ids or (1, 1)
        return [pa.array(rng.integers(0, src, rows)), pa.array(rng.integers(0, dst, rows))]
    feature = column.feature
    if feature.kind == "vector":
        values = pa.array(rng.random(rows * feature.width, dtype=np.float32))
        offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * feature.width)
        return [pa.ListArray.from_arrays(offsets, values)]
    if feature.kind == "double":
        return [pa.array(rng.random(rows))]
    if feature.kind == "long":
        return [pa.array(rng.integers(0, 1 << 62, rows))]
    if feature.kind == "year":
        return [pa.array(rng.integers(1950, 2024, rows, dtype=np.int32))]
    if feature.kind == "label":
        return [pa.array(rng.integers(0, feature.width, rows))]
    return [pa.array((rng.random(rows, dtype=np.float32) < 0.6).astype(np.int8))]
