"""Runs command lines of the example clients, each in a child of a process that has imported TensorFlow already.

Reads [program, folder, stdout file, stderr file, arguments...] as a line of JSON, answers with the exit status. Imports
take seconds and a child milliseconds; in all else it is `python program arguments...`, run in that folder.
"""

import importlib
import json
import os
import runpy
import sys
import traceback

# What the clients import, once for all children.
for name in ("grpc", "tensorflow"):
    importlib.import_module(name)
for service in ("model", "prediction"):
    importlib.import_module(f"tensorflow_serving.apis.{service}_service_pb2_grpc")


def run(program, folder, stdout, stderr, *arguments):
    """Runs a program in this process, and ends it."""
    status = 0
    for number, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(folder)
    sys.argv = [program, *arguments]
    sys.path.insert(0, os.path.dirname(program))
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 70
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
