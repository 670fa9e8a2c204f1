"""One thread computes, everybody looks on: nothing twice, nothing stale, nothing that a reader could change."""

import threading
import time

import pytest
import torch

from gpt_core.weights.model_file import WeightsError
from pages import settings
from pages.services import shared
from pages.services.engine import Engine, SupersededError, n_bytes
from pages.services.reading import read
from tests.conftest import TINY, random_gpt
from tests.waiting import until

NUMBERS = torch.zeros(1000)


def new_engine(**how) -> Engine:
    return Engine(**{"cache_bytes": 10**6, "threads": 1, "load": lambda name: random_gpt(TINY)} | how)


@pytest.fixture
def engine() -> Engine:
    return new_engine()


def together(*runs) -> None:
    """Call each in a thread of its own, as Streamlit does, and wait for all."""
    threads = [threading.Thread(target=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_many_readers_of_one_new_text_cost_one_computation(engine):
    runs = []

    def work():
        runs.append(threading.current_thread().name)
        time.sleep(0.05)
        return torch.zeros(1)

    together(*[lambda: engine.cached("twenty readers", work)] * 20)
    assert len(runs) == 1
    assert runs[0].startswith("compute")


@pytest.mark.parametrize("n", [6, 100])
def test_of_many_edits_the_running_one_and_the_newest_are_computed(engine, n):
    begun, release = threading.Event(), threading.Event()
    computed, superseded = [], []

    def work(i):
        begun.set()
        assert release.wait(20)
        computed.append(i)
        return i

    def edit(i):
        try:
            engine.cached(("edit", i), lambda: work(i), session="one reader")
        except SupersededError:
            superseded.append(i)

    edits = [threading.Thread(target=edit, args=(i,)) for i in range(n)]
    for i, thread in enumerate(edits):
        thread.start()
        assert begun.wait(20)
        until(lambda i=i: len(superseded) >= i - 1)
    release.set()
    for thread in edits:
        thread.join(20)
    assert computed == [0, n - 1]
    assert superseded == list(range(1, n - 1))


def test_a_run_that_was_overtaken_does_not_cancel_the_newer_one(engine):
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
    until(lambda: engine.holds(("known", "old")))
    new = threading.Thread(target=run, args=("new", begun))
    new.start()
    until(lambda: engine.holds(("known", "new")))
    other.start()
    until(lambda: engine.waits("one reader"))
    asked.set()
    old.join(10)
    release.set()
    for thread in (new, other):
        thread.join(10)
    assert found == {"old": "superseded", "new": "new"}
    assert not engine.waits("one reader")


def test_an_edit_of_one_reader_does_not_cancel_that_of_another(engine):
    results = {}
    together(
        *(lambda i=i: results.update({i: engine.cached(("mine", i), lambda: i, session=str(i))}) for i in range(8))
    )
    assert results == {i: i for i in range(8)}


def test_work_may_ask_for_other_results_without_waiting_for_itself(engine):
    found = []

    def outer():
        return engine.cached("inner", lambda: 3) + 1

    reader = threading.Thread(target=lambda: found.append(engine.cached("outer", outer)), daemon=True)
    reader.start()
    reader.join(20)
    assert found == [4], "the computing thread waits for itself"
    assert engine.keys == ["inner", "outer"]


def test_an_error_reaches_the_reader_and_is_not_remembered(engine):
    with pytest.raises(ZeroDivisionError):
        engine.cached("fails once", lambda: 1 // 0)
    assert engine.cached("fails once", lambda: "works") == "works"


def test_nobody_can_write_into_a_shared_result(engine):
    shared_by_all = engine.cached("twice as many", lambda: NUMBERS * 2)
    with pytest.raises(RuntimeError, match="inference"):
        shared_by_all.mul_(2)


# What is kept


def test_what_a_result_weighs_is_known():
    trace = read("random-small", "how heavy is a trace").trace
    parts = sum(t.numel() * 4 for block in trace.blocks for t in (block.att.weights, block.ff.pre, block.ff.post))
    assert n_bytes(trace) > parts
    assert n_bytes([torch.zeros(1000), {"a": torch.zeros(500)}]) > 6000
    assert n_bytes(random_gpt(TINY)) > sum(4 * parameter.numel() for parameter in random_gpt(TINY).parameters())


def test_the_cache_is_as_large_as_the_settings_say_and_counts_bytes(engine):
    assert shared.engine.capacity == settings.CACHE_MB * 2**20
    assert (engine.capacity, engine.bytes_held) == (10**6, 0)
    engine.cached("a thousand numbers", lambda: NUMBERS)
    assert engine.bytes_held == n_bytes(NUMBERS) > 4_000


def test_a_full_cache_forgets_what_was_looked_at_longest_ago():
    engine = new_engine(cache_bytes=2 * n_bytes(NUMBERS))
    for key in ("first", "second", "first", "third"):
        engine.cached(key, lambda: NUMBERS)
    assert engine.holds("first")
    assert not engine.holds("second")
    assert sorted(map(str, engine.keys)) == ["first", "third"]
    assert engine.bytes_held == engine.capacity


def test_what_is_larger_than_the_cache_is_given_to_its_reader_and_not_kept():
    engine = new_engine(cache_bytes=100, weigh=lambda value: 101)
    assert engine.cached("too large", lambda: 7) == 7
    assert not engine.holds("too large")
    assert engine.keys == []


# Models


def test_a_model_is_loaded_once_for_all_readers_until_it_is_forgotten():
    loaded = []

    def load(name):
        time.sleep(0.05)
        loaded.append(name)
        return random_gpt(TINY)

    engine, found = new_engine(load=load), []
    together(*[lambda: found.append(engine.model("random-small"))] * 5)
    assert loaded == ["random-small"]
    assert all(model is found[0] for model in found)
    engine.forget_model("random-small")
    engine.forget_model("random-small")  # as good as once
    assert engine.model("random-small") is not found[0]
    assert loaded == ["random-small"] * 2


def test_a_model_that_is_first_asked_for_on_the_computing_thread_can_still_be_followed_backwards(engine):
    """Loaded under inference_mode its parameters could take part in no gradient."""
    parameters = engine.cached("parameters", lambda: list(engine.model("random-small").parameters()))
    assert not any(parameter.is_inference() for parameter in parameters)


def refusing(*refused: str):
    """Loads all models but these."""

    def load(name):
        if name in refused:
            raise WeightsError("{file} of {name} cannot be read", file="model.safetensors", name=name)
        return random_gpt(TINY)

    return load


def test_in_place_of_a_model_that_cannot_be_loaded_comes_the_first_that_can():
    names = new_engine().available_models()
    assert new_engine().load_or_fallback(names[2]) == (names[2], None)
    name, problem = new_engine(load=refusing(*names[:2], names[3])).load_or_fallback(names[3])
    assert name == names[2]
    assert str(problem) == f"model.safetensors of {names[3]} cannot be read"


def test_waiting_for_a_large_model_holds_up_nobody():
    loading, go_on, found = threading.Event(), threading.Event(), []

    def load(name):
        if name == "random-124m":
            loading.set()
            assert go_on.wait(20)
            raise WeightsError("{file} cannot be read", file="x")
        return random_gpt(TINY)

    engine = new_engine(load=load)
    waiting = threading.Thread(target=lambda: found.append(engine.load_or_fallback("random-124m")[0]))
    waiting.start()
    assert loading.wait(20)
    ids = torch.tensor([1, 2])
    other = threading.Thread(target=lambda: engine.cached("trace", lambda: engine.model("random-small").trace(ids)))
    other.start()
    other.join(10)
    assert engine.holds("trace")
    assert not other.is_alive()
    go_on.set()
    waiting.join(20)
    assert found == engine.available_models()[:1]
