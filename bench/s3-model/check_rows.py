#!/usr/bin/env python3
"""Compares the rows of parts with those of the sources they were made of:

    check_rows.py LIST      LIST is a JSON file: [{"output": PATH, "slices": [{"file": PATH, "from": ROW, "to": ROW}]}]
"""

from __future__ import annotations

import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        parts = json.load(file)
    for part in parts:
        made = pq.read_table(part["output"])
        wanted = pa.concat_tables(
            pq.read_table(s["file"]).slice(s["from"], s["to"] - s["from"]) for s in part["slices"]
        )
        # Values, not chunks: they follow the row groups.
        if not made.replace_schema_metadata().equals(wanted.replace_schema_metadata()):
            sys.exit(f"{part['output']} has {made.num_rows} rows, and other ones than its sources ({wanted.num_rows})")


if __name__ == "__main__":
    main()
