"""Live training: one at a time, the others wait in line, and nobody can block it. Real texts, really learnt."""

import logging

from pages.services.training_queue import Job
from tests.conftest import PATIENCE
from tests.waiting import until

ENDLESS = 10_000_000
TEXT = (7, 3, 9, 3, 11, 40_000, 2, 3, 9, 5)


def test_a_training_runs_to_its_end_and_is_remembered(new_queue):
    queue = new_queue(steps=5)
    job = queue.start("reader", TEXT)
    until(lambda: job.over)
    assert [step.step for step in job.progress] == [1, 2, 3, 4, 5]
    assert job.samples[-1] is job.progress[-1]
    assert queue.job_of("reader") is job
    assert not (job.timed_out or job.failed)


def test_the_second_reader_waits_until_the_first_stops(new_queue):
    queue = new_queue(steps=ENDLESS)
    first, second, third = (queue.start(name, TEXT) for name in ("a", "b", "c"))
    until(lambda: len(first.progress) > 2)
    assert [queue.waiting_before(job) for job in (first, second, third)] == [0, 1, 2]
    assert not second.progress
    first.stop.set()
    until(lambda: second.progress)
    assert first.over
    assert (queue.waiting_before(second), queue.waiting_before(third)) == (0, 1)
    assert not third.progress


def test_who_stops_while_waiting_leaves_the_line_and_learns_nothing(new_queue):
    queue = new_queue(steps=ENDLESS)
    first, second, third = (queue.start(name, TEXT) for name in ("a", "b", "c"))
    second.stop.set()
    until(lambda: second.over)
    assert not second.progress
    assert not first.over
    assert queue.waiting_before(third) == 1


def test_a_new_start_of_the_same_reader_ends_the_older_one(new_queue):
    queue = new_queue(steps=ENDLESS)
    older = queue.start("a", TEXT)
    until(lambda: older.progress)
    newer = queue.start("a", TEXT[::-1])
    assert older.stop.is_set()
    until(lambda: newer.progress)
    assert older.over
    assert not older.timed_out
    assert queue.job_of("a") is newer


def test_a_training_ends_when_its_time_is_over(new_queue):
    queue = new_queue(steps=ENDLESS, most_seconds=0.0)
    job = queue.start("a", TEXT)
    until(lambda: job.over)
    assert job.timed_out
    assert len(job.progress) == 1


def test_a_training_that_did_all_its_steps_was_not_cut_short(new_queue):
    queue = new_queue(steps=1, most_seconds=0.0)
    job = queue.start("a", TEXT)
    until(lambda: job.over)
    assert len(job.progress) == 1
    assert not job.timed_out


def test_a_training_that_fails_does_not_block_the_line(new_queue, caplog):
    queue = new_queue(steps=2)
    with caplog.at_level(logging.ERROR, logger="glassbox"):
        broken, good = queue.start("a", TEXT[:2]), queue.start("b", TEXT)
        until(lambda: good.over)
    assert broken.failed
    assert "2 tokens are too few" in caplog.text
    assert len(good.progress) == 2
    assert not good.failed


def test_jobs_that_are_over_are_forgotten_in_the_end(new_queue):
    queue = new_queue(steps=1, remembered=2)
    names = ["p", "q", "r", "s"]
    for name in names:
        job = queue.start(name, TEXT)
        until(lambda job=job: job.over)
    queue.start("t", TEXT)
    assert [queue.job_of(name) is not None for name in names] == [False, False, True, True]


def leave(*jobs: Job) -> None:
    """As if nobody had asked about them for long."""
    for job in jobs:
        job.asked -= 2 * PATIENCE


def test_those_who_closed_their_page_hold_up_nobody(new_queue):
    queue = new_queue(steps=ENDLESS)
    gone = [queue.start(name, TEXT) for name in ("a", "b", "c", "d", "e")]
    until(lambda: gone[0].progress)
    reader = queue.start("reader", TEXT)
    assert queue.waiting_before(reader) == 5
    leave(*reversed(gone))
    until(lambda: reader.progress)
    assert all(job.over for job in gone)
    assert not any(job.progress for job in gone[1:])
    assert queue.line == [reader]


def test_who_only_looks_elsewhere_while_nobody_waits_finds_the_training_going_on(new_queue):
    queue = new_queue(steps=ENDLESS)
    job = queue.start("a", TEXT)
    leave(job)
    until(lambda: len(job.progress) > 5)
    assert queue.job_of("a") is job
    assert not (job.stop.is_set() or job.over)


def test_who_asks_about_a_training_keeps_its_place(new_queue):
    queue = new_queue(steps=ENDLESS)
    first, second = queue.start("a", TEXT), queue.start("b", TEXT)
    for _ in range(3):
        for name, job in (("a", first), ("b", second)):
            assert queue.job_of(name) is job
            job.asked -= 0.7 * PATIENCE
    n = len(first.progress)
    until(lambda: len(first.progress) > n + 30)
    assert [queue.waiting_before(job) for job in (first, second)] == [0, 1]


def test_a_full_line_takes_nobody_and_says_so(new_queue):
    queue = new_queue(steps=ENDLESS, most_waiting=2)
    jobs = [queue.start(name, TEXT) for name in "abcd"]
    assert [job.refused for job in jobs] == [False, False, False, True]
    assert jobs[3].over
    assert queue.line == jobs[:3]
    again = queue.start("c", TEXT)  # in place of its own older one
    assert not again.refused
