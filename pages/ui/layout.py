"""Widgets as chapters use them: side by side, in the reader's language, and remembered over chapters."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import session
from pages.ui.words import _, number

T = TypeVar("T")

SEEN_AT_ONCE = 8  # options of a list; a longer one is searched by typing

# For `persist_state`: what is chosen in a chapter is still so when its reader comes back. Streamlit would forget it.
PERSIST = "session"


def columns(*widths: float) -> list[DeltaGenerator]:
    """Columns of these relative widths; on a phone they stand one below the other."""
    return st.columns(widths, gap="medium")


def choose(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    format_func: Callable[[T], str] = str,
    first: T | None = None,
    place: DeltaGenerator | None = None,
) -> T:
    """A list to choose from, whose names may change with the text, the model or the language; at first `first`.

    The browser keeps the name that was chosen, not its place in the list, so it is told again at every run.
    """
    chosen = session.get(key)
    if chosen not in options:
        chosen = options[0] if first is None else first
    session.set(key, chosen)
    selectbox = st.selectbox if place is None else place.selectbox
    typed = "contains" if len(options) > SEEN_AT_ONCE else None
    return selectbox(label, options, format_func=format_func, key=key, filter_mode=typed, persist_state=PERSIST)


def segments(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    format_func: Callable[[T], str] = str,
    first: T | None = None,
    place: DeltaGenerator | None = None,
    **look: Any,
) -> T:
    """Options side by side, one of which is always chosen, at first `first` or the front one. `look` is Streamlit's."""
    segmented_control = st.segmented_control if place is None else place.segmented_control
    chosen = segmented_control(
        label,
        options,
        format_func=format_func,
        default=options[0] if first is None else first,
        required=True,
        key=key,
        persist_state=PERSIST,
        **look,
    )
    return options[0] if chosen is None else chosen


def decimal_slider(
    label: str,
    lowest: float,
    highest: float,
    value: float,
    step: float,
    *,
    key: str,
    place: DeltaGenerator | None = None,
) -> float:
    """A slider over decimal numbers that writes them as the reader's language does: `st.slider` knows English only."""
    digits = len(str(step).partition(".")[2])
    options = [round(lowest + i * step, digits) for i in range(round((highest - lowest) / step) + 1)]
    chosen = session.get(key)
    session.set(key, chosen if chosen in options else value)  # the browser keeps how the other language wrote it
    slider = st.select_slider if place is None else place.select_slider
    return slider(label, options, format_func=lambda x: number(x, digits), key=key, persist_state=PERSIST)


def number_box(
    label: str, lowest: int, highest: int, value: int, *, key: str, place: DeltaGenerator | None = None
) -> int:
    """A box for a whole number, `value` at first; an emptied one counts as 0.

    One that is out of range becomes the nearest that is not, and a line says so.
    Streamlit's own check of the range speaks English only, and leaves the wrong number in the box.
    """
    typed = session.get(key, value)
    legal = min(max(typed, lowest), highest)
    session.set(key, legal)
    box = st.container() if place is None else place.container()
    box.number_input(label, step=1, format="%d", key=key, persist_state=PERSIST)
    if typed != legal:
        box.caption(
            _("{typed} is not between {lowest} and {highest}: {legal} is taken.").format(
                typed=number(typed), lowest=number(lowest), highest=number(highest), legal=number(legal)
            )
        )
    return legal


def text_box(label: str, suggested: str, *, key: str, most: int, place: DeltaGenerator | None = None) -> str:
    """A box for a text, filled at first; until the reader types another, it follows what it was filled from."""
    last = f"{key} suggested"
    if session.get(key) in (None, session.get(last)):
        session.set(key, suggested)
    session.set(last, suggested)
    text_input = st.text_input if place is None else place.text_input
    return text_input(label, max_chars=most, key=key, persist_state=PERSIST)
