#!/usr/bin/env python3
"""Runs one command and prints what it cost, as one JSON document:

    launch.py --folder GRAPH --cache warm|cold -- COMMAND [ARGUMENT …]

The clock covers the command, and then an fsync of every file under GRAPH that the command made or changed: programs that
leave their bytes to the kernel's cache and programs that sync them are compared at the same point, when all is on disk.
Before the clock starts the disk is idle (sync), the files under GRAPH are all in the page cache (warm) or out of it
(cold), and free memory has just been touched (see `free_memory_touched`). Memory, CPU and bytes are the kernel's own accounting of the finished process (wait4, /proc/PID/io), all its
threads and all its children included; of memory, the largest process counts. Linux only: nothing else accounts alike.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import mmap
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

PR_SET_CHILD_SUBREAPER = 36
SYNCS_AT_ONCE = 16
MAP_POPULATE = getattr(mmap, "MAP_POPULATE", 0x8000)  # named from Python 3.10 on


def files_under(folder: str) -> dict[str, tuple[int, int]]:
    """Path → (inode, mtime in ns). Without what goes while it is looked for: a server tidies up behind its clients."""
    found: dict[str, tuple[int, int]] = {}
    pending = [folder]
    while pending:
        with suppress(FileNotFoundError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                    continue
                with suppress(FileNotFoundError):
                    stat = entry.stat()
                    found[entry.path] = (stat.st_ino, stat.st_mtime_ns)
    return found


@contextmanager
def free_memory_touched(size: int) -> Iterator[None]:
    """Takes as much of `size` bytes as is free, and gives it back at the end.

    A virtual machine's host takes free memory back, and gives it again page by page to whoever touches it next. On such
    a machine a program that ran after a pause took twice the time of one that ran right after another had ended.
    """
    with open("/proc/meminfo", encoding="ascii") as file:
        free = next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemFree:"))
    size = min(size, free * 9 // 10)
    touched, told = os.pipe()
    wait, release = os.pipe()
    # A process of its own: what this one holds would count as the peak of the command that it starts.
    holder = os.fork()
    if holder == 0:
        os.close(touched)
        os.close(release)
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_POPULATE)
        os.close(told)
        os.read(wait, 1)
        memory.close()
        os._exit(0)
    os.close(told)
    os.close(wait)
    os.read(touched, 1)
    os.close(touched)
    try:
        yield
    finally:
        os.close(release)
        os.waitpid(holder, 0)


def memory_wanted(paths: list[str]) -> int:
    """Bytes for what a peer writes, and for twice of that in its own memory; see the tables."""
    return 3 * sum(os.path.getsize(path) for path in paths) + (256 << 20)


def prepare_cache(paths: list[str], cache: str) -> None:
    os.sync()
    buffer = bytearray(4 << 20)
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            if cache == "cold":
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            else:
                while os.readv(descriptor, [buffer]):
                    pass
        finally:
            os.close(descriptor)


def size_of(path: str) -> int:
    """In bytes; 0 for what has gone meanwhile."""
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def sync_files(paths: list[str]) -> None:
    def sync(path: str) -> None:
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    with ThreadPoolExecutor(SYNCS_AT_ONCE) as pool:
        list(pool.map(sync, paths))
        list(pool.map(sync, sorted({os.path.dirname(path) for path in paths})))


def io_of(pid: int) -> dict[str, int]:
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return {key: int(value) for key, value in (line.split(": ") for line in file)}


def run(command: list[str], limit: float | None) -> dict:
    # What the command leaves behind (a JVM, say) becomes our child and is waited for and counted too.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    used = {"peakRssBytes": 0, "cpuSeconds": 0.0, "bytesRead": 0, "bytesWritten": 0}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
    output: list[bytes] = []
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(lambda: output.append(process.stdout.read()))
        exit_code = None
        while True:
            try:
                # WNOWAIT leaves the dead process in place, so that its accounting can still be read.
                ended = wait_until(started + limit if limit else None)
            except ChildProcessError:
                break
            except TimeoutError:
                os.killpg(process.pid, 9)
                limit = None
                continue
            io = io_of(ended)
            _, status, usage = os.wait4(ended, 0)
            if ended == process.pid:
                exit_code = os.waitstatus_to_exitcode(status)
            used["peakRssBytes"] = max(used["peakRssBytes"], usage.ru_maxrss * 1024)
            used["cpuSeconds"] += usage.ru_utime + usage.ru_stime
            used["bytesRead"] += io["rchar"]
            used["bytesWritten"] += io["wchar"]
        seconds = time.perf_counter() - started
        reading.result()
    process.returncode = exit_code
    return {"exitCode": exit_code, "seconds": seconds, **used, "stdout": output[0].decode(errors="replace")}


def wait_until(deadline: float | None) -> int:
    if deadline is None:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT).si_pid
    while True:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if ended is not None:
            return ended.si_pid
        if time.perf_counter() > deadline:
            raise TimeoutError
        time.sleep(0.002)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--cache", choices=["warm", "cold"], default="warm")
    parser.add_argument("--limit", type=float, help="seconds after which the command is killed")
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    before = files_under(args.folder)
    with free_memory_touched(memory_wanted(list(before))):
        prepare_cache(list(before), args.cache)
    result = run(args.command, args.limit)
    changed = [path for path, identity in files_under(args.folder).items() if before.get(path) != identity]
    syncing = time.perf_counter()
    sync_files(changed)
    result["syncSeconds"] = time.perf_counter() - syncing
    result["seconds"] += result["syncSeconds"]
    result["filesWritten"] = len(changed)
    result["outputBytes"] = sum(map(size_of, changed))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
