"""Live training: one at a time, the others wait in line, and nobody can block it. Real texts, really learnt."""

import logging
import time
from collections.abc import Callable, Iterator

import pytest
from pages.services.shared import trainings

from pages.services import training_queue

ENDLESS = 10_000_000
TEXT = (7, 3, 9, 3, 11, 40_000, 2, 3, 9, 5)


@pytest.fixture(autouse=True)
def _nobody_is_left_training(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(trainings, "PATIENCE", 600.0)  # a busy machine is no reader who has left
    yield
    for job in list(trainings._line):
        job.stop.set()
    until(lambda: not trainings._line)


def until(holds: Callable[[], object]) -> None:
    """Wait for other threads; how long they take is not what these tests are about."""
    ends = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < ends, "waited two minutes in vain"
        time.sleep(0.01)


def test_a_training_runs_to_its_end_and_is_remembered(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", 5)
    job = trainings.start("reader", TEXT)
    until(lambda: job.over)
    assert [step.step for step in job.progress] == [1, 2, 3, 4, 5]
    assert job.samples[-1] is job.progress[-1]
    assert trainings.job_of("reader") is job
    assert not (job.timed_out or job.failed)


def test_the_second_reader_waits_until_the_first_stops(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", ENDLESS)
    first, second, third = (trainings.start(name, TEXT) for name in ("a", "b", "c"))
    until(lambda: len(first.progress) > 2)
    assert [trainings.waiting_before(job) for job in (first, second, third)] == [0, 1, 2]
    assert not second.progress
    first.stop.set()
    until(lambda: second.progress)
    assert first.over
    assert (trainings.waiting_before(second), trainings.waiting_before(third)) == (0, 1)
    assert not third.progress


def test_who_stops_while_waiting_leaves_the_line_and_learns_nothing(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", ENDLESS)
    first, second, third = (trainings.start(name, TEXT) for name in ("a", "b", "c"))
    second.stop.set()
    until(lambda: second.over)
    assert not second.progress
    assert not first.over
    assert trainings.waiting_before(third) == 1


def test_a_new_start_of_the_same_reader_ends_the_older_one(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", ENDLESS)
    older = trainings.start("a", TEXT)
    until(lambda: older.progress)
    newer = trainings.start("a", TEXT[::-1])
    assert older.stop.is_set()
    until(lambda: newer.progress)
    assert older.over
    assert not older.timed_out
    assert trainings.job_of("a") is newer


def test_a_training_ends_when_its_time_is_over(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", ENDLESS)
    monkeypatch.setattr(trainings, "MOST_SECONDS", 0.0)
    job = trainings.start("a", TEXT)
    until(lambda: job.over)
    assert job.timed_out
    assert len(job.progress) == 1


def test_a_training_that_did_all_its_steps_was_not_cut_short(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", 1)
    monkeypatch.setattr(trainings, "MOST_SECONDS", 0.0)
    job = trainings.start("a", TEXT)
    until(lambda: job.over)
    assert len(job.progress) == 1
    assert not job.timed_out


def test_a_training_that_fails_does_not_block_the_line(monkeypatch, caplog):
    monkeypatch.setattr(trainings, "STEPS", 2)
    with caplog.at_level(logging.ERROR, logger="glassbox"):
        broken, good = trainings.start("a", TEXT[:2]), trainings.start("b", TEXT)
        until(lambda: good.over)
    assert broken.failed
    assert "2 tokens are too few" in caplog.text
    assert len(good.progress) == 2
    assert not good.failed


def test_jobs_that_are_over_are_forgotten_in_the_end(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", 1)
    monkeypatch.setattr(trainings, "REMEMBERED", 2)
    names = ["p", "q", "r", "s"]
    for name in names:
        job = trainings.start(name, TEXT)
        until(lambda job=job: job.over)
    trainings.start("t", TEXT)
    assert [trainings.job_of(name) is not None for name in names] == [False, False, True, True]


def leave(*jobs: training_queue.Job) -> None:
    """As if nobody had asked about them for long."""
    for job in jobs:
        job.asked -= 2 * training_queue.PATIENCE


def test_those_who_closed_their_page_hold_up_nobody(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", ENDLESS)
    gone = [trainings.start(name, TEXT) for name in ("a", "b", "c", "d", "e")]
    until(lambda: gone[0].progress)
    reader = trainings.start("reader", TEXT)
    assert trainings.waiting_before(reader) == 5
    leave(*reversed(gone))
    until(lambda: reader.progress)
    assert all(job.over for job in gone)
    assert not any(job.progress for job in gone[1:])
    assert trainings._line == [reader]


def test_who_only_looks_elsewhere_while_nobody_waits_finds_the_training_going_on(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", ENDLESS)
    job = trainings.start("a", TEXT)
    leave(job)
    until(lambda: len(job.progress) > 5)
    assert trainings.job_of("a") is job
    assert not (job.left or job.over)


def test_who_asks_about_a_training_keeps_its_place(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", ENDLESS)
    first, second = trainings.start("a", TEXT), trainings.start("b", TEXT)
    for _ in range(3):
        for name, job in (("a", first), ("b", second)):
            job.asked -= 0.7 * training_queue.PATIENCE
            assert trainings.job_of(name) is job
    n = len(first.progress)
    until(lambda: len(first.progress) > n + 5)
    assert [trainings.waiting_before(job) for job in (first, second)] == [0, 1]


def test_a_full_line_takes_nobody_and_says_so(monkeypatch):
    monkeypatch.setattr(trainings, "STEPS", ENDLESS)
    monkeypatch.setattr(trainings, "MOST_WAITING", 2)
    jobs = [trainings.start(name, TEXT) for name in "abcd"]
    assert [job.refused for job in jobs] == [False, False, False, True]
    assert jobs[3].over
    assert trainings._line == jobs[:3]
    again = trainings.start("c", TEXT)  # in place of its own older one
    assert not again.refused
