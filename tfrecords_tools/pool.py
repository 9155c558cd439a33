"""Shards by several processes of this machine, with a progress bar over the scenes.

A process holds one scene at a time, so memory is bounded by the number of processes. They are started fresh (`spawn`)
and import no TensorFlow. If the program dies they end by themselves.
"""

import concurrent.futures
import multiprocessing
import os
import signal
import threading
from concurrent.futures.process import BrokenProcessPool

import tqdm

from tfrecords_tools import shards

_POLL_SECONDS = 0.1
_progress = _stop = None


class _Stopped(Exception):
    """Another process met an error."""


def run(tasks, folder, workers, total, description):
    """Writes the shards of all tasks.

    Args:
      tasks: `tfrecords_tools.shards.Task`s.
      folder: of `Staging`.
      workers: processes; 1 works in this one; 0 is one a core.
      total: number of scenes for the progress bar, those of finished shards included.
      description: name for the progress bar.

    Raises:
      DataError: as `write_shard`.
      WorkerDied: a process was killed.
    """
    workers = min(workers or os.cpu_count() or 1, len(tasks))
    done = total - sum(len(task.scenes) for task in tasks)
    with tqdm.tqdm(desc=description, unit="scene", total=total, initial=done, disable=None) as bar:
        if workers <= 1:
            for task in tasks:
                shards.write_shard(task, folder, bar.update)
        else:
            _run_pool(tasks, folder, workers, bar)


def _run_pool(tasks, folder, workers, bar):
    context = multiprocessing.get_context("spawn")
    progress, stop = context.SimpleQueue(), context.Event()
    with concurrent.futures.ProcessPoolExecutor(workers, context, _start, (progress, stop)) as pool:
        futures = {pool.submit(_work, task, folder) for task in tasks}
        try:
            while futures:
                done, futures = concurrent.futures.wait(futures, _POLL_SECONDS, "FIRST_COMPLETED")
                while not progress.empty():
                    bar.update(progress.get())
                for future in done:
                    future.result()
        except BrokenProcessPool as error:
            raise shards.WorkerDied(
                f"{folder}: a process died, perhaps for want of memory; the same command with fewer --workers goes on "
                "with the finished shards"
            ) from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _start(progress, stop):
    global _progress, _stop
    _progress, _stop = progress, stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program that started it says when to stop
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


def _work(task, folder):
    if _stop.is_set():
        raise _Stopped

    def on_scene():
        _progress.put(1)
        if _stop.is_set():
            raise _Stopped

    shards.write_shard(task, folder, on_scene)
