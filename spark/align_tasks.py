"""Runs the tasks of gs-repartition on Spark: the driver that `gs-repartition --engine spark` submits.

A batch of neighbouring tasks is a line from the command, and a partition of a Spark job. On its executor it is given to a
`gs-repartition worker`, one a core, which stays for the next. The answers come back by an accumulator: Spark hands over
what a task has added exactly once, as soon as it counts the task as done. A task that runs twice makes the same part, so
Spark may try again and speculate as it likes. What failures mean is the command's business: it gets Spark's own words.

    align_tasks.py 127.0.0.1:PORT        connects to the command that submitted it
    align_tasks.py --input-prefix …      an entry point: starts the command itself, with these options, beside the driver

The end of the connection ends all.
"""

import functools
import json
import os
import queue
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from py4j.protocol import Py4JNetworkError
from pyspark import AccumulatorParam, SparkContext

# Jobs side by side: while one waits for its last tasks, the tasks of the next fill the cores.
JOBS = 32
# Batches that come within so many seconds become one job.
GATHER_SECONDS = 0.1

# Of this core. It notices by itself when nobody reads its answers any more.
worker = None


def run_batches(answers, executor, program, patience, lines):
    """On an executor: a partition has one line."""
    for line in lines:
        batch = json.loads(line)
        said = {"batch": batch["batch"], "executor": f"{executor or number()} on {socket.gethostname()}"}
        words = [*program, "worker", "--setup", batch["setup"]]
        try:
            said["answers"] = ask_worker(words, batch["tasks"], patience)
        except OSError as error:
            # It would be the same the next time.
            said["missing"] = f"{words[0]} cannot be started: {error.strerror or error}"
        answers.add([said])


def number():
    """An executor's, as Spark's own pages call it, as far as that can be known here: its folder has it."""
    return os.environ.get("SPARK_EXECUTOR_ID") or os.environ.get("CONTAINER_ID") or os.path.basename(os.getcwd())


def ask_worker(words, tasks, patience):
    """The answers to some tasks. A worker that says nothing for so many seconds is given up."""
    global worker
    if worker and (worker.args != words or worker.poll() is not None):
        end_worker()
    if worker is None:
        complaints = tempfile.TemporaryFile()
        worker = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints)
        worker.complaints = complaints
    try:
        # It answers while it still reads: two full pipes would wait for each other.
        threading.Thread(target=write, args=(worker.stdin, tasks), daemon=True).start()
        answers = []
        while len(answers) < len(tasks):
            given_up = threading.Event()
            silence = threading.Timer(patience, give_up, (worker, given_up))
            silence.start()
            line = worker.stdout.readline()
            silence.cancel()
            if not line and given_up.is_set():
                raise RuntimeError(f"the worker has said nothing for {patience:g} seconds")
            if not line:
                raise ending(worker.wait())
            if b'"heartbeat":' not in line[:14]:
                answers.append(line.decode())
        return answers
    except BaseException:
        end_worker()
        raise


def give_up(silent, given_up):
    # In this order: whoever reads learns of the end at once.
    given_up.set()
    silent.kill()


def ending(code):
    """A worker's last words are for the command, all of them for the executor's log."""
    worker.complaints.seek(0)
    said = worker.complaints.read().decode(errors="replace").strip()
    print(said, file=sys.stderr)
    # A shell's words for a program that cannot be started: the command is one, and starts Node.js.
    missing = {126: "Permission denied", 127: "there is no Node.js"}.get(code)
    lines = said.splitlines()
    last = "".join(f": {line}" for line in [line for line in lines if "rror" in line][-1:] or lines[-1:])
    return OSError(None, missing) if missing else RuntimeError(f"the worker ended with {code}{last}")


def write(pipe, tasks):
    try:
        pipe.write("".join(f"{task}\n" for task in tasks).encode())
        pipe.flush()
    except OSError:
        pass  # It has ended, as whoever reads finds out.


def end_worker():
    global worker
    worker.kill()
    worker.wait()
    worker = None


class Answers(AccumulatorParam):
    """On the driver, what is added goes to the command at once."""

    send = None

    def zero(self, value):
        return []

    def addInPlace(self, some, more):
        if Answers.send is None:
            return some + more
        for answer in more:
            Answers.send(answer)
        return []


def words_of(error):
    """What Spark says of a failure. Even the words of an exception in Java have to be asked for there."""
    try:
        if isinstance(error, (Py4JNetworkError, ConnectionError)):
            raise error
        return str(getattr(error, "java_exception", None) or error)
    except Exception:
        return "Spark's Java process has gone"


def setting(sc, name, default, parse):
    value = sc.getConf().get(f"spark.gsRepartition.{name}", default)
    try:
        return parse(value)
    except ValueError as error:
        sys.exit(f"error: spark.gsRepartition.{name}={value}: {error}")


def read(connection, arrived):
    """Lines, and None as the end, however that comes."""
    try:
        for line in connection.makefile("r", encoding="utf-8"):
            arrived.put(line)
    except OSError:
        pass  # A command that is killed with something unread resets the connection.
    arrived.put(None)


def serve(sc, connection):
    """Has all batches done that come over the connection, until it ends."""
    program = setting(sc, "command", "gs-repartition", shlex.split)
    patience = setting(sc, "patience", "300", float)
    # In one process with the driver an executor has no folder of its own; Spark calls it so.
    executor = "driver" if re.fullmatch(r"local(\[.*\])?", sc.master) else None
    writing = threading.Lock()

    def send(message):
        # A cluster grows.
        line = json.dumps({**message, "cores": sc.defaultParallelism} if "answers" in message else message)
        try:
            with writing:
                connection.sendall(f"{line}\n".encode())
        except OSError:
            pass  # The command has gone, as whoever reads finds out.

    # By its name, not by its value: executors import this file, and keep what it keeps.
    sc.addPyFile(os.path.abspath(__file__))
    here = __import__(os.path.splitext(os.path.basename(__file__))[0])
    here.Answers.send = send
    work = functools.partial(here.run_batches, sc.accumulator([], here.Answers()), executor, program, patience)

    def run(lines):
        why = "Spark counts the work as done, but there is no answer"
        try:
            sc.parallelize(lines, len(lines)).foreachPartition(work)
        except Exception as error:
            why = words_of(error)
        # An answer is sent before its task counts as done.
        send({"over": [json.loads(line)["batch"] for line in lines], "why": why})

    arrived = queue.Queue()
    threading.Thread(target=read, args=(connection, arrived), daemon=True).start()
    send({"ready": {"cores": sc.defaultParallelism, "application": sc.applicationId}})
    with ThreadPoolExecutor(JOBS) as jobs:
        lines = []
        while None not in lines:
            lines = [arrived.get()]
            time.sleep(GATHER_SECONDS)
            while not arrived.empty():
                lines.append(arrived.get())
            if None not in lines:
                jobs.submit(run, lines)
        # Whatever is still under way is not wanted any more.
        sc.cancelAllJobs()
        sc.stop()


def main():
    sc = SparkContext(appName="gs-repartition")
    address = re.fullmatch(r"([\d.]+):(\d+)", sys.argv[1]) if len(sys.argv) == 2 else None
    if address:
        connection = socket.create_connection((address[1], int(address[2])))
        connection.sendall(f"{os.environ['GS_REPARTITION_SPARK_TOKEN']}\n".encode())
        serve(sc, connection)
        return 0
    program = setting(sc, "command", "gs-repartition", shlex.split)
    connection, theirs = socket.socketpair()
    session = ["--engine", "spark", "--spark-submit", f"fd:{theirs.fileno()}"]
    process = subprocess.Popen([*program, *sys.argv[1:], *session], pass_fds=[theirs.fileno()])
    theirs.close()
    serve(sc, connection)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
