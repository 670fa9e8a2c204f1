"""About the models: the page says what is known of the hub and of each transfer, and offers what can be done."""

import threading
from dataclasses import replace

import pytest

from gpt_core.weights.catalogue import CATALOGUE
from pages.services.downloads import Downloads, Transfer
from pages.ui import model_picker
from pages.ui.words import speaking
from tests.pages.conftest import assert_healthy, plain, words
from tests.waiting import until

PUBLISHED = [card for card in CATALOGUE.values() if card.hub]
BUTTONS = [f"fetch {card.name}" for card in PUBLISHED]


def first_transfer(downloads: Downloads) -> Transfer:
    transfer = downloads.transfer_of(PUBLISHED[0])
    assert transfer is not None
    return transfer


@pytest.fixture
def opened(run, monkeypatch):
    """The page with the models open, of which no published one is here: `opened(downloads)`."""

    def open_page(downloads: Downloads):
        monkeypatch.setattr(model_picker, "available", lambda card: card.hub is None)
        monkeypatch.setattr(model_picker, "downloads", downloads)
        app = run("heads", lang="en", text="a king", model="random-small")
        app.session_state["about"] = True
        app.run()
        assert_healthy(app)
        return app

    return open_page


def test_the_page_does_not_wait_for_the_hub_and_asks_it_once_for_all_models(opened):
    answer, asked = threading.Event(), []
    downloads = Downloads(reachable=lambda: asked.append(1) or answer.wait(60), ask_again=600.0)
    app = opened(downloads)
    assert words(app).count("Asking whether its source can be reached") == len(PUBLISHED) > 1
    assert app.button(key=BUTTONS[0]).disabled
    answer.set()
    until(lambda: downloads.hub_answers() is not None)
    app.run()
    assert "Asking whether" not in words(app)
    assert not app.button(key=BUTTONS[0]).disabled
    assert len(asked) == 1


def test_a_transfer_that_is_done_but_whose_files_are_gone_can_be_begun_again(opened):
    downloads = Downloads(fetch=lambda hub, **how: None, reachable=lambda: True, ask_again=600.0)
    downloads.start(PUBLISHED[0])
    until(lambda: first_transfer(downloads).done and downloads.hub_answers())
    app = opened(downloads)  # and not drawn anew for ever
    assert not app.button(key=BUTTONS[0]).disabled
    assert downloads.transfer_of(PUBLISHED[0]) is None


def test_a_press_fetches_a_model_and_another_press_stops_it(opened):
    def fetch(hub, *, progress, cancelled):
        progress(100_000_000)
        until(cancelled)

    downloads = Downloads(fetch=fetch, reachable=lambda: True, ask_again=600.0)
    until(downloads.hub_answers)
    app = opened(downloads)
    app.button(key=BUTTONS[0]).click().run()
    assert_healthy(app)
    transfer = first_transfer(downloads)
    until(lambda: transfer.n_bytes)
    app.button(key=f"cancel {PUBLISHED[0].name}").click().run()
    until(lambda: transfer.done)
    app.run()
    assert_healthy(app)
    assert not app.button(key=BUTTONS[0]).disabled


def test_a_failure_is_told_with_its_reason(opened):
    def fetch(hub, **how):
        raise OSError("no space left")

    downloads = Downloads(fetch=fetch, reachable=lambda: True, ask_again=600.0)
    downloads.start(PUBLISHED[0])
    until(lambda: first_transfer(downloads).done and downloads.hub_answers())
    assert "Not fetched. The network or the disk failed" in words(opened(downloads))


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_of_a_model_without_a_known_digest_it_is_said_what_is_checked_and_what_is_not(run, lang, monkeypatch):
    said = {"en": "no digest of the published file is known here", "fr": "aucune empreinte du fichier publié"}[lang]
    app = run("glossary", lang=lang, text="a")
    app.session_state["about"] = True
    assert plain(app.run()).count(said) == 1
    monkeypatch.setitem(CATALOGUE, "random-small", replace(CATALOGUE["gpt2-large"], name="random-small"))
    with speaking(lang):
        assert said in model_picker.badge(CATALOGUE["random-small"])
