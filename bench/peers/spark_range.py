#!/usr/bin/env python3
"""What a Spark user would write: rows get their index in the data set, the index says the part, repartitionByRange brings
the rows of a part together. One local session for all data sets. Spark sets no footer keys: pyarrow does.

python spark_range.py PREFIX MEMORY       MEMORY is the driver's, as Spark writes it: 4g
"""

import glob
import os
import shutil
import sys

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from alignment import Entry, align, make_folder, new_path


def part_of(row: Column, bounds: list[int], first: int, last: int) -> Column:
    """A binary search over the parts' ends, as an expression."""
    if first == last:
        return F.lit(first)
    middle = (first + last) // 2
    left, right = part_of(row, bounds, first, middle), part_of(row, bounds, middle + 1, last)
    return F.when(row < bounds[middle], left).otherwise(right)


def repartition(spark: SparkSession, prefix: str, entry: Entry, target: list[int]) -> list[str]:
    files, counts = entry["data"], entry["row_counts"]
    firsts = [sum(counts[:i]) for i in range(len(counts))]
    by_name = [F.lit(x) for path, first in zip(files, firsts) for x in (os.path.basename(path), first)]
    first_of = F.create_map(*by_name)
    ends = [sum(target[: i + 1]) for i in range(len(target))]
    scratch = os.path.join(prefix, "spark-output")
    rows = (
        spark.read.parquet(*[os.path.join(prefix, path) for path in files])
        .withColumn("index", F.col("_metadata.row_index") + first_of[F.col("_metadata.file_name")])
        .withColumn("part", part_of(F.col("index"), ends, 0, len(target) - 1))
        .repartitionByRange(len(target), "part")
        .sortWithinPartitions("part", "index")
        .drop("index")
    )
    rows.write.mode("overwrite").option("compression", "snappy").partitionBy("part").parquet(scratch)
    paths = []
    for i in range(len(target)):
        written = glob.glob(os.path.join(scratch, f"part={i}", "*.parquet"))
        if len(written) != 1:
            raise SystemExit(f"{entry['data'][0]}: part {i} is in {len(written)} files")
        path = new_path(entry, i)
        os.replace(written[0], make_folder(prefix, path))
        paths.append(path)
    shutil.rmtree(scratch)
    return paths


def main() -> None:
    prefix, memory = sys.argv[1:]
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", memory)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.local.dir", os.path.join(prefix, "spark-local"))
        .config("spark.sql.parquet.columnarReaderBatchSize", "1024")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    try:
        align(prefix, lambda prefix, entry, target: repartition(spark, prefix, entry, target))
    finally:
        spark.stop()
        shutil.rmtree(os.path.join(prefix, "spark-local"), ignore_errors=True)


if __name__ == "__main__":
    main()
