"""The AWS command line, which takes longer to start than to do what it is asked: started once, and forked for each call.

    python aws_cli.py PACKAGES HOME

answers {"id", "words", "env", "cwd"}, a line of JSON, with what the call came to.
"""

import json
import os
import sys
import tempfile
import traceback

# As `python -m awscli` has it: its own packages first, and nothing of this folder.
sys.path[0], os.environ["HOME"] = sys.argv[1:]

import awscli.clidriver  # noqa: E402

# Imports what it is made of.
awscli.clidriver.create_clidriver()
DATA_PATH = os.environ["AWS_DATA_PATH"]


def call(words, env, cwd):
    """In the child: as in a process of its own."""
    os.environ.clear()
    # The command line sets the one itself when it is imported.
    os.environ.update(env, AWS_DATA_PATH=DATA_PATH)
    os.chdir(cwd)
    sys.argv = [os.path.join(os.path.dirname(awscli.__file__), "__main__.py"), *words]
    try:
        sys.exit(awscli.clidriver.main())
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def run(request):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            for file, place in ((out, 1), (err, 2)):
                os.dup2(file.fileno(), place)
            os._exit(call(request["words"], request["env"], request["cwd"]))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return {
            "code": code if code >= 0 else None,
            "stdout": out.read().decode("utf-8", "replace"),
            "stderr": err.read().decode("utf-8", "replace"),
        }


if __name__ == "__main__":
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    # A call has nobody to ask.
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for line in requests:
        request = json.loads(line)
        replies.write(json.dumps({"id": request["id"], "result": run(request)}) + "\n")
        replies.flush()
