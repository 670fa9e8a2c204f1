"""Learning while a class watches: one training at a time for the whole server, the others wait in line."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from gpt_core.training.tiny import Progress, learn

STEPS = 300
MOST_SECONDS = 60.0
MOST_WAITING = 8  # in line behind the one that trains
PATIENCE = 10.0  # seconds without a question about a job; a page asks every second, in the background a little later
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
    asked: float = field(default_factory=time.monotonic)  # when somebody wanted to know of it last
    over: bool = False
    refused: bool = False  # the line was full
    timed_out: bool = False
    failed: bool = False

    @property
    def samples(self) -> list[Progress]:
        return [step for step in self.progress if step.sample]

    @property
    def left(self) -> bool:
        """Whether its reader is gone: closed the page, loaded it anew, or looks at another chapter."""
        return time.monotonic() - self.asked > PATIENCE


def start(session: str, ids: Sequence[int]) -> Job:
    """Put a training on these ids in line, unless that is full; an earlier one of the same session ends."""
    with _lock:
        if session in _jobs:
            _jobs.pop(session).stop.set()
        job = _jobs[session] = Job(tuple(ids))
        job.refused = job.over = sum(not other.stop.is_set() for other in _line) > MOST_WAITING
        if not job.refused:
            _line.append(job)
        for old in [name for name, other in _jobs.items() if other.over][:-REMEMBERED]:
            del _jobs[old]
    if not job.refused:
        threading.Thread(target=_run, args=(job,), name="live training", daemon=True).start()
    return job


def of(session: str) -> Job | None:
    """A reader's job. To ask for it is what keeps it in line."""
    job = _jobs.get(session)
    if job:
        job.asked = time.monotonic()
    return job


def waiting_before(job: Job) -> int:
    """How many trainings come first; 0 for the one that runs."""
    with _lock:
        return _line.index(job) if job in _line else 0


def _run(job: Job) -> None:
    torch.set_num_threads(1)  # for this thread: pictures keep the other processors
    while waiting_before(job) and not job.stop.is_set():
        time.sleep(0.05)
        if job.left:
            job.stop.set()
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
        makes_way = job.left and len(_line) > 1  # with nobody waiting, a reader may look elsewhere and come back
        if job.timed_out or makes_way or job.stop.is_set():
            return
