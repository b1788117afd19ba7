"""What a test asks of a Parquet file: write one from a spec, read it canonically, look into its footer, check it."""

import base64

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import canonical


# --- writing ---------------------------------------------------------------------------------------------------------

SIMPLE = {
    "bool": pa.bool_(),
    "float": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    **{str(t): t for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
    **{str(t): t for t in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())},
    "float16": pa.float16(),
    "string": pa.string(),
    "large_string": pa.large_string(),
    "binary": pa.binary(),
}


def arrow_type(spec):
    if isinstance(spec, str):
        return SIMPLE[spec]
    if "list" in spec:
        return pa.list_(element_field(spec))
    if "largeList" in spec:
        return pa.large_list(element_field(spec, "largeList"))
    if "fixedSizeList" in spec:
        return pa.list_(element_field(spec, "fixedSizeList"), spec["size"])
    if "struct" in spec:
        return pa.struct([arrow_field(f) for f in spec["struct"]])
    if "map" in spec:
        return pa.map_(arrow_type(spec["map"][0]), arrow_type(spec["map"][1]))
    if "dictionary" in spec:
        return pa.dictionary(pa.int32(), arrow_type(spec["dictionary"]))
    if "decimal" in spec:
        return pa.decimal128(*spec["decimal"])
    if "timestamp" in spec:
        return pa.timestamp(spec["timestamp"], spec.get("timezone"))
    if "time" in spec:
        return pa.time32(spec["time"]) if spec["time"] in ("s", "ms") else pa.time64(spec["time"])
    if "fixed" in spec:
        return pa.binary(spec["fixed"])
    raise ValueError(f"unknown type {spec}")


def element_field(spec, kind="list"):
    # The name that Arrow gives by default; pyarrow writes `element` unless told otherwise.
    return pa.field("item", arrow_type(spec[kind]), nullable=spec.get("nullableElements", True))


def arrow_field(spec):
    return pa.field(spec["name"], arrow_type(spec["type"]), nullable=spec.get("nullable", True))


def write(request):
    """`options` are pyarrow's own, `rowGroups` the rows of each row group (default: all rows in one, none if empty).

    `keys` become schema metadata, as GraphStorm writes `shape`, so they are in `ARROW:schema` too; `footerKeys` don't.
    """
    schema = pa.schema([arrow_field(c) for c in request["columns"]])
    if request.get("keys"):
        schema = schema.with_metadata(request["keys"])
    table = pa.Table.from_arrays(
        [canonical.array(f.type, c["cells"]) for f, c in zip(schema, request["columns"])], schema=schema
    )
    table.validate(full=True)
    options = dict(request.get("options", {}))
    if "sorting_columns" in options:
        options["sorting_columns"] = [pq.SortingColumn(*c) for c in options["sorting_columns"]]
    groups = request.get("rowGroups")
    if groups is None:
        groups = [table.num_rows] if table.num_rows else []
    if sum(groups) != table.num_rows:
        raise ValueError(f"row groups of {groups} rows for {table.num_rows} rows")
    with pq.ParquetWriter(request["path"], schema, **options) as writer:
        start = 0
        for rows in groups:
            writer.write_table(table.slice(start, rows), max(rows, 1))
            start += rows
        if request.get("footerKeys"):
            writer.add_key_value_metadata(request["footerKeys"])
    return {"rows": table.num_rows}


# --- reading ---------------------------------------------------------------------------------------------------------


def open_file(path):
    return pq.ParquetFile(path, page_checksum_verification=True)


def columns_of(table):
    for field, column in zip(table.schema, table.columns):
        yield field, column.chunks


def read(request):
    path = request["path"]
    with open_file(path) as file:
        table = file.read(use_threads=False)
        table.validate(full=True)
        columns = [
            {
                "name": field.name,
                "type": canonical.type_name(field.type),
                "cells": [cell for chunk in chunks for cell in canonical.cells(chunk)],
            }
            for field, chunks in columns_of(table)
        ]
        return {**facts(path, file), "columns": columns}


def facts(path, file):
    metadata = file.metadata
    return {
        "path": path,
        "rows": metadata.num_rows,
        "rowGroups": [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)],
        "createdBy": metadata.created_by,
        "keys": {
            key.decode(): base64.b64encode(value).decode() for key, value in (metadata.metadata or {}).items()
        },
        "leaves": [leaf(file.schema.column(i)) for i in range(len(file.schema))],
        "arrowSchema": file.schema_arrow.to_string(show_schema_metadata=False, truncate_metadata=False),
    }


def leaf(column):
    return {
        "path": column.path,
        "physicalType": column.physical_type,
        "logicalType": str(column.logical_type),
        "length": column.length if column.physical_type == "FIXED_LEN_BYTE_ARRAY" else None,
        "maxDefinitionLevel": column.max_definition_level,
        "maxRepetitionLevel": column.max_repetition_level,
    }


def digest(request):
    """Digests of the concatenated columns of several files, a batch at a time."""
    names, types, digests = [], [], []
    rows = 0
    for path in request["paths"]:
        with open_file(path) as file:
            schema = file.schema_arrow
            if not names:
                names, types = schema.names, [canonical.type_name(t) for t in schema.types]
                digests = [canonical.Digest() for _ in names]
            if names != schema.names or types != [canonical.type_name(t) for t in schema.types]:
                raise ValueError(f"{path} has other columns than {request['paths'][0]}")
            for batch in file.iter_batches(batch_size=65536, use_threads=False):
                rows += batch.num_rows
                for one, column in zip(digests, batch.columns):
                    one.update(column)
    return {
        "rows": rows,
        "columns": [{"name": n, "type": t, "digest": d.hex()} for n, t, d in zip(names, types, digests)],
    }


# --- footers ---------------------------------------------------------------------------------------------------------


def inspect(request):
    with open_file(request["path"]) as file:
        metadata = file.metadata
        groups = [inspect_row_group(metadata.row_group(i)) for i in range(metadata.num_row_groups)]
        return {**facts(request["path"], file), "footerBytes": metadata.serialized_size, "groups": groups}


def inspect_row_group(group):
    return {
        "rows": group.num_rows,
        "totalByteSize": group.total_byte_size,
        "sortingColumns": [
            {"column": s.column_index, "descending": s.descending, "nullsFirst": s.nulls_first}
            for s in group.sorting_columns
        ],
        "columns": [inspect_chunk(group.column(i)) for i in range(group.num_columns)],
    }


def inspect_chunk(chunk):
    stats = chunk.statistics
    return {
        "path": chunk.path_in_schema,
        "physicalType": chunk.physical_type,
        "numValues": chunk.num_values,
        "compression": chunk.compression,
        "encodings": sorted(chunk.encodings),
        "totalCompressedSize": chunk.total_compressed_size,
        "totalUncompressedSize": chunk.total_uncompressed_size,
        "fileOffset": chunk.file_offset,
        "dictionaryPageOffset": chunk.dictionary_page_offset if chunk.has_dictionary_page else None,
        "dataPageOffset": chunk.data_page_offset,
        "hasOffsetIndex": chunk.has_offset_index,
        "hasColumnIndex": chunk.has_column_index,
        "statistics": None
        if stats is None
        else {
            "nullCount": stats.null_count if stats.has_null_count else None,
            "distinctCount": stats.distinct_count if stats.has_distinct_count else None,
            "min": repr(stats.min_raw) if stats.has_min_max else None,
            "max": repr(stats.max_raw) if stats.has_min_max else None,
        },
    }


# --- is the footer true? ---------------------------------------------------------------------------------------------


def levels(arr):
    """How many levels each slot takes in its column chunk: a null or empty list takes one."""
    arr = canonical.plain(arr)
    if not canonical.is_list(arr.type):
        return np.ones(len(arr), np.int64)
    starts, lengths, values = canonical.list_parts(arr)
    lengths = np.where(canonical.valid_flags(arr), lengths, 0)
    sums = np.concatenate([[0], np.cumsum(levels(values))])
    return np.where(lengths == 0, 1, sums[starts + lengths] - sums[starts])


def leaves_of(arr):
    arr = canonical.plain(arr)
    while canonical.is_list(arr.type):
        arr = canonical.plain(arr.flatten())
    return arr


ORDERED = {"BOOLEAN", "INT32", "INT64", "FLOAT", "DOUBLE", "BYTE_ARRAY"}


def check(request):
    """Where a footer's counts and statistics contradict the values that pyarrow decodes; one line each."""
    problems = []
    with open_file(request["path"]) as file:
        metadata = file.metadata
        total = 0
        for g in range(metadata.num_row_groups):
            group = metadata.row_group(g)
            total += group.num_rows
            table = file.read_row_group(g, use_threads=False).combine_chunks()
            if table.num_rows != group.num_rows:
                problems.append(f"row group {g}: {group.num_rows} rows in the footer, {table.num_rows} decoded")
            if any(pa.types.is_struct(t) or pa.types.is_map(t) for t in table.schema.types):
                continue  # several leaves a column
            for c in range(group.num_columns):
                column = table.column(c)
                arr = column.chunk(0) if column.num_chunks else pa.array([], column.type)
                unsigned = pa.types.is_unsigned_integer(leaves_of(arr).type)
                where = f"row group {g}, {group.column(c).path_in_schema}"
                problems += [f"{where}: {p}" for p in check_chunk(group.column(c), arr, unsigned)]
        if total != metadata.num_rows:
            problems.append(f"{metadata.num_rows} rows in the footer, {total} in its row groups")
    return problems


def check_chunk(chunk, arr, unsigned):
    count = int(levels(arr).sum())
    if chunk.num_values != count:
        yield f"num_values {chunk.num_values}, really {count}"
    stats = chunk.statistics
    if stats is None:
        return
    leaves = leaves_of(arr)
    present = len(leaves) - leaves.null_count
    if stats.has_null_count and stats.null_count != count - present:
        yield f"null_count {stats.null_count}, really {count - present}"
    if not stats.has_min_max or chunk.physical_type not in ORDERED or unsigned or pa.types.is_decimal(leaves.type):
        return
    values = comparable(leaves)
    if not values:  # any bounds are true
        return
    least, greatest = min(values), max(values)
    low, high = raw(stats.min_raw), raw(stats.max_raw)
    if low > least or high < greatest:
        yield f"bounds {low!r}..{high!r}, really {least!r}..{greatest!r}"


def raw(value):
    return value.encode() if isinstance(value, str) else value


def comparable(leaves):
    """The values without nulls and NaNs, as the statistics order them."""
    t = leaves.type
    if canonical.is_string(t) or canonical.is_binary(t):
        return [v for v in leaves.cast(pa.large_binary()).to_pylist() if v is not None]
    if pa.types.is_floating(t):
        return [v for v in leaves.to_pylist() if v is not None and v == v]
    return [v for v in canonical.leaf_values(leaves) if v is not None]


def count_where(request):
    """How many rows a filtered read gives, per comparison of one column with one value; it prunes by statistics."""
    data = ds.dataset(request["paths"], format="parquet")
    name = request["column"]
    column = pc.field(name)
    counts = {
        "all": data.count_rows(),
        "null": data.count_rows(filter=column.is_null()),
        "valid": data.count_rows(filter=column.is_valid()),
    }
    if request.get("cell") is not None:
        value = canonical.array(data.schema.field(name).type, [request["cell"]])[0]
        for word, compared in (("equal", column == value), ("less", column < value), ("greater", column > value)):
            counts[word] = data.to_table(filter=compared, columns=[]).num_rows
    return counts
