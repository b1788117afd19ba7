"""Writes random graphs, all from one seed: what an alignment can meet, in files of a few kilobytes.

Usage: python random_graphs.py OUTPUT FROM TO SEED [--no-empty-parts]

Prints a JSON line for each graph: its folder and the options to align it with.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "fixtures"))
from generate_cases import Case, classes  # noqa: E402

ELEMENTS = [pa.float32(), pa.float64(), pa.int64(), pa.int32()]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("start", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--no-empty-parts", action="store_true")
    args = parser.parse_args()
    for number in range(args.start, args.end):
        # Of its own seed each, so that one graph can be made again alone.
        maker = Maker(args.output, f"graph-{number:05d}", Random(f"{args.seed}/{number}"), args.no_empty_parts)
        print(json.dumps(maker.graph()), flush=True)


class Maker:
    def __init__(self, root: Path, name: str, random: Random, no_empty_parts: bool) -> None:
        self.random, self.no_empty_parts = random, no_empty_parts
        self.case = Case(root, name)
        self.has_empty_parts = False

    def graph(self) -> dict:
        random, case = self.random, self.case
        types = random.sample(["user", "movie", "genre"], random.randint(1, 3))
        sizes = {ntype: self.rows() for ntype in types}
        case.nodes(*sizes.items())
        for number in range(random.randint(1, 2)):
            etype = f"{random.choice(types)}:relation{number}:{random.choice(types)}"
            rows = self.rows()
            reverse = self.counts(rows) if random.random() < 0.6 else None
            case.structure(etype, self.counts(rows), reverse)
            self.features(etype, rows)
        for ntype, rows in sizes.items():
            self.features(ntype, rows)
        case.finish(self.change)
        return {
            "folder": case.name,
            "options": random.choice(
                [{}, {}, {"targetLayout": "most-frequent"}, {"numOutputFiles": random.randint(1, 9)}]
            ),
            "hasEmptyParts": self.has_empty_parts,
        }

    def change(self, metadata: dict) -> None:
        if self.random.random() < 0.1:
            for features in [*metadata["node_data"].values(), *metadata["edge_data"].values()]:
                for entry in features.values():
                    del entry["row_counts"]

    def features(self, kind_of: str, rows: int) -> None:
        random, case = self.random, self.case
        # A layout that some share, as those of one Spark stage do.
        shared = self.counts(rows)
        for number in range(random.randint(0, 4)):
            counts = shared if random.random() < 0.5 else self.counts(rows)
            case.feature(kind_of, f"feature_{number}", self.column(rows), counts, **self.writer())
        if random.random() < 0.5:
            masks = shared if random.random() < 0.5 else None
            column = random.choice([None, classes(rows), pa.array(np.arange(rows) % 5)])
            case.label(kind_of, "label", self.counts(rows), masks, column=column, **self.writer())

    def rows(self) -> int:
        return self.random.choice([1, 7, 50, 300, 1000, 3000]) + self.random.randint(0, 40)

    def counts(self, rows: int) -> list[int]:
        random = self.random
        parts = random.choice([1, 2, 3, 5, 8, 8, 30])
        if random.random() < 0.3:
            bounds = [rows * i // parts for i in range(parts + 1)]
        else:
            bounds = [0, *sorted(random.randint(0, rows) for _ in range(parts - 1)), rows]
        counts = [b - a for a, b in zip(bounds, bounds[1:])]
        if self.no_empty_parts or random.random() < 0.6:
            counts = [count for count in counts if count > 0]
        self.has_empty_parts |= 0 in counts
        return counts

    def column(self, rows: int) -> pa.Array:
        """Values tell their rows; some repeat, so that dictionaries are worth it."""
        random = self.random
        numbers = np.arange(rows) if random.random() < 0.5 else np.arange(rows) % random.choice([2, 17, 300])
        nulls = random.choice([0, 0, 3, 50])
        missing = np.arange(rows) % nulls == nulls - 1 if nulls else None
        kind = random.choice(["scalar", "scalar", "vector", "vector", "string", "bool"])
        if kind == "bool":
            return pa.array(numbers % 2 == 0, mask=missing)
        if kind == "string":
            values = [f"{'long ' * (n % 3)}{n}" for n in numbers]
            return pa.array(values, pa.string(), mask=missing)
        element = random.choice(ELEMENTS)
        if kind == "scalar":
            return pa.array(numbers, element, mask=missing)
        width = random.choice([1, 2, 16, 64])
        matrix = numbers[:, None] * width + np.arange(width)[None, :]
        if random.random() < 0.2:
            return pa.array([row[: n % (width + 1)] for n, row in enumerate(matrix.tolist())], pa.list_(element))
        lists = [None if missing is not None and missing[n] else row for n, row in enumerate(matrix.tolist())]
        return pa.array(lists, pa.list_(element))

    def writer(self) -> dict:
        """Options of pyarrow's writer. Small pages, and now and then very many row groups: those are re-encoded."""
        random = self.random
        options: dict = {
            "spark": random.random() < 0.5,
            "compression": random.choice(["snappy", "snappy", "none", "zstd", "gzip"]),
            "use_dictionary": random.random() < 0.5,
            "data_page_size": random.choice([64, 256, 2048, 1 << 20]),
            "write_batch_size": random.choice([1, 8, 64, 1024]),
            "row_group_size": random.choice([2, 10, 100, 1 << 20, 1 << 20]),
            "data_page_version": random.choice(["1.0", "1.0", "2.0"]),
            "write_page_index": random.random() < 0.5,
            "write_statistics": random.random() < 0.8,
            "dictionary_pagesize_limit": random.choice([128, 1 << 20]),
        }
        if random.random() < 0.2:
            options["write_page_checksum"] = True
        return options


if __name__ == "__main__":
    main()
