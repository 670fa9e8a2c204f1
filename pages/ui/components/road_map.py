"""A map of the road: lines of stations, each with something real on it and a way to its chapter."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st
from streamlit.components.v2 import component

from pages.chapters import CHAPTERS
from pages.ui import chapter, session
from pages.ui.components import HERE, script

_mount = component(
    "glassbox_road_map",
    html='<nav class="map"></nav>',
    css=(HERE / "road_map.css").read_text("utf-8"),
    js=script("road_map.js"),
)


@dataclass(frozen=True)
class Bar:
    """One of a few candidates: what it is, its share of the bar's length, and that share in words."""

    label: str
    share: float
    words: str


@dataclass(frozen=True)
class Station:
    """A stop on the map. Texts are shown exactly as they are: a reader's token is passed through `visible`."""

    title: str
    chapters: tuple[str, ...] = ()  # the first is where the title leads; a number for each
    fact: str = ""
    chips: tuple[str, ...] = ()
    strip: tuple[float, ...] = ()  # small coloured cells: blue below zero, orange above
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Line:
    """Stations one after the other, in one colour; `repeats` says what happens to the whole line."""

    title: str
    colour: str
    stations: Sequence[Station]
    repeats: str = ""


def draw(lines: Sequence[Line], *, key: str, label: str) -> None:
    """Draw the lines side by side; a station that is chosen opens its chapter."""
    if session.is_aside():
        return
    there = {row.id: row for row in CHAPTERS}
    numbers = {id: str(row.number) for id, row in there.items()}
    titles = {id: chapter.title(row) for id, row in there.items()}
    data = {"label": label, "numbers": numbers, "titles": titles, "lines": [asdict(line) for line in lines]}
    chosen = _mount(key=key, data=data, on_chosen_change=lambda: None)["chosen"]
    if chosen in there:
        st.switch_page(there[chosen].file)
