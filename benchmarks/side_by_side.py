"""Functions in processes of their own, timed in turn, so that what else the machine does meets all of them alike.

A process is imported, built and warmed up once. It then waits, and is asked for a few calls at a time.
"""

import importlib
import multiprocessing
import os
import resource
import time
from typing import NamedTuple


class Sample(NamedTuple):
    """What some calls took, a call.

    Attributes:
      wall: seconds by the clock.
      user: seconds of all processors together in the program.
      kernel: seconds of them in the kernel.
    """

    wall: float
    user: float
    kernel: float

    @property
    def processor(self):
        """Seconds of all processors together."""
        return self.user + self.kernel


class Row:
    """A process with functions of names.

    Args:
      module: name of the module that has `make`: (*arguments) -> ({name: function of nothing}, facts). It is imported
        in the new process alone.
      arguments: of `make`.
      environment: variables that the process gets beside this one's.
    """

    def __init__(self, module, arguments, environment=None):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        before = dict(os.environ)
        os.environ.update(environment or {})
        try:
            self.process = context.Process(target=_serve, args=(theirs, module, arguments), daemon=True)
            self.process.start()
        finally:
            os.environ.clear()
            os.environ.update(before)
        theirs.close()
        self.facts = self.pipe.recv()

    def time(self, name, calls):
        """Returns the `Sample` of some calls of a function."""
        self.pipe.send((name, calls))
        return Sample(*self.pipe.recv())

    def peak(self):
        """Returns the peak memory of the process so far, in MiB, what it imports included."""
        self.pipe.send(None)
        return self.pipe.recv()

    def end(self):
        """Ends the process."""
        self.pipe.close()
        self.process.join()


def timed(rows, name, rounds, calls):
    """Returns {label: [Sample of each round]} of a function of all rows, which take turns; one round goes before."""
    for row in rows.values():
        row.time(name, calls)
    samples = {label: [] for label in rows}
    for _ in range(rounds):
        for label, row in rows.items():
            samples[label].append(row.time(name, calls))
    return samples


def _serve(pipe, module, arguments):
    functions, facts = importlib.import_module(module).make(*arguments)
    pipe.send(facts)
    while True:
        try:
            asked = pipe.recv()
        except EOFError:
            return
        pipe.send(_peak() if asked is None else tuple(_sample(functions[asked[0]], asked[1])))


def _sample(function, calls):
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    for _ in range(calls):
        function()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    spent = wall, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return Sample(*(seconds / calls for seconds in spent))


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
