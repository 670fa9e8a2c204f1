"""The numbers behind pictures as tables and CSV: noted while they are drawn, made when a reader opens them."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages.figures.numbers import OURS, free_heading
from pages.ui.words import N_, _, in_a_cell, language, literal

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler  # slow to import, and few open a table

MOST_WRITTEN = 60_000  # cells that Python may write, in about a second; pandas refuses 262,144
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is computed by spreadsheets
FEW = 7  # rows: a table with more scrolls
# What a side means, where its picture gives it no title.
HEADINGS = {"name": N_("name"), "number": N_("number"), "query": N_("query"), "key": N_("key")}
HEADINGS |= {"token": N_("token"), "position": N_("position")}


@dataclass(frozen=True)
class Table:
    """What its picture shows, and how to make it."""

    title: str
    make: Callable[[], pd.DataFrame]


NOTED: ContextVar[list[Table] | None] = ContextVar("tables of what is drawn now", default=None)


def add(title: str, make: Callable[[], pd.DataFrame]) -> None:
    """Note the table of a picture that is drawn; nothing is noted where nobody will offer it."""
    noted = NOTED.get()
    if noted is not None:
        noted.append(Table(title, make))


@contextmanager
def noted() -> Iterator[list[Table]]:
    """The tables of all that this block draws. A fragment within it has a block of its own."""
    found: list[Table] = []
    before = NOTED.set(found)
    try:
        yield found
    finally:
        NOTED.reset(before)


def offer(tables: Sequence[Table], id: str, label: str) -> None:
    """The tables, each under its title, and one CSV of them all; they are made only when the reader opens them."""
    if not tables:
        return
    with st.expander(label, key=f"data {id}", on_change="rerun") as expander:
        if not expander.open:
            return
        made = [(table.title, headed(table.make())) for table in tables]
        for title, frame in made:
            if len(made) > 1:
                st.caption(literal(title))
            st.dataframe(_written(frame), width="stretch", hide_index=True, height=320 if len(frame) > FEW else "auto")
        st.download_button(
            _("Save as CSV"),
            data=partial(as_csv, made, language()),  # called when no run is on, which alone knows the language
            file_name=f"{id.replace('/', '_').replace(' ', '_')}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"csv {id}",
        )


def headed(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with headings in the reader's language."""
    headings: list[str] = []
    for name in frame.columns:
        headings.append(free_heading(_heading(name), headings))
    return frame.set_axis(headings, axis="columns")


def _heading(name: str) -> str:
    """A heading of ours, translated, with the number that tells it from an equal one; a picture's own as it is."""
    if not name.startswith(OURS):
        return name
    word, *number = name.removeprefix(OURS).split(" ")
    return " ".join([_(HEADINGS[word]), *number])


def as_csv(made: Sequence[tuple[str, pd.DataFrame]], language: str) -> bytes:
    """Tables as a spreadsheet of this language opens them: in French with semicolons and decimal commas.

    Of several, each stands under its title. The mark at the beginning makes spreadsheets read accents. A token such as
    “=” stays a text.
    """
    separator, decimal = (",", ".") if language == "en" else (";", ",")
    parts = []
    for title, frame in made:
        part = io.StringIO()
        if len(made) > 1:
            csv.writer(part, delimiter=separator, lineterminator="\n").writerow([title])
        texts = frame.rename(columns=_as_text).map(_as_text)
        texts.to_csv(part, index=False, sep=separator, decimal=decimal, lineterminator="\n")
        parts.append(part.getvalue())
    return "\n".join(parts).encode("utf-8-sig")


def _as_text(cell: object) -> object:
    """The cell, with a mark in front of a text that a spreadsheet would compute."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _written(frame: pd.DataFrame) -> "pd.DataFrame | Styler":
    """The same numbers with a decimal comma where the reader's language has one: Streamlit itself knows points only."""
    if language() == "en" or frame.size > MOST_WRITTEN:
        return frame
    styler = frame.style
    styler.format(in_a_cell, subset=pd.Index(frame.select_dtypes("floating").columns))
    return styler
