"""A reading shows what one model computed from one text, with all settings, and never another reader's number."""

import functools
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from gpt_core import GPT, GPTTrace, Intervention
from gpt_core.measure import lens
from gpt_core.model.intervention import NOTHING
from pages.services import reading as service
from pages.services.engine import SupersededError
from pages.services.reading import Reading, read, tokenizer
from pages.services.shared import engine
from tests.waiting import until

NAME, OTHER = "random-small", "storyteller"
CHANGE = Intervention(positions_off=True)

calls: list[object] = []


@pytest.fixture(autouse=True)
def _nothing_was_called():
    calls.clear()


@pytest.fixture
def reading(request) -> Reading:
    """Of a text that no other test reads."""
    return read(NAME, request.node.name)


# The one pass


def test_a_trace_is_computed_once_and_shared(reading):
    assert read(NAME, reading.text).trace is reading.trace


def test_another_model_text_or_intervention_is_another_trace(reading):
    assert read(NAME, reading.text + "!").trace is not reading.trace
    other = read(OTHER, reading.text)
    assert other.ids == reading.ids
    assert len(other.trace.blocks) != len(reading.trace.blocks)
    assert reading.under(CHANGE).trace is not reading.trace


def test_nobody_can_write_into_a_shared_trace(reading):
    with pytest.raises(RuntimeError, match="inference"):
        reading.trace.blocks[0].att.weights.mul_(2)


def test_what_is_changed_in_the_pass_is_changed_in_that_reading_alone(reading):
    changed = reading.under(CHANGE)
    with torch.inference_mode():
        wanted = reading.model.trace(torch.tensor(reading.ids), CHANGE)
    assert changed.trace.next_logits.equal(wanted.next_logits)
    assert not changed.trace.next_logits.allclose(reading.trace.next_logits)
    assert changed.tokens == reading.tokens
    assert reading.under(CHANGE).trace is changed.trace
    assert changed.under(NOTHING).trace is reading.trace  # in place of the other change, not on top of it


def test_no_more_tokens_are_read_than_are_allowed(monkeypatch, reading):
    monkeypatch.setattr(service, "MAX_TOKENS", 3)
    short = read(NAME, reading.text)
    assert short.ids == reading.ids[:3]
    assert short.n_tokens == reading.n_tokens == len(tokenizer().encode(reading.text))
    assert len(short.trace.ids) == len(short.tokens) == 3


def test_an_empty_text_is_refused():
    with pytest.raises(ValueError, match="an empty text has no tokens"):
        read(NAME, "")


# What is computed from it


def noted(trace: GPTTrace, *, layer: int, scale: float = 1.0) -> tuple[int, float, int]:
    calls.append((layer, scale))
    return layer, scale, len(trace.ids)


def test_what_was_computed_once_is_not_computed_again(reading):
    first = reading.of(noted, layer=1, scale=2.0)
    assert first == (1, 2.0, len(reading.ids))
    assert read(NAME, reading.text, session="another reader").of(noted, scale=2.0, layer=1) is first
    assert calls == [(1, 2.0)]


def test_each_setting_makes_a_result_of_its_own(reading):
    found = [reading.of(noted, layer=layer, scale=scale)[:2] for layer in (0, 1) for scale in (0.5, 2.0)]
    assert found == calls == [(0, 0.5), (0, 2.0), (1, 0.5), (1, 2.0)]


def other_one(trace: GPTTrace, *, layer: int) -> str:
    return f"other {layer}"


def contributions(trace: GPTTrace, token: int, position: int) -> str:
    return "of the same name as one of gpt_core"


def test_each_function_makes_a_result_of_its_own(reading):
    assert reading.of(noted, layer=0) == (0, 1.0, len(reading.ids))
    assert reading.of(other_one, layer=0) == "other 0"


def test_functions_of_the_same_name_in_two_modules_are_two(reading):
    there = reading.of(lens.contributions, token=7, position=1)
    assert reading.of(contributions, token=7, position=1) == "of the same name as one of gpt_core"
    assert reading.of(lens.contributions, token=7, position=1) is there


def least(trace: GPTTrace) -> float:
    return float(trace.next_logits.min())


def test_each_model_text_and_intervention_makes_a_result_of_its_own(reading):
    readings = (reading, read(OTHER, reading.text), read(NAME, reading.text + "!"), reading.under(CHANGE))
    assert [one.of(least) for one in readings] == [least(one.trace) for one in readings]
    assert len({one.of(least) for one in readings}) == 4


def everything(model: GPT, trace: GPTTrace, ids: torch.Tensor, reading: Reading, more: int) -> tuple:
    return model, trace, ids, reading, more


def test_a_function_is_given_the_parts_of_the_reading_that_it_names(reading):
    model, trace, ids, itself, more = reading.of(everything, more=5)
    assert model is reading.model is engine.model(NAME)
    assert trace is reading.trace
    assert tuple(ids.tolist()) == reading.ids
    assert itself == reading
    assert more == 5


def test_of_a_reading_with_a_change_a_function_is_given_the_changed_trace(reading):
    changed = reading.under(CHANGE)
    _model, trace, _ids, itself, _more = changed.of(everything, more=0)
    assert trace is changed.trace
    assert itself.intervention == CHANGE


def lengths(ids: tuple[int, ...]) -> int:
    return len(ids)


def test_what_is_given_goes_before_what_the_reading_has(reading):
    assert reading.of(lengths, ids=(1, 2)) == 2
    assert reading.of(lengths, ids=(1, 2, 3)) == 3
    assert reading.of(lengths) == len(reading.ids)


def whole_text(reading: Reading) -> tuple[str, int]:
    return reading.text, reading.n_tokens


def test_texts_that_differ_only_where_they_are_cut_off_are_not_taken_for_each_other(monkeypatch, reading):
    monkeypatch.setattr(service, "MAX_TOKENS", 3)
    one, other = (read(NAME, reading.text + end) for end in (" and", " and so on"))
    assert one.ids == other.ids
    assert one.of(whole_text) == (one.text, one.n_tokens)
    assert other.of(whole_text) == (other.text, other.n_tokens)
    assert one.of(noted, layer=0) is other.of(noted, layer=0)  # who sees the tokens alone computes once


class Scaled:
    """What it computes hangs on what it holds, and that is in no key."""

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def __call__(self, trace: GPTTrace) -> float:
        return self.scale * len(trace.ids)

    def of_trace(self, trace: GPTTrace) -> float:
        return self(trace)

    @classmethod
    def made(cls) -> str:
        return cls.__name__


def local(scale: float):
    def within(trace: GPTTrace) -> float:
        return scale * len(trace.ids)

    return within


NAMELESS = {
    "a lambda": lambda trace: len(trace.ids),
    "made within another function": local(2.0),
    "a partial": functools.partial(noted, layer=1),
    "an object": Scaled(2.0),
    "a method": Scaled(2.0).of_trace,
    "a method of a class": Scaled.made,
}


@pytest.mark.parametrize("kind", NAMELESS)
def test_what_holds_values_that_are_in_no_key_is_refused(reading, kind):
    with pytest.raises(TypeError, match="give a function of a module"):
        reading.of(NAMELESS[kind])


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"layer": 0, "sclae": 2.0}, "unexpected keyword argument 'sclae'"), ({}, "missing 1 required .* 'layer'")],
)
def test_a_wrong_keyword_and_a_missing_one_are_named(reading, settings, message):
    for _ in range(2):  # nor is it remembered
        with pytest.raises(TypeError, match=message):
            reading.of(noted, **settings)
    assert calls == []


def test_a_setting_that_can_be_in_no_key_is_refused(reading):
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        reading.of(noted, layer=[0])


def nested(reading: Reading) -> float:
    return reading.of(least) + reading.under(CHANGE).of(least)


def test_a_function_may_ask_for_what_nobody_has_computed_yet(reading):
    """The one computing thread must not wait for itself."""
    found = []
    reader = threading.Thread(target=lambda: found.append(reading.of(nested)), daemon=True)
    reader.start()
    reader.join(20)
    assert found, "the computing thread waits for itself"
    assert found[0] == least(reading.trace) + least(reading.under(CHANGE).trace)


# Readers beside each other


@pytest.fixture
def busy() -> Iterator[threading.Event]:
    """The computing thread has something else to do until this event is set."""
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go_on.wait(60)

    thread = threading.Thread(target=engine.cached, args=(object(), work))
    thread.start()
    assert begun.wait(20)
    yield go_on
    go_on.set()
    thread.join(20)


ASK = {
    "a trace": lambda one: one.trace,
    "a changed trace": lambda one: one.under(CHANGE).trace,
    "what is computed from it": lambda one: one.of(least),
}


@pytest.mark.parametrize("what", ASK)
def test_of_two_edits_that_wait_the_older_is_dropped(reading, busy, request, what):
    session, dropped = request.node.name, []

    def edit(i: int) -> None:
        try:
            ASK[what](replace(reading, ids=(*reading.ids, i), session=session))
        except SupersededError:
            dropped.append(i)

    older, newer = (threading.Thread(target=edit, args=(i,)) for i in range(2))
    older.start()
    until(lambda: engine.waits(session))
    newer.start()
    older.join(20)
    assert dropped == [0]
    busy.set()
    newer.join(20)
    assert dropped == [0]


@pytest.fixture
def known(reading) -> Reading:
    """A reading that another reader has just seen."""
    assert reading.trace
    return read(NAME, reading.text)


def test_who_waits_for_a_trace_does_not_hold_up_those_whose_trace_is_known(known, busy, request):
    new = replace(known, ids=known.ids[1:], session=request.node.name)
    waiting, other = (threading.Thread(target=lambda one=one: one.trace) for one in (new, known))
    waiting.start()
    until(lambda: engine.waits(new.session))
    other.start()
    other.join(20)
    assert not other.is_alive()
    busy.set()
    waiting.join(20)
