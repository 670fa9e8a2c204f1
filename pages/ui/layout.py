"""Widgets as chapters use them: side by side, in the reader's language, remembered over chapters, and in the address.

Each has a key, which is also what a link calls it (`link.name_of`), and stands at `first` until somebody moves it.
A chapter draws no widget of its own that holds something: what is on screen would not be in the link.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import link, session
from pages.ui.choices import clean
from pages.ui.words import _, number

T = TypeVar("T")

# For `persist_state`: what is chosen in a chapter is still so when its reader comes back. Streamlit would forget it.
PERSIST = "session"
SEEN_AT_ONCE = 8  # options of a list; a longer one is searched by typing


def columns(*widths: float) -> list[DeltaGenerator]:
    """Columns of these relative widths; on a phone they stand one below the other."""
    return st.columns(widths, gap="medium")


def pictures(*widths: float) -> list[DeltaGenerator]:
    """Columns for pictures of one height under titles: they stand level, also where a title takes two lines."""
    return st.columns(widths, gap="medium", vertical_alignment="bottom")


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
    chosen = link.settle(key, options[0] if first is None else first, label=label, read=link.one_of(options))
    session.set(key, chosen)
    selectbox = st.selectbox if place is None else place.selectbox
    searched = "contains" if len(options) > SEEN_AT_ONCE else None
    selectbox(label, options, format_func=format_func, key=key, filter_mode=searched, persist_state=PERSIST)
    return chosen


def pick(label: str, names: Sequence[str], *, key: str, on_pick: Callable[[], None], disabled: bool = False) -> None:
    """A list that does something and holds nothing: while `on_pick` runs, the session has the place that was picked."""

    def heard() -> None:
        if session.get(key) is not None:
            on_pick()
        session.set(key, None)

    st.selectbox(
        label,
        range(len(names)),
        index=None,
        format_func=names.__getitem__,
        key=key,
        placeholder=label,
        label_visibility="collapsed",
        filter_mode="contains" if len(names) > SEEN_AT_ONCE else None,
        on_change=heard,
        disabled=disabled,
    )


def choose_several(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    format_func: Callable[[T], str] = str,
    first: Sequence[T] = (),
    **look: Any,
) -> list[T]:
    """Any number of options from a list, which can be searched. `look` is Streamlit's."""
    chosen = settle_several(label, options, key=key, first=first)
    session.set(key, chosen)
    st.multiselect(
        label,
        options,
        format_func=format_func,
        key=key,
        filter_mode="contains",
        select_all=False,  # Streamlit says it in English
        persist_state=PERSIST,
        **look,
    )
    return chosen


def settle_several(label: str, options: Sequence[T], *, key: str, first: Sequence[T] = ()) -> list[T]:
    """What `choose_several` will show as chosen, where that must be known before it is drawn."""
    now = session.get(key)
    held = None if now is None else [one for one in now if one in options]  # another model has fewer
    read = link.some_of(options)
    return link.settle(key, list(first), label=label, read=read, write=link.joined, now=held)


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
    chosen = link.settle(key, options[0] if first is None else first, label=label, read=link.one_of(options))
    session.set(key, chosen)
    segmented_control = st.segmented_control if place is None else place.segmented_control
    segmented_control(label, options, format_func=format_func, required=True, key=key, persist_state=PERSIST, **look)
    return chosen


def radio(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    format_func: Callable[[T], str] = str,
    place: DeltaGenerator | None = None,
) -> T:
    """Options in a row with a dot before each, the front one chosen at first."""
    chosen = link.settle(key, options[0], label=label, read=link.one_of(options))
    session.set(key, chosen)
    row = st.radio if place is None else place.radio
    row(label, options, format_func=format_func, key=key, horizontal=True, persist_state=PERSIST)
    return chosen


def switch(label: str, *, key: str, first: bool = False, place: DeltaGenerator | None = None) -> bool:
    """Something that is on or off."""
    chosen = settle_switch(label, key=key, first=first)
    session.set(key, chosen)
    toggle = st.toggle if place is None else place.toggle
    toggle(label, key=key, persist_state=PERSIST)
    return chosen


def settle_switch(label: str, *, key: str, first: bool = False) -> bool:
    """Whether `switch` will stand on, where that must be known before it is drawn."""
    read, write = link.one_of((False, True), _as_digit), _as_digit
    return link.settle(key, first, label=label, read=read, write=write)


def _as_digit(on: bool) -> str:
    return str(int(on))


def slider(
    label: str,
    lowest: int,
    highest: int,
    first: int,
    *,
    key: str,
    place: DeltaGenerator | None = None,
    **look: Any,
) -> int:
    """A slider over whole numbers. `look` is Streamlit's."""
    chosen = link.settle(key, first, label=label, read=link.whole(lowest, highest))
    session.set(key, chosen)  # also where it is already so: a slider with a new end would begin anew
    moved = st.slider if place is None else place.slider
    moved(label, lowest, highest, lowest, key=key, persist_state=PERSIST, **look)
    return chosen


def stops(
    label: str,
    options: Sequence[T],
    first: T,
    *,
    key: str,
    format_func: Callable[[T], str] = str,
    place: DeltaGenerator | None = None,
) -> T:
    """A slider over options whose names may change with the language."""
    chosen = link.settle(key, first, label=label, read=link.one_of(options))
    session.set(key, chosen)  # the browser keeps how the other language wrote it
    moved = st.select_slider if place is None else place.select_slider
    moved(label, options, format_func=format_func, key=key, persist_state=PERSIST)
    return chosen


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
    options = _decimals(lowest, highest, step)
    return stops(label, options, value, key=key, format_func=lambda x: number(x, digits), place=place)


def held_decimal(lowest: float, highest: float, value: float, step: float, *, key: str) -> float:
    """Where such a slider stands, in a step of a lesson that does not draw it."""
    return link.held(key, value, link.one_of(_decimals(lowest, highest, step)))


def _decimals(lowest: float, highest: float, step: float) -> list[float]:
    digits = len(str(step).partition(".")[2])
    return [round(lowest + i * step, digits) for i in range(round((highest - lowest) / step) + 1)]


def number_box(
    label: str, lowest: int, highest: int, value: int, *, key: str, place: DeltaGenerator | None = None
) -> int:
    """A box for a whole number, `value` at first; an emptied one counts as 0.

    One that is out of range becomes the nearest that is not, and a line says so.
    Streamlit's own check of the range speaks English only, and leaves the wrong number in the box.
    """
    typed = session.get(key)
    nearest = None if typed is None else min(max(typed, lowest), highest)
    legal = link.settle(key, value, label=label, read=link.whole(lowest, highest), now=nearest)
    session.set(key, legal)
    box = st.container() if place is None else place.container()
    box.number_input(label, step=1, format="%d", key=key, persist_state=PERSIST)
    if typed not in (None, nearest):
        box.caption(
            _("{typed} is not between {lowest} and {highest}: {legal} is taken.").format(
                typed=number(typed), lowest=number(lowest), highest=number(highest), legal=number(legal)
            )
        )
    return legal


def text_box(
    label: str, suggested: str, *, key: str, most: int, place: DeltaGenerator | None = None, **look: Any
) -> str:
    """A box for a text, filled at first; until the reader types another, it follows what it was filled from.

    `look` is Streamlit's. Returns the text as a model can have it: only browsers keep to the length of a box.
    """

    def read(raw: str) -> str:
        if len(raw) > most:
            raise ValueError(f"more than {most} characters")
        return clean(raw)[0]

    last = f"{key} suggested"
    typed = session.get(key)
    held = suggested if typed in (None, session.get(last)) else clean(typed[:most])[0]
    text = link.settle(key, suggested, label=label, read=read, now=held)
    session.set(last, suggested)
    if text != session.get(key):
        session.set(key, text)
    box = st.text_input if place is None else place.text_input
    box(label, max_chars=most, key=key, persist_state=PERSIST, **look)
    return text
