"""A run that is left halfway, since its reader has done more meanwhile: the next says and shows what it was to.

Streamlit leaves a run wherever that touches the session or the page.
"""

from typing import Any

import pytest

from gpt_core.weights.catalogue import steps_of
from pages.services.shared import engine
from pages.ui import choices, link, sharing, style
from pages.ui.components import ribbon
from tests.pages.conftest import assert_healthy, words

STEPS = list(steps_of(engine.available_models()[0]))  # of its training, of which there are snapshots
# Where a run is left: before its text is read, before anything is drawn, within the chapter, behind it, near its end.
PLACES = [(choices, "read"), (style, "apply"), (ribbon, "draw"), (link, "complete"), (sharing, "draw")]
LINKS: dict[str, dict[str, Any]] = {
    "numbers beyond the model": {"chapter": "heads", "lang": "fr", "text": "le chat dort", "layer": 2, "head": 99},
    "a setting": {"chapter": "generation", "lang": "en", "text": "Once upon", "temperature": "1.5", "token": 0},
    "a setting that is none": {"chapter": "generation", "lang": "en", "text": "Once upon", "temperature": "abc"},
    "nothing that there is": {"chapter": "start", "lang": "xx", "text": ["a", "b"], "model": "nothing"},
    "an experiment": {"chapter": "heads", "lang": "en", "text": "hello world", "look": "compare"},
    "an experiment that there is not": {"chapter": "heads", "lang": "en", "text": "hello world", "look": "nonsense"},
    "the special token": {"chapter": "tokens", "lang": "en", "text": "a <|endoftext|> b", "special": 1},
    "a text that is too long": {"chapter": "tokens", "lang": "en", "text": "word " * 2_000},
    "a moment of training": {"chapter": "heads", "lang": "fr", "text": "le chat dort", "moment": STEPS[0]},
    "a moment that there is not": {"chapter": "heads", "lang": "en", "text": "hello world", "moment": "nonsense"},
}
CHANGES = {
    "a text that is too long": lambda app: app.sidebar.text_area(key="text").set_value("word " * 2_000),
    "another model": lambda app: app.sidebar.selectbox(key="model").set_value("induction-lab"),
    "another language": lambda app: app.button_group(key="lang").set_value("fr"),
    "an example": lambda app: app.radio(key="example").set_value(3),
    "a moment of training": lambda app: app.sidebar.select_slider(key="moment").set_value(str(STEPS[-1])),
    "a token": lambda app: app.sidebar.slider(key="token").set_value(1),
}


def seen(app) -> tuple[list[str], dict[str, Any], dict[str, int], str]:
    """What a reader sees in the end: notices, address, sliders, words."""
    assert_healthy(app)
    sliders = {slider.key: slider.value for slider in app.sidebar.slider}
    return [notice.value for notice in app.info], dict(app.query_params), sliders, words(app)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[1])
@pytest.mark.parametrize("opened", LINKS.values(), ids=LINKS)
def test_a_link_whose_first_run_is_left_leads_where_it_would_have_led(opened, place, run, leave):
    whole = seen(run(**opened))
    left = leave(*place)
    assert seen(run(**opened)) == whole
    assert left


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[1])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_whose_run_is_left_is_made(change, place, run, leave):
    text = {"lang": "en", "text": "one two three four"}
    whole = seen(change(run("heads", **text)).run())
    app = run("heads", **text)
    left = leave(*place)
    assert seen(change(app).run()) == whole
    assert left
