"""Long work beside the page: in a thread, with progress, stopped on demand."""

import threading
import traceback
from collections.abc import Callable

from hsgan.errors import HsganError

# Two reconstructions at once would take twice the memory and finish no sooner.
_TURN = threading.Lock()
_TURN_POLL_SECONDS = 0.1
# Takes the share of the work that is done, in [0, 1].
Report = Callable[[float], None]


class StoppedError(Exception):
    """The user stopped the work."""


class Job:
    """One piece of work in a thread.

    Attributes:
      title: what is done, for the user.
      share: done so far, in [0, 1].
      error: the line to show if it failed, else "". cause: the exception behind it, or None.
      stopped: whether the user stopped it.

    Args:
      title: see above.
      work: function of `report`; `report(share)` shows progress, and raises `StoppedError` once `stop` was called.
    """

    def __init__(self, title: str, work: Callable[[Report], None]):
        self.title, self.share, self.error, self.stopped = title, 0.0, "", False
        self.cause: Exception | None = None
        self._work, self._stop = work, threading.Event()
        self._thread = threading.Thread(target=self._run, name=title, daemon=True)

    def start(self) -> "Job":
        """Starts the work; it waits for its turn. Returns the job."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Asks the work to end at its next report."""
        self._stop.set()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for the end, at most `seconds`; returns whether it has come."""
        self._thread.join(seconds)
        return not self.running

    def report(self, share: float) -> None:
        """Sets the progress, in [0, 1]; raises `StoppedError` once `stop` was called."""
        self.share = min(max(float(share), 0.0), 1.0)
        if self._stop.is_set():
            raise StoppedError

    def _run(self):
        try:
            while not _TURN.acquire(timeout=_TURN_POLL_SECONDS):
                self.report(0)
            try:
                self.report(0)
                self._work(self.report)
            finally:
                _TURN.release()
        except StoppedError:
            self.stopped = True
        except Exception as error:
            self.error, self.cause = line_of(error), error


def line_of(error: Exception) -> str:
    """Returns the line that tells a user of an error; one that is ours to mend is printed with its traceback, too."""
    if isinstance(error, HsganError):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "Not enough memory for this; make the image smaller."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or 'output'}"
    traceback.print_exception(error)
    return f"An error inside the program ({type(error).__name__}); its details are in the terminal."
