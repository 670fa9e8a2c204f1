"""About the models: nobody waits for the hub's answer, and a transfer is over once."""

import threading

import pytest

from gpt_core.weights.catalogue import CATALOGUE
from pages.ui import model_picker
from pages.ui.model_picker import Hub, Transfer
from tests.pages.conftest import assert_healthy, words
from tests.test_live import until

PUBLISHED = [entry.name for entry in CATALOGUE.values() if entry.hub]


@pytest.fixture(autouse=True)
def _no_published_model_is_here(monkeypatch):
    monkeypatch.setattr(model_picker, "available", lambda entry: entry.hub is None)
    monkeypatch.setattr(model_picker, "_transfers", {})
    monkeypatch.setattr(model_picker, "_hub", Hub())


def opened(run):
    app = run("start", lang="en", text="a king", model="random-small")
    app.session_state["about"] = True
    app.run()
    assert_healthy(app)
    return app


def test_the_page_does_not_wait_for_the_hub_and_asks_it_once_for_all_models(run, monkeypatch):
    answer, asked = threading.Event(), []
    monkeypatch.setattr(model_picker, "reachable", lambda: asked.append(1) or answer.wait(60))
    app = opened(run)
    assert words(app).count("Asking whether its source can be reached") == len(PUBLISHED) > 1
    assert app.button(key=f"fetch {PUBLISHED[0]}").disabled
    answer.set()
    until(lambda: model_picker._hub.answers is not None)
    app.run()
    assert "Asking whether" not in words(app)
    assert not app.button(key=f"fetch {PUBLISHED[0]}").disabled
    assert len(asked) == 1


def test_the_hub_is_asked_again_after_a_while_and_its_last_answer_holds_until_then(monkeypatch):
    answers = iter([False, True])
    monkeypatch.setattr(model_picker, "reachable", lambda: next(answers))
    model_picker.hub_answers()
    until(lambda: not model_picker._hub.asking)
    assert model_picker.hub_answers() is False
    model_picker._hub.asked -= model_picker.ASKED_AGAIN + 1
    model_picker.hub_answers()
    until(lambda: model_picker.hub_answers() is True)


def test_a_transfer_that_is_done_but_whose_files_are_gone_can_be_begun_again(run, monkeypatch):
    monkeypatch.setattr(model_picker, "_hub", Hub(answers=True, asked=float("inf")))
    model_picker._transfers[PUBLISHED[0]] = Transfer(done=True)
    app = opened(run)  # and not drawn anew for ever
    assert not app.button(key=f"fetch {PUBLISHED[0]}").disabled
    assert PUBLISHED[0] not in model_picker._transfers
