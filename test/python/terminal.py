"""Runs a command on a terminal of its own and types on it; prints what the terminal shows.

terminal.py '[["when this is shown", "type this"], ...]' COMMAND ARGUMENT...

With null instead of what to type, the terminal goes away.

Exits as the command does; by a signal, with 128 and its number, as a shell would say it.
"""

import json
import os
import pty
import sys

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

shown = ""
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # The command has ended, and with it the terminal.
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    shown += data.decode(errors="replace")
    if steps and steps[0][0] in shown:
        typed = steps.pop(0)[1]
        if typed is None:
            os.close(terminal)
            break
        os.write(terminal, typed.encode())
        shown = ""

code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
