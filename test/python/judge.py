"""A reader that judges many files in one process: `judge.py pyarrow|DuckDB|polars|DataFusion|Spark`, requests as worker.py has them.

    {"op": "read", "paths": […]}   ->  [{"rows": 3, "schema": "…", "keys": {…}, "digest": "…"} or {"error": "…"}, …]
    {"op": "count", "questions": [{"path": "…", "twin": "…", "column": "x", "rows": [1]}, …]}   ->  [{"x is null": 3, …} or {"error": "…"}, …]

Whatever reads, the values come as Arrow arrays, and are compared by the digests of canonical.py, bit for bit.
"""

import operator
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import canonical
import worker

# pyarrow keeps these to itself; the test compares storage.
EXTENSIONS = {"arrow_extensions_enabled": False}
# The schema is compared as Arrow reads it; the other one says that we made the file.
OWN_KEYS = (b"ARROW:schema", b"gs-repartition")


COMPARISONS = {"=": operator.eq, "<": operator.lt, ">=": operator.ge}


def comparisons(value):
    # NaN is above everything for some, where statistics, which know nothing of it, don't make them skip it.
    floating = pa.types.is_floating(value.type)
    return {sign: compare for sign, compare in COMPARISONS.items() if not (floating and sign == ">=")}


def asked(sign, value):
    return f"x {sign} {value.as_py()!r}"


class Pyarrow:
    """The reader of DistPartitioning; the only one that verifies page checksums."""

    def read(self, path):
        with pq.ParquetFile(path, page_checksum_verification=True, **EXTENSIONS) as file:
            table = file.read(use_threads=False)
            table.validate(full=True)
            keys = {k.hex(): v.hex() for k, v in (file.metadata.metadata or {}).items() if k not in OWN_KEYS}
            return table, {"keys": keys, "leaves": str(file.schema).split("\n", 1)[1]}

    def count(self, path, column, literals):
        data = ds.dataset([path], format="parquet")
        x = pc.field(column)
        yield "x is null", data.count_rows(filter=x.is_null())
        yield "count(x)", data.count_rows(filter=x.is_valid())
        for value in literals:
            for sign, compare in comparisons(value).items():
                yield asked(sign, value), data.to_table(filter=compare(x, pc.scalar(value)), columns=[]).num_rows


class DuckDB:
    """C++ of its own; prunes by statistics and Bloom filters."""

    def __init__(self):
        import duckdb

        config = {"threads": 1, "enable_external_file_cache": False}
        self.connection = duckdb.connect(config=config)

    def read(self, path):
        return self.connection.cursor().sql(f"from {quoted(path)}").to_arrow_table(), {}

    def count(self, path, column, literals):
        table = f"(select {column} as x from read_parquet({quoted(path)}))"
        # Each is a query of its own, so that each is pruned; the first is answered from statistics.
        yield "count(x)", self.ask(f"select count(x) from {table}")
        yield "x is null", self.ask(f"select count(*) from {table} where x is null")
        for value in literals:
            for sign in comparisons(value):
                yield asked(sign, value), self.ask(f"select count(*) from {table} where x {sign} ?", value.as_py())

    def ask(self, query, *parameters):
        # A cursor of its own: what is left of a query that failed would stand in the way of the next.
        return self.connection.cursor().execute(query, parameters).fetchall()[0][0]


class Polars:
    """Rust, and no line of it arrow-rs's."""

    def __init__(self):
        import polars

        self.polars = polars

    def read(self, path):
        frame = self.polars.read_parquet(path, use_statistics=True, hive_partitioning=False, glob=False)
        return frame.to_arrow(), {}


class DataFusion:
    """arrow-rs; prunes by statistics, page index and Bloom filters, and takes an absent null count for none."""

    def __init__(self):
        import datafusion

        self.datafusion = datafusion
        config = {
            "datafusion.execution.parquet.schema_force_view_types": "false",
            "datafusion.execution.parquet.pushdown_filters": "true",
            "datafusion.execution.target_partitions": "1",
        }
        session = datafusion.SessionConfig()
        for key, value in config.items():
            session = session.set(key, value)
        self.context = datafusion.SessionContext(session)

    def read(self, path):
        return self.context.read_parquet(path).to_arrow_table(), {}

    def count(self, path, column, literals):
        x, lit = self.datafusion.col(column), self.datafusion.lit
        frame = self.context.read_parquet(path)
        counted = frame.aggregate([], [self.datafusion.functions.count(x)]).to_arrow_table()
        yield "count(x)", counted.column(0)[0].as_py()
        yield "x is null", frame.filter(x.is_null()).count()
        for value in literals:
            for sign, compare in comparisons(value).items():
                yield asked(sign, value), frame.filter(compare(x, lit(value))).count()


class Spark:
    """parquet-mr, which prunes by statistics, page index, dictionaries and Bloom filters. PySpark must be on the path."""

    def __init__(self):
        from pyspark.sql import SparkSession, functions

        self.functions = functions
        builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "1")
        # parquet-mr on its own reads every type; Spark's own reader only flat ones.
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("OFF")

    def read(self, path):
        rows = [repr(row) for row in self.session.read.parquet(path).collect()]
        schema = self.session.read.parquet(path).schema.simpleString()
        return pa.table({schema: pa.array(rows, pa.string())}), {}

    def count(self, path, column, literals):
        frame = self.session.read.parquet(path)
        x = frame[column]
        yield "count(x)", frame.agg(self.functions.count(x)).collect()[0][0]
        yield "x is null", frame.filter(x.isNull()).count()
        for value in literals:
            for sign, compare in comparisons(value).items():
                yield asked(sign, value), frame.filter(compare(x, value.as_py())).count()


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


READERS = {"pyarrow": Pyarrow, "DuckDB": DuckDB, "polars": Polars, "DataFusion": DataFusion, "Spark": Spark}


def message(error):
    # A reader that panics raises no Exception.
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        raise error
    return {"error": f"{type(error).__name__}: {str(error).strip()[:300]}"}


def digest(table):
    whole = []
    for column in table.columns:
        one = canonical.Digest()
        for chunk in column.chunks:
            one.update(chunk)
        whole.append(one.hex())
    return whole


def read(reader, path):
    try:
        table, more = reader.read(path)
        schema = table.schema.remove_metadata().to_string(show_field_metadata=False)
        return {"rows": table.num_rows, "schema": schema, "digest": digest(table), **more}
    except BaseException as error:
        return message(error)


def count(reader, question):
    try:
        return dict(reader.count(question["path"], question["column"], literals_of(question)))
    except BaseException as error:
        return message(error)


def literals_of(question):
    """What is asked for: as pyarrow reads it, whoever is asked. NaN is equal to nothing, or to itself, as one likes."""
    if not question["rows"]:
        return []
    column = pq.read_table(question["twin"], columns=[question["column"]], use_threads=False).column(0)
    values = [column[row] for row in question["rows"]] if comparable(column.type) else []
    return [value for value in values if value.is_valid and value.as_py() == value.as_py()]


def comparable(t):
    """Whether all readers can be given a value of the type."""
    return t in (pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.date32()) or (
        pa.types.is_integer(t) or pa.types.is_decimal(t) or (pa.types.is_timestamp(t) and t.unit in ("ms", "us"))
    )


def main():
    reader = READERS[sys.argv[1]]()
    worker.serve(
        {
            "read": lambda request: [read(reader, path) for path in request["paths"]],
            "count": lambda request: [count(reader, question) for question in request["questions"]],
        }
    )


if __name__ == "__main__":
    main()
