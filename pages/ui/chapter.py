"""What every chapter is made of: its place in the road, its words, its check, its code, its data."""

import inspect
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st
from pages.services.reading import Reading

from gpt_core.weights.catalogue import CATALOGUE
from pages.figures import visible
from pages.ui import glossary, session
from pages.ui.choices import SUGGESTED, Choices
from pages.ui.components.chart import Click
from pages.ui.model_picker import badge
from pages.ui.words import _, in_a_cell, language, lesson, literal

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler  # slow to import, and few open a table

PAGES = Path(__file__).parent.parent
HEAD_START = 0.05  # seconds
MOST_WRITTEN = 60_000  # cells that Python may write, in about a second; pandas refuses 262,144
CURRENT = "name, reading and choices of the chapter this run draws"


def files() -> list[str]:
    """The chapters in reading order, by file name without the ending: `07_heads`."""
    return sorted(path.stem for path in PAGES.glob("[0-9][0-9]_*.py"))


def name_of(file: str) -> str:
    """`07_heads` is the chapter `heads`: its address, its lesson files, its catalogue."""
    return file[3:]


def title(file: str) -> str:
    """The chapter's title in the reader's language, with its number."""
    words = lesson(language(), name_of(file))["title"]
    return f"{int(file[:2])} · {words}" if int(file[:2]) else words


@lru_cache
def _code(file: str) -> CodeType:
    path = PAGES / f"{file}.py"
    return compile(path.read_text("utf-8"), path, "exec")


def run(file: str) -> None:
    """Draw a chapter: its file from the first line to the last, as `st.Page.run` does, which may be called only once.

    The file is read once, as modules are: what a server shows does not change under it.
    """
    exec(_code(file), {"__name__": f"pages.{file}", "__file__": str(PAGES / f"{file}.py")})


def set_current(file: str, reading: Reading | None, chosen: Choices) -> None:
    """For the frame: what the chapter it is about to draw will find under `opened`."""
    session.set(CURRENT, (name_of(file), reading, chosen))


def current_text_and_choices() -> tuple[Reading, Choices]:
    """The text as the chosen model reads it, and the choices."""
    _name, reading, chosen = session.get(CURRENT)
    return reading, chosen


def current() -> str:
    return session.get(CURRENT)[0]


def part(name: str) -> str:
    """A part of this chapter's lesson, as Markdown."""
    return lesson(language(), current())[name]


def say(name: str, **values: object) -> None:
    """Write a part of this chapter's lesson, `{name}` filled in from values: numbers and words of ours only."""
    st.markdown(part(name).format(**values) if values else part(name))


def tell(sentence: str, **values: object) -> None:
    """A sentence about the reader's own text: tokens (bytes) and texts in it are shown exactly as they are.

    Tokens stand in quotation marks, or one that is a comma would be read as the sentence's own.
    """
    st.markdown(sentence.format(**{name: _literally(value) for name, value in values.items()}))


def _literally(value: object) -> str:
    if isinstance(value, bytes):
        return _("“{token}”").format(token=f"**{literal(visible(value))}**")
    return literal(str(value))


def labels(reading: Reading) -> list[str]:
    """Tokens as headings of a table: numbered, since a text may hold the same token twice."""
    return [f"{i} {visible(token)}" for i, token in enumerate(reading.tokens)]


def choose_cell(click: Click) -> None:
    """For charts with a query in each row and a key in each column: a click chooses both, on every chapter."""
    session.set("token", round(float(click.y)))
    session.set("key", round(float(click.x)))
    session.set(SUGGESTED, None)  # this one was picked


def choose_head(layer: int, head: int) -> None:
    """For pictures of all heads: a click chooses layer and head, on every chapter."""
    session.set("layer", layer)
    session.set("head", head)


def head(title: str, *, presenting: bool) -> None:
    """Title, what happens here and what to look for: short, for the first chart must be in sight.

    In presenter mode somebody stands there and says what happens; what to look for gets the whole width.
    """
    st.title(title, anchor=False)
    look_for = f"👀 **{_('What to look for')}** — {part('look')}"
    if presenting:
        st.markdown(look_for)
        return
    happens, look = st.columns(2, gap="medium")
    happens.markdown(part("happens"))
    look.markdown(look_for)


def charts_first() -> None:
    """After the charts that a slider changes: they go to the browser and are drawn, and then comes what follows.

    The browser draws everything in one go that reaches it in one go, and the charts would be late.
    """
    if session.is_fragment_rerun():
        time.sleep(HEAD_START)


def formula(tex: str) -> None:
    """A formula, set large enough for the back row."""
    st.latex(tex)


def check(holds: bool, sentence: str) -> None:
    """A sentence about numbers that were just computed, and whether it holds for them."""
    if holds:
        st.success(sentence, icon="✅")
    else:
        st.error(f"{_('This check fails, and should not: please report it.')} {sentence}", icon="❌")


def code(*things: Callable[..., Any] | type) -> None:
    """*Show the code*: the very functions that made the numbers, from their source."""
    with st.expander(_("Show the code"), key=f"code {current()}", on_change="rerun") as expander:
        if expander.open:
            for thing in things:
                st.caption(f"`{thing.__module__.replace('.', '/')}.py`")
                st.code(inspect.getsource(thing), language="python")


def data(make: Callable[[], pd.DataFrame]) -> None:
    """The numbers behind the chart as a table, and as CSV. `make` runs only when the reader opens it."""
    with st.expander(_("The data as a table"), key=f"data {current()}", on_change="rerun") as expander:
        if expander.open:
            frame = make()
            st.dataframe(_written(frame), width="stretch", hide_index=True, height=320)
            st.download_button(
                _("Save as CSV"),
                data=lambda: frame.to_csv(index=False).encode("utf-8-sig"),  # the mark makes spreadsheets read accents
                file_name=f"{current()}.csv",
                mime="text/csv",
                on_click="ignore",
                key="csv data",
            )


def _written(frame: pd.DataFrame) -> "pd.DataFrame | Styler":
    """The same numbers with a decimal comma where the reader's language has one: Streamlit itself knows points only."""
    if language() == "en" or frame.size > MOST_WRITTEN:
        return frame
    styler = frame.style
    styler.format(in_a_cell, subset=pd.Index(frame.select_dtypes("floating").columns))
    return styler


def predict(answer: Callable[[], None]) -> None:
    """The chapter's question on the class's own text: think first, then look at what was computed."""
    with st.expander(_("Predict, then reveal"), icon="🤔", key=f"predict {current()}", on_change="rerun") as expander:
        if expander.open:
            say("predict")
            if st.toggle(_("Reveal"), key=f"reveal {current()}"):
                answer()


def foot(before: st.Page | None, after: st.Page | None, *, presenting: bool) -> None:
    """Where this stands in the book and the lecture, and the way to the chapters before and after.

    In presenter mode the ways are buttons that answer to the keys a clicker sends, and Escape ends the mode.
    """
    st.divider()
    source, terms = st.columns(2)
    with source:
        say("source")
    with terms:
        glossary.words_of(current())
        if presenting:  # the sidebar is hidden, and what may be expected of the model should not be
            st.caption(literal(badge(CATALOGUE[current_text_and_choices()[1].model])))
            st.button(_("Leave presenter mode"), shortcut="Escape", on_click=session.set, args=("present", False))
    back, on = st.columns(2)
    ways = ((back, before, "← {}", "PageUp"), (on, after, "{} →", "PageDown"))
    for column, page, arrow, shortcut in ways:
        if page is None:
            continue
        if not presenting:
            column.page_link(page, label=arrow.format(page.title))
        elif column.button(arrow.format(page.title), shortcut=shortcut, key=shortcut):
            st.switch_page(page)
