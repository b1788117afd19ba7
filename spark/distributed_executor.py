"""An entry point for a job on real Spark, with the arguments of GSProcessing's own `distributed_executor.py`.

It stands in for GSProcessing where that is not installed: reads a table of movies from the input prefix, makes a graph
of it with Spark, and writes it to the output prefix in GSProcessing's layout: movies and their directors, each feature
a Parquet data set of its own, cut into parts wherever Spark cuts them.

With `--do-repartition true` the leader tries to align, and here always fails, as GSProcessing's does on a graph too
large for it: an error in the log, no updated metadata, and a job that succeeds.
"""

import argparse
import json
import logging
import tempfile
from pathlib import Path

import boto3
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

EDGE = "movie:directed_by:director"
REVERSE = "director:directed_by-rev:movie"


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input-prefix", required=True)
    parser.add_argument("--output-prefix", required=True)
    parser.add_argument("--config-filename", required=True)
    parser.add_argument("--num-output-files", type=int, default=-1)
    parser.add_argument("--graph-name", default="movies")
    parser.add_argument("--do-repartition", default="false")
    parser.add_argument("--add-reverse-edges", default="true")
    parser.add_argument("--log-level", default="INFO")
    return parser.parse_args()


def split(url: str) -> tuple[str, str]:
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    return bucket, prefix.strip("/")


def spark_session() -> SparkSession:
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )


def numbered(df: DataFrame, column: str) -> DataFrame:
    """Rows with their number, in the order of `column`."""
    number = F.row_number().over(Window.orderBy(column)) - F.lit(1)
    return df.withColumn("row", number.cast("long")).cache()


class Writer:
    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, df: DataFrame, folder: str, parts: int) -> dict:
        """One data set. Spark finds the boundaries by sampling the rows: about even, and never the same twice."""
        target = self.root / folder / "parquet"
        rows = df.repartitionByRange(parts, "row").sortWithinPartitions("row").drop("row")
        rows.write.parquet(str(target))
        files = sorted(target.glob("*.parquet"))
        return {
            "format": {"name": "parquet", "delimiter": ""},
            "data": [file.relative_to(self.root).as_posix() for file in files],
            "row_counts": [pq.read_metadata(file).num_rows for file in files],
        }


def make_graph(session: SparkSession, table: Path, root: Path) -> dict:
    writer = Writer(root)
    raw = session.read.json(str(table), multiLine=True).where(F.col("Title").isNotNull())
    movies = numbered(
        raw.select(
            F.col("Title").cast("string").alias("title"),
            F.col("Director").alias("director"),
            F.col("`IMDB Rating`").cast("double").alias("rating"),
            # A vector with a hole could not be stacked.
            F.array(
                *(F.coalesce(F.col(c).cast("double"), F.lit(0.0)) for c in ("US Gross", "Worldwide Gross"))
            ).alias("gross"),
        ),
        "title",
    )
    directors = numbered(movies.where("director is not null").select("director").distinct(), "director")
    edges = numbered(
        movies.select(F.col("row").alias("src_int_id"), "director", "rating")
        .join(directors.select("director", F.col("row").alias("dst_int_id")), "director")
        .select("src_int_id", "dst_int_id", "rating"),
        "src_int_id",
    )
    ends = ["src_int_id", "dst_int_id"]
    swapped = edges.select(
        F.col("dst_int_id").alias("src_int_id"), F.col("src_int_id").alias("dst_int_id"), "row"
    )
    mapping = [F.col("row").alias("node_int_id"), "row"]
    return {
        "edge_type": [EDGE, REVERSE],
        "node_type": ["director", "movie"],
        "graph_name": "movies",
        "edges": {
            EDGE: writer.write(edges.select(*ends, "row"), "edges/movie_directed_by_director", 4),
            REVERSE: writer.write(swapped, "edges/director_directed_by-rev_movie", 3),
        },
        "edge_data": {
            EDGE: {
                "rating": writer.write(
                    edges.select("rating", "row"), "edge_data/movie_directed_by_director-rating", 5
                )
            }
        },
        "node_data": {
            "movie": {
                "gross": writer.write(movies.select("gross", "row"), "node_data/movie-gross", 4),
                "rating": writer.write(movies.select("rating", "row"), "node_data/movie-rating", 3),
            }
        },
        "raw_id_mappings": {
            "director": writer.write(directors.select(F.col("director").alias("node_str_id"), *mapping), "raw_id_mappings/director", 1),
            "movie": writer.write(movies.select(F.col("title").alias("node_str_id"), *mapping), "raw_id_mappings/movie", 2),
        },
        "graph_info": {"task_type": "link_predict"},
    }


def main() -> None:
    args = parse_args()
    logging.basicConfig(level=args.log_level, format="[GSPROCESSING] %(asctime)s %(levelname)-8s %(message)s")
    s3 = boto3.client("s3")
    bucket, prefix = split(args.input_prefix)
    with tempfile.TemporaryDirectory() as folder:
        config_file = Path(folder, "config.json")
        s3.download_file(bucket, f"{prefix}/{args.config_filename}", str(config_file))
        config = json.loads(config_file.read_text())
        table = Path(folder, "table.json")
        s3.download_file(bucket, f"{prefix}/{config['movies']}", str(table))

        output = Path(folder, "graph")
        output.mkdir()
        session = spark_session()
        metadata = make_graph(session, table, output)
        session.stop()
        (output / "metadata.json").write_text(json.dumps(metadata, indent=4))
        bucket, prefix = split(args.output_prefix)
        for file in sorted(output.rglob("*")):
            if file.is_file() and not file.name.endswith(".crc"):
                s3.upload_file(str(file), bucket, f"{prefix}/{file.relative_to(output).as_posix()}")
    if args.do_repartition.lower() in ("true", "1"):
        logging.error(
            "Failed to repartition data on Spark leader, will need to run follow-up re-partition job. "
            "Original error: not enough memory"
        )


if __name__ == "__main__":
    main()
