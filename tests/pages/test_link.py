"""A link is everything: opened by somebody else, it shows the same figures and the same sentences."""

import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from pages.chapters import CHAPTERS
from pages.experiments.generation.continuation import BRANCHES, CONTINUATION, LONGEST, PATH, Continuation
from pages.services.reading import read
from pages.ui import choices, link, sharing
from tests.pages.conftest import assert_healthy, drawn, words

TEXT = "The old king gave the golden key to the boy. The old king"
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
            if key not in (PATH, BRANCHES):
                app.session_state[key] = another(value, reads)
        moved |= fresh.keys()
        if not fresh:
            break
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
    for first in range(0, len(STRANGE), 7):
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


def with_continuation(run, text: str, path: tuple[int, ...], *ends: tuple[int, ...]) -> AppTest:
    app = run("generation", lang="en", text=text, generation_temperature="1.5")
    tree = Continuation(read("storyteller", text).ids)
    for end in (*ends, path):
        tree = tree.at(end)
    app.session_state[CONTINUATION] = tree
    app.run()
    assert_healthy(app)
    return app


def test_what_is_too_long_for_a_link_is_left_out_by_name_the_least_important_first(run):
    path, ends = tuple(range(300, 500)), [tuple(range(n, n + 150)) for n in (1_000, 2_000, 3_000)]
    app = with_continuation(run, "é" * 100, path, *ends)
    assert address(app).keys() >= {"text", "generation_temperature", PATH}
    assert BRANCHES not in address(app)
    assert "too long to share: its branches" in words(app)
    theirs = opened(run, "generation", address(app))
    assert theirs.session_state[CONTINUATION].path == path


def test_a_continuation_goes_only_with_its_text(run):
    app = with_continuation(run, "é" * 600, (262, 383))
    assert "generation_temperature" in address(app)
    assert not address(app).keys() & {"text", PATH, BRANCHES}
    assert "too long to share: your text; the continuation" in words(app)


def test_the_server_s_own_address_counts():
    parts = [link.Setting("text", "your text", "a" * 1_900)]
    assert link.fitting(parts, "https://gpt.example.org/heads")[1] == []
    assert link.fitting(parts, f"https://{'gpt' * 40}.example.org/heads")[1] == ["your text"]


def test_most_of_a_continuation_and_all_its_branches_are_read_as_they_were_written():
    ids = tuple(range(0, 50_256, 255))[:LONGEST]
    assert link.ids_read(link.ids_written(ids), below=50_257, most=LONGEST) == ids
    for raw in (link.ids_written((50_257,)), link.ids_written(range(LONGEST + 1)), "AAA=", "AAAA", "é"):
        with pytest.raises(ValueError, match="id"):
            link.ids_read(raw, below=50_257, most=LONGEST)


def test_in_presenter_mode_a_link_has_what_other_steps_have_set(run):
    app = run("generation", lang="en", text=TEXT, present=True, generation_temperature="1.5")
    assert address(app)["generation_temperature"] == "1.5"
    app.session_state["step generation"] = "kv_cache"
    app.run()
    assert_healthy(app)
    assert (address(app)["generation_temperature"], address(app)["look"]) == ("1.5", "kv_cache")
    theirs = opened(run, "generation", address(app))
    assert theirs.segmented_control(key="look generation").value == "kv_cache"
    assert "present" not in address(app)


def test_presenter_mode_in_an_old_link_is_passed_over_in_silence(run):
    app = run("heads", lang="en", text=TEXT)
    app.query_params["present"] = "1"
    app.query_params["layer"] = "2"
    app.run()
    assert address(app)["layer"] == "2"
    assert not app.toggle(key=choices.SWITCH).value
    assert not any("present" in notice.value for notice in app.info)


@pytest.mark.parametrize(
    ("address", "here_only"),
    [
        ("http://localhost:8501/heads?text=a", True),
        ("http://127.0.0.1:8501/", True),
        ("http://[::1]:8501/", True),
        ("http://192.168.1.7:8501/heads", False),
        ("https://gpt.example.org/heads", False),
    ],
)
def test_an_address_by_which_a_computer_calls_itself_is_told_of(address, here_only):
    assert sharing.opens_here_only(address) == here_only
