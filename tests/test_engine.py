"""One thread computes, everybody looks on: nothing twice, nothing stale, nothing that a reader could change."""

import threading
import time

import pytest
import torch

from gpt_core import Intervention
from pages import settings
from pages.services.engine import SupersededError, n_bytes
from pages.services.reading import read
from pages.services.shared import engine
from pages.settings import whole_number
from tests.test_live import until

NAME = "random-small"


def test_a_trace_is_computed_once_and_shared():
    first = read(NAME, "the same text").trace
    second = read(NAME, "the same text").trace
    assert first is second


def test_another_model_text_or_intervention_is_another_trace():
    reading = read(NAME, "one text")
    assert read(NAME, "another text").trace is not reading.trace
    other = read("storyteller", "one text")
    assert other.ids == reading.ids
    assert len(other.trace.blocks) != len(reading.trace.blocks)
    assert reading.changed(Intervention(positions_off=True)) is not reading.trace


def test_nobody_can_write_into_a_shared_trace():
    weights = read(NAME, "read only").trace.blocks[0].att.weights
    with pytest.raises(RuntimeError, match="inference"):
        weights.mul_(2)


def test_many_readers_of_one_new_text_cost_one_computation():
    runs = []

    def work():
        runs.append(threading.current_thread().name)
        time.sleep(0.05)
        return torch.zeros(1)

    readers = [threading.Thread(target=engine.cached, args=("twenty readers", work)) for _ in range(20)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(runs) == 1
    assert runs[0].startswith("compute")


def test_of_many_edits_the_running_one_and_the_newest_are_computed():
    begun, release = threading.Event(), threading.Event()
    computed, superseded = [], []

    def work(i):
        if i == 0:
            begun.set()
            release.wait(10)
        computed.append(i)
        return i

    def edit(i):
        try:
            engine.cached(("edit", i), lambda: work(i), session="one reader")
        except SupersededError:
            superseded.append(i)

    edits = [threading.Thread(target=edit, args=(i,)) for i in range(6)]
    edits[0].start()
    assert begun.wait(10)
    for i in range(1, 6):
        edits[i].start()
        deadline = time.monotonic() + 10
        while (i > 1 and i - 1 not in superseded) and time.monotonic() < deadline:
            time.sleep(0.005)
    release.set()
    for thread in edits:
        thread.join(10)
    assert computed == [0, 5]
    assert superseded == [1, 2, 3, 4]


def test_a_run_that_was_overtaken_does_not_cancel_the_newer_one():
    """An old run goes on until it next draws: it may ask for one thing more, after the new run did."""
    begun, release, asked = threading.Event(), threading.Event(), threading.Event()
    found = {}

    def busy():
        begun.set()
        release.wait(10)

    def run(name, *before):
        engine.cached(("known", name), lambda: 0)
        for event in before:
            event.wait(10)
        try:
            found[name] = engine.cached(("overtaken", name), lambda: name, session="one reader")
        except SupersededError:
            found[name] = "superseded"

    other = threading.Thread(target=engine.cached, args=("another reader", busy), kwargs={"session": "other"})
    old = threading.Thread(target=run, args=("old", asked))
    old.start()
    until(lambda: ("known", "old") in engine._results)
    new = threading.Thread(target=run, args=("new", begun))
    new.start()
    until(lambda: ("known", "new") in engine._results)
    other.start()
    until(lambda: "one reader" in engine._waiting)
    asked.set()
    old.join(10)
    release.set()
    for thread in (new, other):
        thread.join(10)
    assert found == {"old": "superseded", "new": "new"}


def test_an_edit_of_one_reader_does_not_cancel_that_of_another():
    results = {}
    readers = [
        threading.Thread(target=lambda i=i: results.update({i: engine.cached(("mine", i), lambda: i, session=str(i))}))
        for i in range(8)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert results == {i: i for i in range(8)}


def test_work_may_ask_for_other_results_without_waiting_for_itself():
    """A page computes something from a trace that nobody has asked for yet: the one thread must not wait for itself."""
    reading = read(NAME, "a text that nobody has read before")
    found = []
    reader = threading.Thread(
        target=lambda: found.append(reading.once("from its trace", work=lambda: reading.trace.next_logits)), daemon=True
    )
    reader.start()
    reader.join(20)
    assert found, "the computing thread waits for itself"
    assert found[0] is engine.cached((NAME, reading.ids, "from its trace"), lambda: None)
    assert reading.trace is read(NAME, reading.text).trace


def test_an_error_reaches_the_reader_and_is_not_remembered():
    with pytest.raises(ZeroDivisionError):
        engine.cached("fails once", lambda: 1 // 0)
    assert engine.cached("fails once", lambda: "works") == "works"


def test_the_cache_is_bounded_by_bytes_and_knows_what_a_trace_weighs():
    trace = read(NAME, "how heavy is a trace").trace
    parts = sum(t.numel() * 4 for block in trace.blocks for t in (block.att.weights, block.ff.pre, block.ff.post))
    assert n_bytes(trace) > parts
    assert n_bytes([torch.zeros(1000), {"a": torch.zeros(500)}]) > 6000
    assert engine._results.maxsize == settings.CACHE_MB * 2**20
    before = engine._results.currsize
    engine.cached("a thousand numbers", lambda: torch.zeros(1000))
    assert engine._results.currsize - before == n_bytes(torch.zeros(1000))


def test_what_is_larger_than_the_cache_is_given_to_its_reader_and_not_kept(monkeypatch):
    monkeypatch.setattr(engine, "n_bytes", lambda value: engine._results.maxsize + 1)
    assert engine.cached("too large", lambda: 7) == 7
    assert "too large" not in engine._results


@pytest.mark.parametrize("value", ["", "0", "-1", "1025", "many", "1e3", "٣", "9" * 5_000])
def test_a_setting_out_of_range_stops_the_start_and_names_the_range(monkeypatch, value):
    monkeypatch.setenv("GLASSBOX_MAX_TOKENS", value)
    with pytest.raises(SystemExit, match=r"GLASSBOX_MAX_TOKENS=.* 1 to 1024") as refusal:
        whole_number("GLASSBOX_MAX_TOKENS", 128, 1, 1_024)
    assert len(str(refusal.value)) < 120


def test_a_model_that_is_first_asked_for_on_the_computing_thread_can_still_be_followed_backwards():
    """Loaded under inference_mode its parameters could take part in no gradient."""
    engine._models.pop("random-small", None)
    parameters = engine.cached("parameters", lambda: list(engine.model("random-small").parameters()))
    assert not any(parameter.is_inference() for parameter in parameters)
