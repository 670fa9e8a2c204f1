"""The chart of every page: one Plotly figure that stays in place over reruns and tells what was clicked."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from pages.chapters import PAGES
from pages.figures import Picture
from pages.ui import session
from pages.ui.components import HERE, script
from pages.ui.words import language

# Two copies of Plotly, each loaded where it is needed. All flat charts: Plotly's own partial build, a third as long
# (pages/server/drawing.py). What is drawn in space: the whole that Streamlit ships in a file of its own for
# st.plotly_chart; its name carries a hash of the content.
FLAT = PAGES.parent / "assets/plotly/plotly-cartesian-4.1.1.min.js"
PLACE = "plotly/static"  # in the address
WHOLE = next((Path(st.__file__).parent / "static/static/js").glob("PlotlyChart.*.js")).name

_mount = component(
    "glassbox_chart",
    html='<div class="glassbox-chart"><i class="rem"></i><div class="plot"></div>'
    '<p class="said" aria-live="polite"></p></div>',
    css=(HERE / "chart.css").read_text("utf-8"),
    js=script("chart.js"),
    isolate_styles=False,  # Plotly keeps its own styles in the document's head
)


@dataclass(frozen=True)
class Click:
    """A cell, point or bar that was chosen with the pointer or, on a heatmap, with the arrow keys."""

    x: float | str
    y: float | str
    trace: int
    customdata: Any


def chart(
    figure: Picture,
    *,
    key: str,
    alt: str,
    height: int | None = None,
    clickable: bool = False,
    on_click: Callable[[Click], None] | None = None,
    least: float | None = None,
) -> Click | None:
    """Draw `figure` where the chart `key` already is: zoom and hidden series stay, nothing blinks.

    `alt` says in words what the figure shows. A click reruns the page (in a fragment, only the fragment) and is
    returned once; on the next rerun there is None. `on_click` hears of it before the rerun, when it can still set
    what the widgets will show. On a wall it has at least `least` of the screen's height.
    """

    if session.is_aside():
        return None

    def heard() -> None:
        click = session.get(key, {}).get("click")
        if click and on_click:
            on_click(Click(**click))

    options = {
        "alt": alt,
        "height": height,
        "least": least,
        "clickable": clickable or on_click is not None,
        "language": language(),
        "flat": f"../../{PLACE}/{FLAT.name}",
        "whole": WHOLE,
        "filename": key,
    }
    # As bytes, which Streamlit forwards as they are: a dict it would serialise twice.
    data = f'{json.dumps(options)[:-1]},"figure":{figure.json()}}}'.encode()
    result = _mount(key=key, data=data, on_click_change=heard)
    return Click(**result["click"]) if result["click"] else None
