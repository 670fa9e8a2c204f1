"""A chapter as a sequence of steps, each one sentence and one picture, and what can be looked at closer below them."""

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.chapters import Chapter
from pages.services import turns
from pages.services.reading import Reading
from pages.ui import aside, exercise, session, shown, tables
from pages.ui import chapter as furniture
from pages.ui.choices import FROM_LINK, Choices
from pages.ui.layout import PERSIST, columns
from pages.ui.shown import Item, Taken
from pages.ui.sums import Sum
from pages.ui.tables import Table
from pages.ui.words import _

HEAD_START = 0.05  # seconds

Draw = Callable[[Any, Choices], None]  # a step, of a reading (or None where the page needs no text); its name is its id


@dataclass(frozen=True)
class Beside:
    """Steps side by side, with their relative widths; on a phone they stand one below the other.

    Those in `first` are drawn before the others, since they hold what the others must know; those in `last` after all
    else on the page, since they take long and change nothing that is seen.
    """

    steps: tuple[tuple[float, Draw], ...]
    first: tuple[Draw, ...] = ()
    last: tuple[Draw, ...] = ()


Story = Sequence[Draw | Beside]


def beside(*steps: tuple[float, Draw], first: Draw | None = None, last: Draw | None = None) -> Beside:
    """Steps in one row: `beside((5, bars), (3, controls), first=controls)`."""
    return Beside(steps, (first,) if first else (), (last,) if last else ())


def charts_first(_reading: Reading | None, _chosen: Choices) -> None:
    """In a story, after the charts that a slider changes: they go to the browser and are drawn, then comes the rest.

    The browser draws everything in one go that reaches it in one go, and the charts would be late.
    """
    if session.is_fragment_rerun():
        with turns.given_up():
            time.sleep(HEAD_START)


def steps(story: Story) -> list[Draw]:
    """The steps of a story in reading order."""
    found = []
    for part in story:
        found += [step for _width, step in part.steps] if isinstance(part, Beside) else [part]
    return [step for step in found if step is not charts_first]


def page_of(chapter: Chapter) -> ModuleType:
    """The module of a chapter's page.

    Raises ImportError, or whatever its code raises, where it cannot be read.
    """
    return importlib.import_module(f"pages.{chapter.file[:-3]}")


def draw(chapter: Chapter, reading: Reading | None, chosen: Choices) -> Taken | None:
    """Draw a chapter: its story, what can be looked at closer, the question, the code, the data.

    A page is a module with a `STORY`, and perhaps an `answer` to the chapter's question with `guesses` to choose from,
    an `exercise` to work out, the `CODE` that made its numbers, a `table` of them, and what its `notebook` needs to
    know besides the choices.

    Returns what the story shows, to be taken along; None where it has no numbers.
    """
    page = page_of(chapter)
    put_off: list[tuple[DeltaGenerator, Draw]] = []
    with shown.noted() as items:
        for part in page.STORY:
            if isinstance(part, Beside):
                put_off += _draw_beside(part, reading, chosen)
            else:
                _draw_step(part, reading, chosen)
    looked = look_closer(chapter, reading, chosen) if chapter.experiments else []
    if put_off:
        charts_first(reading, chosen)
    for place, step in put_off:
        with place:
            step(reading, chosen)
    has_numbers = reading is not None or chapter.text == "unused"
    if has_numbers and hasattr(page, "answer"):
        furniture.predict(lambda: page.answer(reading, chosen), guesses=lambda: page.guesses(reading, chosen))
    if has_numbers and hasattr(page, "exercise"):
        exercise.offer(chapter.id, lambda: page.exercise(reading, chosen))
    if hasattr(page, "CODE"):
        furniture.code(*page.CODE)
    if has_numbers and hasattr(page, "table"):
        furniture.data(lambda: page.table(reading, chosen))
    if not has_numbers:
        return None
    return Taken(items, own_settings(chapter, reading, chosen, open_or_first(chapter)), looked)


def own_settings(
    chapter: Chapter, reading: Reading | None, chosen: Choices, looked_at: Sequence[str] = ()
) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices, for its story and for its experiments."""
    own: dict[str, object] = {}
    for module in (page_of(chapter), *(experiment(chapter, id) for id in looked_at)):
        if hasattr(module, "notebook"):
            own |= module.notebook(reading, chosen)
    return own


def sum_of(chapter: Chapter, reading: Reading, chosen: Choices) -> Sum | None:
    """The sum that a chapter asks for, where it has one for this text."""
    page = page_of(chapter)
    return page.exercise(reading, chosen) if hasattr(page, "exercise") else None


def taken(chapter: Chapter, reading: Reading | None, chosen: Choices, looked_at: Sequence[str] = ()) -> Taken:
    """What a chapter's story and these of its experiments show, drawn where nobody sees it.

    Widgets stand as this reader left them.
    """

    def draw_all() -> Taken:
        furniture.set_current(chapter, reading, chosen)
        with shown.noted() as items:
            for part in page_of(chapter).STORY:
                if isinstance(part, Beside):
                    _draw_beside(part, reading, chosen)
                else:
                    _draw_step(part, reading, chosen)
            here = offered(chapter, reading, chosen) if looked_at else []
            with shown.noted() as looked:
                for id in (id for id in looked_at if id in here):
                    _draw_experiment(chapter, id, reading, chosen)
        return Taken(items, own_settings(chapter, reading, chosen, looked_at), looked)

    return aside.drawn(draw_all, session.everything())


def _draw_step(step: Draw, reading: Reading | None, chosen: Choices) -> None:
    shown.begin(step.__name__)
    step(reading, chosen)


def _draw_experiment(chapter: Chapter, id: str, reading: Reading | None, chosen: Choices) -> None:
    module = experiment(chapter, id)
    shown.begin(f"look {id}")
    shown.heading(_(module.TITLE))
    module.draw(reading, chosen)


def _draw_beside(row: Beside, reading: Reading | None, chosen: Choices) -> list[tuple[DeltaGenerator, Draw]]:
    """Draw a row; returns the steps that are to be drawn last, with their places."""
    places = [(place, step) for place, (_w, step) in zip(columns(*(w for w, _s in row.steps)), row.steps, strict=True)]
    in_turn = sorted(places, key=lambda one: one[1] not in row.first)
    for place, step in in_turn:
        if step not in row.last:
            with place:
                _draw_step(step, reading, chosen)
    return [one for one in places if one[1] in row.last]


def draw_row(row: Beside, reading: Reading | None, chosen: Choices) -> None:
    """Draw a row alone, those of its steps that take long last."""
    for place, step in _draw_beside(row, reading, chosen):
        with place:
            step(reading, chosen)


def experiment(chapter: Chapter, id: str) -> ModuleType:
    """An entry of "Look closer": a module with a `TITLE`, `draw`, and perhaps `offered`, `answer`, `CODE`, `table`."""
    return importlib.import_module(f"pages.experiments.{chapter.id}.{id}")


def offered(chapter: Chapter, reading: Reading | None, chosen: Choices) -> list[str]:
    """Ids of the experiments that have something to show now; nearly always all."""
    modules = {id: experiment(chapter, id) for id in chapter.experiments}
    return [id for id, module in modules.items() if not hasattr(module, "offered") or module.offered(reading, chosen)]


def look_key(chapter: Chapter) -> str:
    """Under which the session keeps the experiment that is open in a chapter."""
    return f"look {chapter.id}"


def turn_to(id: str) -> None:
    """In callbacks of a chapter: open one of its experiments."""
    session.set(f"look {furniture.current()}", id)


def adopt_link(chapter: Chapter) -> bool:
    """Open the experiment that a link names, once; False where this chapter has no such experiment."""
    wanted = session.get(FROM_LINK)
    if wanted is None:
        return True
    with session.undivided():
        session.set(FROM_LINK, None)
        if wanted in chapter.experiments:
            session.set(look_key(chapter), wanted)
        elif not wanted:  # the reader has gone back to where the first was open
            session.set(look_key(chapter), None)
    return not wanted or wanted in chapter.experiments


def open_experiment(chapter: Chapter) -> str:
    """The id of the experiment that is open, for the address; empty for the first one."""
    open_now = session.get(look_key(chapter))
    return open_now if open_now in chapter.experiments[1:] else ""


def open_or_first(chapter: Chapter) -> tuple[str, ...]:
    """The experiment that is open in a chapter, which is the first until a reader opens another; none where none is."""
    open_now = session.get(look_key(chapter))
    return (open_now,) if open_now in chapter.experiments else chapter.experiments[:1]


def look_closer(chapter: Chapter, reading: Reading | None, chosen: Choices) -> list[Item]:
    """A row of names; only the chosen experiment is computed and drawn. Returns what it shows."""
    st.header(_("Look closer"), anchor=False)
    ids = offered(chapter, reading, chosen)
    titles = {id: _(experiment(chapter, id).TITLE) for id in ids}
    open_now = session.get(look_key(chapter))
    session.set(look_key(chapter), open_now if open_now in ids else ids[0])
    chosen_id = st.segmented_control(
        _("Look closer"),
        ids,
        format_func=titles.__getitem__,
        required=True,
        key=look_key(chapter),
        label_visibility="collapsed",
        persist_state=PERSIST,
    )
    opened = chosen_id or ids[0]
    with tables.noted() as drawn, shown.noted() as looked:
        _draw_experiment(chapter, opened, reading, chosen)
    more_of(chapter, opened, reading, chosen, drawn)
    return looked


def more_of(chapter: Chapter, id: str, reading: Reading | None, chosen: Choices, drawn: list[Table]) -> None:
    """Below an experiment: its own question and code, where its module has them as a page does, and all its data."""
    module = experiment(chapter, id)
    if hasattr(module, "answer"):
        furniture.predict(lambda: module.answer(reading, chosen), id)
    if hasattr(module, "CODE"):
        furniture.code(*module.CODE, of=id)
    if hasattr(module, "table"):
        drawn = [Table(_(module.TITLE), lambda: module.table(reading, chosen)), *drawn]
    tables.offer(drawn, f"{chapter.id}/{id}", _("The data of this picture as a table"))
