"""Learning while a class watches: one training at a time for the whole server, the others wait in line."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from gpt_core.tiny import Progress, learn

STEPS = 300
MOST_SECONDS = 60.0
REMEMBERED = 50  # jobs that are over and may still be looked at

_jobs: dict[str, "Job"] = {}  # by session: a reader has one
_line: list["Job"] = []  # the one that trains, and those that wait
_lock = threading.Lock()


@dataclass(eq=False)
class Job:
    """One reader's training: what it has done so far, and whether it goes on."""

    ids: tuple[int, ...]
    progress: list[Progress] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    over: bool = False
    timed_out: bool = False
    failed: bool = False

    @property
    def samples(self) -> list[Progress]:
        return [step for step in self.progress if step.sample]


def start(session: str, ids: Sequence[int]) -> Job:
    """Put a training on these ids in line; an earlier one of the same session ends."""
    with _lock:
        if session in _jobs:
            _jobs.pop(session).stop.set()
        job = _jobs[session] = Job(tuple(ids))
        _line.append(job)
        for old in [name for name, other in _jobs.items() if other.over][:-REMEMBERED]:
            del _jobs[old]
    threading.Thread(target=_run, args=(job,), name="live training", daemon=True).start()
    return job


def of(session: str) -> Job | None:
    return _jobs.get(session)


def waiting_before(job: Job) -> int:
    """How many trainings come first; 0 for the one that runs."""
    with _lock:
        return _line.index(job) if job in _line else 0


def _run(job: Job) -> None:
    torch.set_num_threads(1)  # for this thread: pictures keep the other processors
    while waiting_before(job) and not job.stop.is_set():
        time.sleep(0.05)
    try:
        if not job.stop.is_set():
            _learn(job, ends=time.monotonic() + MOST_SECONDS)
    except Exception:
        job.failed = True  # the page says so; the line must go on
        logging.getLogger("glassbox").exception("a live training failed")
    finally:
        with _lock:
            _line.remove(job)
        job.over = True


def _learn(job: Job, *, ends: float) -> None:
    for step in learn(job.ids, steps=STEPS):
        job.progress.append(step)
        job.timed_out = step.step < step.steps and time.monotonic() > ends
        if job.timed_out or job.stop.is_set():
            return
