"""A link is everything: opened by somebody else, it shows the same figures and the same sentences."""

import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from pages.chapters import CHAPTERS
from pages.experiments.generation.continuation import CONTINUATION, PATH, Continuation
from pages.services.reading import read
from pages.ui import link
from tests.pages.conftest import assert_healthy, drawn, words

TEXT = "The old king gave the golden key to the boy. The old"
BY_THE_CLOCK = {"generation_milliseconds"}  # measured anew each time
TOO_LARGE = "random-124m"  # takes 650 MB
EVERYWHERE = [f"{row.id}/{id}" for row in CHAPTERS for id in row.experiments or ("",)]
STRANGE = ["", "abc", "-1", "9" * 400, "NaN", "1e3", "٣", "\x00<b>$x$", "null", "[]", "1.1.1", "~~~", "é" * 3_000]


def opened(run, chapter: str, address: dict[str, str]) -> AppTest:
    """A chapter as somebody sees it who opens a link in a new browser: all of the address is there at once."""
    return run(chapter, **address)


def address(app: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


@pytest.fixture
def settled(monkeypatch) -> dict[str, tuple[Any, Callable[[str], Any]]]:
    """Each setting that was drawn, by its key: where it stands, and what reads it from a link."""
    found = {}
    settle = link.settle

    def settle_and_note(key, first, *, read, **more):
        value = settle(key, first, read=read, **more)
        found[key] = value, read
        return value

    monkeypatch.setattr(link, "settle", settle_and_note)
    return found


def another(value: Any, read: Callable[[str], Any]) -> Any:
    """A value of a setting that is not the one it has, found by what its reader compares with."""
    known = inspect.getclosurevars(read).nonlocals
    if "read_one" in known:
        options = inspect.getclosurevars(known["read_one"]).nonlocals["options"]
        return [one for one in options if one > 0][:2]
    if "most" in known:
        return "a dragon & <b>é</b>"[: known["most"]]
    options = known["options"] if "options" in known else range(known["lowest"], known["highest"] + 1)
    options = [one for one in options if one != TOO_LARGE]
    return options[(options.index(value) + 1) % len(options)]


def with_everything_moved(run, settled, chapter: str, experiment: str) -> AppTest:
    """A chapter with every setting moved off where it stands at first; some only show when others are moved."""
    app = run(chapter, lang="en", text=TEXT, token=9)
    if experiment:
        app.session_state[f"look {chapter}"] = experiment
    moved: set[str] = set()
    for _round in range(3):
        settled.clear()
        app.run()
        fresh = {key: found for key, found in settled.items() if key not in moved and inspect.isfunction(found[1])}
        for key, (value, reads) in fresh.items():
            if key not in (PATH, "generation_branches"):
                app.session_state[key] = another(value, reads)
        moved |= fresh.keys()
    if chapter == "generation":
        ids = read("storyteller", TEXT).ids
        app.session_state[CONTINUATION] = Continuation(ids).at((383, 262)).at((383, 5, 7)).at((383,))
        app.run()
    assert_healthy(app)
    return app


@pytest.mark.parametrize("place", EVERYWHERE)
def test_a_link_opened_by_somebody_else_shows_the_same(run, settled, place):
    chapter, _, experiment = place.partition("/")
    app = with_everything_moved(run, settled, chapter, experiment)
    said = address(app)
    off = {setting.name for setting in app.session_state[link.DRAWN].values() if not setting.at_first}
    assert off <= said.keys()
    assert len(urlencode(said)) < link.LONGEST
    theirs = opened(run, chapter, said)
    assert_healthy(theirs)
    assert address(theirs) == said
    assert words(theirs.main) == words(app.main)  # beside it is told whether layer and head were picked
    ours, figures = drawn(app), drawn(theirs)
    assert ours.keys() == figures.keys()
    assert [key for key in ours.keys() - BY_THE_CLOCK if ours[key] != figures[key]] == []


@pytest.mark.parametrize("place", EVERYWHERE)
def test_garbage_in_a_link_is_told_by_name_and_nothing_fails(run, settled, place):
    chapter, _, experiment = place.partition("/")
    at = {"lang": "en", "text": TEXT, "look": experiment}
    run(chapter, **at)
    names = sorted({link.name_of(key) for key in settled})
    if not names:
        return
    readers = {link.name_of(key): reads for key, (_value, reads) in settled.items()}
    for first in range(0, len(STRANGE), 5):
        garbage = {name: STRANGE[(first + i) % len(STRANGE)] for i, name in enumerate(names)}
        app = run(chapter, **at, **garbage)
        assert_healthy(app)
        told = " ".join(notice.value for notice in app.info)
        wrong = {name for name in names if not makes_sense(readers[name], garbage[name])}
        assert [name for name in wrong if f"“{name}”" not in told] == []
        assert not wrong & address(app).keys()


def makes_sense(reads: Callable[[str], Any], raw: str) -> bool:
    try:
        reads(raw)
    except ValueError:
        return False
    return True
