"""Chapters run for real, in Streamlit's own test runner: no browser, and the frame around them as readers have it."""

import base64
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest, local_script_runner
from streamlit.testing.v1.element_tree import Block
from streamlit.util import calc_hash

from pages import show
from pages.experiments.generation import random_against_trained
from pages.experiments.learning import stories
from pages.ui import choices
from pages.ui.components import chart as component

ROOT = Path(__file__).parent.parent.parent

HOSTILE = [
    "<b>x</b> <script>alert(1)</script>",
    "a<br>b <a href='http://example.org'>c</a>",
    "$x^2$ **b** [x](javascript:alert(1)) :red[x] ![](http://example.org/x.png)",
    "%{x} {name} {0} #000001 2020 &amp;",
    "日本語 👨‍👩‍👧 e\u0301 שלום \u202eabc\u202c",
    "\x00\x07\ufeff\u200b tab\t line\r\nend",
    "the the",
    "a",
    "\n\n\n",
    " ",
    "<|endoftext|>",
]

# What a click on a chart sets, a widget on the page sets too: its key, by the chart's. The frame has sliders for what
# `choices` sets, so charts that hand clicks to these need no line here.
BESIDE = {
    **dict.fromkeys(("erased", "fading", "five_steps", "rows", "simple_text"), "token"),
    **dict.fromkeys(("all_heads", "contributions", "model_reaches"), "layer"),
    "forward_bars": "forward_candidate",
    "generation_bars": "generation_forced",
    "learning_curve": "learning_moment",
    "learning_windows": "learning_window",
    "product_q_book": "self_attention_filled book",
    "product_q_model": "self_attention_filled model",
    "most_active": "look feed_forward",  # the experiment that it opens has the slider
    "simple_book": "simple_book_query",
    "trainable_book": "trainable_book_query",
    "weighted_values": "self_attention_number",
    "wiring": "look block",
}
FRAME = {"layer", "token"}
OF_THE_FRAME = (choices.choose_token, choices.choose_cell, show.choose_head)
HEARING: dict[str, Callable[..., None] | None] = {}  # who hears of clicks on the charts that were drawn


@pytest.fixture(autouse=True, scope="session")
def _installed_once() -> Iterator[None]:
    """Each new session of a test reads the metadata of all that is installed, which takes longer than most chapters."""
    scan = manifest_scanner.scan_component_manifests
    manifest_scanner.scan_component_manifests = functools.cache(scan)
    yield
    manifest_scanner.scan_component_manifests = scan


@pytest.fixture(autouse=True, scope="session")
def _waits_asleep() -> Iterator[None]:
    """Streamlit asks a thousand times a second whether a run is over, which takes time from the run."""
    ask = local_script_runner.require_widgets_deltas

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        assert runner._script_thread
        runner._script_thread.join(timeout)
        if not runner.script_stopped():
            ask(runner, 0)  # stops it, and raises what it raises when the time is over

    local_script_runner.require_widgets_deltas = wait
    yield
    local_script_runner.require_widgets_deltas = ask


@pytest.fixture(autouse=True)
def _who_hears(monkeypatch) -> None:
    draw = component.chart

    def noting(figure: Any, *, key: str, on_click: Callable[..., None] | None = None, **more: Any) -> Any:
        HEARING[key] = on_click
        return draw(figure, key=key, on_click=on_click, **more)

    monkeypatch.setattr(component, "chart", noting)


@pytest.fixture(autouse=True)
def _short_stories(monkeypatch) -> None:
    """Six models write a story each: four tokens are drawn as forty are, in a tenth of the time."""
    monkeypatch.setattr(stories, "LENGTH", 4)
    monkeypatch.setattr(random_against_trained, "STORY", 4)


@pytest.fixture
def leave(monkeypatch) -> Callable[[Any, str], list[str]]:
    """`leave(module, function)`: the next run is left where it calls that, as when its reader has done more meanwhile.

    The list that it returns fills up with what was left.
    """
    left: list[str] = []

    def leave_at(module: Any, function: str) -> list[str]:
        call = getattr(module, function)

        def leaving(*arguments: Any, **named: Any) -> Any:
            if not left:
                left.append(function)
                st.rerun()
            return call(*arguments, **named)

        monkeypatch.setattr(module, function, leaving)
        return left

    return leave_at


@pytest.fixture
def run() -> Callable[..., AppTest]:
    """Run one chapter: `run("heads", lang="fr", text="…")`. Every argument but the first is put into the address.

    Presenter mode is none of the address's: `present=1` switches it on. `kept` is what the session holds before.
    """

    def run_chapter(
        chapter: str,
        *,
        timeout: float = 60,
        present: bool = False,
        kept: Mapping[str, object] = MappingProxyType({}),
        **address: object,
    ) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=timeout)
        path = "" if chapter == "start" else chapter  # the first page is the address itself
        app._page_hash = calc_hash(path)  # as a browser that opens a link: no other page before
        for name, value in address.items():
            app.query_params[name] = value if isinstance(value, list) else str(value)
        for name, value in {**kept, **({"present": True} if present else {})}.items():
            app.session_state[name] = value
        return app.run()

    return run_chapter


def words(app: AppTest | Block) -> str:
    """All Markdown, captions, headings and notices of a page, or of a part of it, as one text."""
    kinds = (
        app.title,
        app.header,
        app.subheader,
        app.markdown,
        app.caption,
        app.info,
        app.success,
        app.warning,
        app.error,
    )
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def said(app: AppTest, name: str, default: str = "") -> str:
    """What the address says under `name`."""
    found = app.query_params.get(name, default)
    return found[0] if isinstance(found, list) else found


def assert_healthy(app: AppTest) -> None:
    """No exception, no error box (a traceback or a failed check), and no click that only a pointer can do."""
    assert not app.exception, app.exception[0].value
    assert not app.error, app.error[0].value
    if "present" in app.session_state and app.session_state["present"]:  # noqa: RUF019 (it has no `get`)
        return  # one step is shown; the teacher has a pointer, or leaves the mode
    kinds = (app.slider, app.select_slider, app.selectbox, app.segmented_control)
    keys = {widget.key for kind in kinds for widget in kind} | FRAME
    others = [chart for chart in drawn(app) if HEARING.get(chart) not in {None, *OF_THE_FRAME}]
    assert [chart for chart in others if BESIDE.get(chart) not in keys] == []


def plain(app: AppTest) -> str:
    """The same without the backslashes that keep Markdown from reading signs in the reader's text."""
    return words(app).replace("\\", "")


def drawn(app: AppTest) -> dict[str, dict[str, Any]]:
    """The charts of a page by key, as they are sent to the browser."""
    return {key: sent["figure"] for key, sent in _sent(app).items()}


def alt(app: AppTest, chart: str) -> str:
    """What a chart says of itself in words."""
    return _sent(app)[chart]["alt"]


def _sent(app: AppTest) -> dict[str, dict[str, Any]]:
    charts = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "glassbox_chart"]
    return {chart.id.split("-", 2)[2]: json.loads(chart.bytes) for chart in charts}


def chart_numbers(app: AppTest, chart: str, side: str = "z", *, trace: int = 0) -> np.ndarray:
    """The numbers of a chart as they are sent to the browser: of a heatmap `z`, of bars and curves `x` or `y`."""
    array = drawn(app)[chart]["data"][trace][side]
    if isinstance(array, list):
        return np.array(array)
    shape = [int(n) for n in str(array.get("shape", "-1")).split(",")]
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]).reshape(shape)


def explore(app: AppTest, experiment: str, **widgets: object) -> AppTest:
    """The page with one entry of "Look closer" open (`heads/arcs`), and widgets in it set by their keys."""
    chapter, _, id = experiment.partition("/")
    for key, value in {f"look {chapter}": id, **widgets}.items():
        app.session_state[key] = value
    return app.run()


def numbers(sent: Any) -> np.ndarray:
    """An array of a chart: Plotly sends it as base64 with its type, or as a list."""
    if isinstance(sent, dict):
        flat = np.frombuffer(base64.b64decode(sent["bdata"]), np.dtype(sent["dtype"]))
        return flat.reshape([int(n) for n in str(sent.get("shape", len(flat))).split(",")])
    return np.asarray(sent)


def revealed(app: AppTest, chapter: str) -> AppTest:
    """The page with the answer to its question laid open."""
    app.session_state[f"predict {chapter}"] = True
    app.session_state[f"reveal {chapter}"] = True
    app.run()
    assert_healthy(app)
    return app
