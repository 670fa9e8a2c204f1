"""Where things stand on a page: side by side, and experiments one at a time."""

from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui.chapter import current
from pages.ui.words import _, number


def columns(*widths: float) -> list[DeltaGenerator]:
    """Columns of these relative widths; on a phone they stand one below the other."""
    return st.columns(widths, gap="medium")


def experiments_menu(experiments: Mapping[str, Callable[[], None]]) -> None:
    """A row of names; only the chosen experiment is computed and drawn."""
    st.subheader(_("Look closer"))
    names = list(experiments)
    place = st.segmented_control(
        _("Look closer"),
        range(len(names)),
        format_func=lambda i: names[i],
        default=0,
        required=True,
        key=f"experiment {current()}",
        label_visibility="collapsed",
    )
    experiments[names[place or 0]]()


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
    slider = st.select_slider if place is None else place.select_slider
    return slider(label, options, value, format_func=lambda x: number(x, digits), key=key)
