"""A persistent worker for the tests: one JSON request per line on standard input, one JSON reply per line on output.

    -> {"id": 1, "op": "read", "path": "/…/part.parquet"}
    <- {"id": 1, "result": {…}}  or  {"id": 1, "error": "ArrowInvalid: …"}

It ends when its input does.
"""

import json
import os
import sys

import pyarrow as pa

import files

OPERATIONS = {
    "write": files.write,
    "read": files.read,
    "digest": files.digest,
    "inspect": files.inspect,
    "check": files.check,
    "countWhere": files.count_where,
}


def answer(operations, line):
    request = json.loads(line)
    try:
        return {"id": request["id"], "result": operations[request["op"]](request)}
    except Exception as error:  # the test decides what it means
        return {"id": request["id"], "error": f"{type(error).__name__}: {error}"}


def serve(operations):
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    # Replies alone may use standard output; whatever a library prints goes to standard error.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        replies.write(json.dumps(answer(operations, line), separators=(",", ":"), ensure_ascii=False) + "\n")
        replies.flush()


if __name__ == "__main__":
    serve(OPERATIONS)
