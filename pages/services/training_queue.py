"""Learning while a class watches: one training at a time for the whole server, the others wait in line."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch

from gpt_core.training.keep import KeptModel, keep
from gpt_core.training.tiny import Progress, learn

STEPS = 300
MOST_SECONDS = 60.0  # that one training may take
MOST_WAITING = 8  # in line behind the one that trains
PATIENCE = 10.0  # seconds without a question about a job; a page asks every second, in the background a little later
REMEMBERED = 50  # jobs that are over and may still be looked at


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
    kept: KeptModel | None = None  # what was learnt, as files, once it is over
    name: str = ""  # under which it was opened on all chapters

    @property
    def samples(self) -> list[Progress]:
        return [step for step in self.progress if step.sample]


class TrainingQueue:
    """Trains a tiny model for one reader after the other, each on a text of its own.

    Args:
        learn: trains on ids, one step for each item asked for; the arguments of `gpt_core.training.tiny.learn`.
        steps: how many of them a training takes.
        most_seconds: when a training ends that has not ended before.
        most_waiting: how many may wait behind the one that trains.
        patience: seconds after which a job that nobody asks for counts as left by its reader.
        remembered: how many jobs that are over can still be looked at.
    """

    def __init__(
        self,
        *,
        learn: Callable[..., Iterator[Progress]] = learn,
        steps: int = STEPS,
        most_seconds: float = MOST_SECONDS,
        most_waiting: int = MOST_WAITING,
        patience: float = PATIENCE,
        remembered: int = REMEMBERED,
    ) -> None:
        self.steps, self.most_seconds = steps, most_seconds
        self._learn, self._most_waiting = learn, most_waiting
        self._patience, self._remembered = patience, remembered
        self._jobs: dict[str, Job] = {}  # by session: a reader has one
        self._line: list[Job] = []  # the one that trains, and those that wait
        self._lock = threading.Lock()

    def start(self, session: str, ids: Sequence[int]) -> Job:
        """Put a training on these ids in line, unless that is full; an earlier one of the same session ends."""
        with self._lock:
            if session in self._jobs:
                self._jobs.pop(session).stop.set()
            job = self._jobs[session] = Job(tuple(ids))
            job.refused = job.over = sum(not other.stop.is_set() for other in self._line) > self._most_waiting
            if not job.refused:
                self._line.append(job)
            for old in [name for name, other in self._jobs.items() if other.over][: -self._remembered]:
                del self._jobs[old]
        if not job.refused:
            threading.Thread(target=self._run, args=(job,), name="live training", daemon=True).start()
        return job

    def job_of(self, session: str) -> Job | None:
        """A reader's job. To ask for it is what keeps it in line."""
        job = self._jobs.get(session)
        if job:
            job.asked = time.monotonic()
        return job

    @property
    def line(self) -> list[Job]:
        """The job that trains, and those that wait, in their order."""
        with self._lock:
            return list(self._line)

    def waiting_before(self, job: Job) -> int:
        """How many trainings come first; 0 for the one that runs."""
        with self._lock:
            return self._line.index(job) if job in self._line else 0

    def _left(self, job: Job) -> bool:
        """Whether the job's reader is gone: closed the page, loaded it anew, or looks at another chapter."""
        return time.monotonic() - job.asked > self._patience

    def _run(self, job: Job) -> None:
        torch.set_num_threads(1)  # for this thread: pictures keep the other processors
        while self.waiting_before(job) and not job.stop.is_set():
            time.sleep(0.05)
            if self._left(job):
                job.stop.set()
        try:
            if not job.stop.is_set():
                self._train(job, ends=time.monotonic() + self.most_seconds)
                if job.progress and (learner := job.progress[-1].learner):
                    job.kept = keep(learner)
        except Exception:
            job.failed = True  # the page says so; the line must go on
            logging.getLogger("glassbox").exception("a live training failed")
        finally:
            with self._lock:
                self._line.remove(job)
            job.over = True

    def _train(self, job: Job, *, ends: float) -> None:
        for step in self._learn(job.ids, steps=self.steps):
            job.progress.append(step)
            job.timed_out = step.step < step.steps and time.monotonic() > ends
            makes_way = self._left(job) and len(self._line) > 1  # with nobody waiting, a reader may come back
            if job.timed_out or makes_way or job.stop.is_set():
                return
