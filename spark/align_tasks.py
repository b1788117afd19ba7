"""Runs the tasks of gs-repartition on Spark: the driver that `gs-repartition --engine spark` submits.

A batch of neighbouring tasks is a line from the command, and a partition of a Spark job. On its executor it is given to a
`gs-repartition worker`, one a core, which stays for the next. The answers come back by an accumulator: Spark hands over
what a task has added exactly once, as soon as it counts the task as done. A task that runs twice makes the same part, so
Spark may try again and speculate as it likes.

    align_tasks.py 127.0.0.1:PORT        connects to the command that submitted it
    align_tasks.py --input-prefix …      an entry point: starts the command itself, with these options, beside the driver

The end of the connection ends all.
"""

import functools
import json
import os
import queue
import re
import select
import shlex
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from py4j.protocol import Py4JNetworkError
from pyspark import AccumulatorParam, SparkContext

# Jobs side by side: while one waits for its last tasks, the tasks of the next fill the cores.
JOBS = 32
# Batches that come within so many seconds become one job.
GATHER_SECONDS = 0.1


class Worker:
    """A process that does tasks for one core. It notices by itself when nobody reads its answers any more."""

    mine = None

    @classmethod
    def get(cls, command, setup):
        worker = cls.mine
        if worker and (worker.key != (command, setup) or worker.process.poll() is not None):
            worker.end()
            worker = None
        cls.mine = worker or cls(command, setup)
        return cls.mine

    def __init__(self, command, setup):
        self.key = (command, setup)
        words = [*shlex.split(command), "worker", "--setup", setup]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.rest = b""

    def do(self, tasks, patience):
        """The answers to some tasks. A worker that says nothing for so many seconds is given up."""
        try:
            # It answers while it still reads: two full pipes would wait for each other.
            text = "".join(f"{task}\n" for task in tasks).encode()
            writing = threading.Thread(target=self.write, args=(text,), daemon=True)
            writing.start()
            answers = []
            while len(answers) < len(tasks):
                line = self.read_line(patience)
                if b'"heartbeat":' not in line[:14]:
                    answers.append(line.decode())
            return answers
        except BaseException:
            self.end()
            raise

    def write(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except OSError:
            pass  # It has ended, as whoever reads finds out.

    def read_line(self, patience):
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], patience)[0]:
                raise RuntimeError(f"the worker has said nothing for {patience:g} seconds")
            chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            if not chunk:
                code = self.process.wait()
                # A shell's word for a program that is not there: the command is one, and starts Node.js.
                raise OSError(None, "there is no Node.js") if code == 127 else RuntimeError(f"the worker ended with {code}")
            self.rest += chunk
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    def end(self):
        self.process.kill()
        self.process.wait()
        Worker.mine = None


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


def executor_name():
    """As Spark's own pages call it, as far as that can be known here: its folder has its number."""
    number = os.environ.get("SPARK_EXECUTOR_ID") or os.environ.get("CONTAINER_ID") or os.path.basename(os.getcwd())
    return f"{number} on {socket.gethostname()}"


def run_batches(answers, command, patience, lines):
    """On an executor: a partition has one line."""
    for line in lines:
        batch = json.loads(line)
        said = {"batch": batch["batch"], "executor": executor_name()}
        try:
            said["answers"] = Worker.get(command, batch["setup"]).do(batch["tasks"], patience)
        except OSError as error:
            # It would be the same the next time.
            said["error"] = not_started(command, error)
        answers.add([said])


def not_started(command, error):
    message = f"{shlex.split(command)[0]} cannot be started: {error.strerror or error}"
    hint = "Install Node.js and gs-repartition on every machine, on the PATH or where spark.gsRepartition.command says."
    return {"name": "RepartitionError", "message": message, "report": {"code": "limit", "message": message, "hint": hint}}


def failures_of(error, batches, answered):
    """Of a job, to each batch that has no answer, for somebody waits for it: the one to blame comes first."""
    try:
        if isinstance(error, (Py4JNetworkError, ConnectionError)):
            raise error
        failure = failure_of(error, batches)
    except Exception:
        # Even the words of an exception in Java have to be asked for there.
        failure = failed(batches[0], "none", "Spark's Java process has gone")
    # The sort is stable.
    ordered = sorted(batches, key=lambda batch: batch != failure["batch"])
    return [{**failure, "batch": batch} for batch in ordered if batch not in answered]


def failure_of(error, batches):
    """Spark's own words name the task that failed too often, and where it ran last."""
    text = str(getattr(error, "java_exception", None) or error)
    lost = re.search(r"Lost task (\d+)\.\d+ in stage .*?\((\S+) executor (\S+)\): (.*)", text)
    number, host, executor, why = lost.groups() if lost else ("0", "", "", text.strip().splitlines()[0])
    # Of an exception in Python, the last line of its trace says what it was.
    last = re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception): (.*)$", text, re.MULTILINE)
    message = last[-1] if "PythonException" in why and last else why
    batch = batches[int(number)] if int(number) < len(batches) else batches[0]
    return failed(batch, f"{executor} on {host}" if lost else "none", message)


def failed(batch, executor, message):
    hint = "Run the same command again: finished parts are kept and the rest is done."
    report = {"code": "limit", "message": message, "hint": hint}
    return {"batch": batch, "executor": executor, "error": {"name": "RepartitionError", "message": message, "report": report}}


def serve(sc, connection):
    """Has all batches done that come over the connection, until it ends."""
    conf = sc.getConf()
    command = conf.get("spark.gsRepartition.command", "gs-repartition")
    patience = float(conf.get("spark.gsRepartition.patience", "300"))
    writing = threading.Lock()
    answered = set()

    def send(message):
        with writing:
            answered.add(message.get("batch"))
            try:
                connection.sendall(f"{json.dumps(message)}\n".encode())
            except OSError:
                pass  # The command has gone, as whoever reads finds out.

    # By its name, not by its value: executors import this file, and keep what it keeps.
    sc.addPyFile(os.path.abspath(__file__))
    here = __import__(os.path.splitext(os.path.basename(__file__))[0])
    here.Answers.send = send
    answers = sc.accumulator([], here.Answers())
    work = functools.partial(here.run_batches, answers, command, patience)

    def run(lines):
        error = "Spark counts the work as done, but there is no answer"
        try:
            sc.parallelize(lines, len(lines)).foreachPartition(work)
        except Exception as raised:
            error = raised
        # An answer is here before its task counts as done.
        for failure in failures_of(error, [json.loads(line)["batch"] for line in lines], answered):
            send(failure)

    arrived = queue.Queue()

    def read():
        for line in connection.makefile("r", encoding="utf-8"):
            arrived.put(line)
        arrived.put(None)

    threading.Thread(target=read, daemon=True).start()
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
    command = sc.getConf().get("spark.gsRepartition.command", "gs-repartition")
    connection, theirs = socket.socketpair()
    session = ["--engine", "spark", "--spark-submit", f"fd:{theirs.fileno()}"]
    process = subprocess.Popen([*shlex.split(command), *sys.argv[1:], *session], pass_fds=[theirs.fileno()])
    theirs.close()
    serve(sc, connection)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
