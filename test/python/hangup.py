"""Runs a command on a terminal that goes away; prints what was shown until then, and how the command ended.

hangup.py session|detached WORD DIES COMMAND ARGUMENT...

The terminal goes when WORD was shown on it, or a file named WORD is there; afterwards the file DIES is made. A command
in a session of that terminal is sent SIGHUP then; a detached one (as by `disown`, `setsid`) only finds its streams dead.
"""

import fcntl
import json
import os
import select
import subprocess
import sys
import termios

kind, word, dies = sys.argv[1:4]
terminal, end = os.openpty()


def begin():
    if kind == "session":
        fcntl.ioctl(end, termios.TIOCSCTTY, 0)


command = subprocess.Popen(
    sys.argv[4:], stdin=end, stdout=end, stderr=end, start_new_session=True, preexec_fn=begin
)
os.close(end)
shown = b""
while word.encode() not in shown and not os.path.exists(word):
    if not select.select([terminal], [], [], 0.02)[0]:
        continue
    try:
        shown += os.read(terminal, 4096)
    except OSError:  # The command has ended first.
        break
os.close(terminal)
with open(dies, "w"):
    pass
print(json.dumps({"code": command.wait(), "shown": shown.decode(errors="replace")}))
