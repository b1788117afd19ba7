#!/usr/bin/env python3
"""Writes parts for the model of S3, where a few of them stand for very many:

    templates.py JOBS      JOBS is a JSON file: [{"path", "kind", "width", "rows"}, …]

`kind` is that of a feature in shapes.py, or "structure". The same jobs give the same bytes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys

from parts import Column, PartJob, write_part
from shapes import Feature


def job_of(index: int, job: dict) -> PartJob:
    kind = job["kind"]
    column = Column(None, (1000, 1000)) if kind == "structure" else Column(Feature("value", kind, job["width"]))
    return PartJob(job["path"], job["rows"], column, (index,))


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        jobs = [job_of(i, job) for i, job in enumerate(json.load(file))]
    jobs.sort(key=lambda job: job.rows * job.column.bytes_in_memory, reverse=True)
    with multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool:
        pool.map(write_part, jobs, chunksize=1)


if __name__ == "__main__":
    main()
