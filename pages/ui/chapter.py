"""What every chapter is made of: its place in the road, its words, its check, its code, its data."""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.chapters import Chapter
from pages.figures import visible
from pages.services.classes.question import Choice
from pages.services.reading import Reading
from pages.ui import glossary, guess, guessing, session, shown, tables
from pages.ui.choices import Choices
from pages.ui.tables import Table
from pages.ui.words import _, filled, language, lesson

Guesses = Callable[[], Sequence[Choice]]
FIRST_SENTENCE = re.compile(r"(\*\*[^*]+[.!?]\*\*\s+)?.+?[.!?][»”*_)\u202f]*(?=\s|$)", re.DOTALL)
CURRENT = "name, reading and choices of the chapter this run draws"


def title(chapter: Chapter) -> str:
    """The chapter's title in the reader's language, with its number; its id where it has no lesson."""
    try:
        words = lesson(language(), chapter.id)["title"]
    except FileNotFoundError:
        words = chapter.id
    return f"{chapter.number} · {words}" if chapter.number else words


def set_current(chapter: Chapter, reading: Reading | None, chosen: Choices) -> None:
    """For the frame: what the chapter it is about to draw will find under `current_text_and_choices`."""
    session.set(CURRENT, (chapter, reading, chosen))


def current_text_and_choices() -> tuple[Reading, Choices]:
    """The text as the chosen model reads it, and the choices."""
    _name, reading, chosen = session.get(CURRENT)
    return reading, chosen


def current() -> str:
    """The id of the chapter that is drawn."""
    return session.get(CURRENT)[0].id


def part(name: str) -> str:
    """A part of this chapter's lesson, as Markdown."""
    return lesson(language(), current())[name]


def say(name: str, *, whole: bool = False, **values: object) -> None:
    """Write a part of this chapter's lesson, with values filled in (`words.filled`).

    On the wall it is the first sentence: the picture needs the room, and the teacher says the rest. `whole` is for
    questions, and for parts that stand without a picture.
    """
    source = part(name)
    if session.get("present") and not whole:
        source = first_sentence(source)
    text = filled(source, **values) if values else source
    shown.sentence("sentence", text, source, values)
    st.markdown(text)


def first_sentence(text: str) -> str:
    """The first sentence of Markdown prose, with what is bold before it.

    >>> first_sentence("**It adds.** Each part, A → B, adds. Nothing else does."), first_sentence("Just this")
    ('**It adds.** Each part, A → B, adds.', 'Just this')
    """
    found = FIRST_SENTENCE.match(text)
    return found[0] if found else text


def tell(sentence: str, **values: object) -> None:
    """A sentence about the reader's own text: its numbers in the reader's language, its tokens exactly as they are."""
    text = filled(sentence, **values)
    shown.sentence("sentence", text, sentence, values)
    st.markdown(text)


def write_out(line: str, **values: object) -> None:
    """A sum with its numbers, already as Markdown; `values` are those that whoever takes it along computes again."""
    shown.sentence("sum", line, line, values)
    st.markdown(line)


def write(text: str) -> None:
    """Markdown as it is: the title of a picture, a text that a model wrote."""
    shown.sentence("plain", text, "", {})
    st.markdown(text)


def inform(text: str) -> None:
    """Why there is nothing to see, or where there is more."""
    shown.sentence("plain", text, "", {})
    st.info(text)


def note(sentence: str, **values: object) -> None:
    """The same in small type, below what it is about."""
    text = filled(sentence, **values)
    shown.sentence("note", text, sentence, values)
    st.caption(text)


def labels(reading: Reading) -> list[str]:
    """Tokens as headings of a table: numbered, since a text may hold the same token twice."""
    return [f"{i} {visible(token)}" for i, token in enumerate(reading.tokens)]


def head(title: str) -> None:
    """Title, what happens here and what to look for: short, for the first chart must be in sight."""
    st.title(title, anchor=False)
    happens, look = st.columns(2, gap="medium")
    happens.markdown(part("happens"))
    with look:
        look_for()


def look_for() -> None:
    """What to look for in the chapter's first picture."""
    st.markdown(f"👀 **{_('What to look for')}** — {part('look')}")


def formula(tex: str, **values: float) -> None:
    """A formula, set large enough for the back row; `values` are the numbers in it that are this text's own."""
    shown.formula(tex, values)
    st.latex(tex)


def check(holds: bool, sentence: str, **values: object) -> None:
    """A sentence about numbers that were just computed, and whether it holds for them."""
    said = filled(sentence, **values) if values else sentence
    if holds:
        shown.sentence("check", said, sentence, values)
        st.success(said, icon="✅")
    else:
        failed = f"{_('This check fails, and should not: please report it.')} {said}"
        shown.sentence("failed", failed, sentence, values)
        st.error(failed, icon="❌")


def code(*things: Callable[..., Any] | type, of: str = "") -> None:
    """*Show the code*: the very functions that made the numbers, from their source. `of` is an experiment's id."""
    label = _("Show the code of this picture") if of else _("Show the code")
    with st.expander(label, key=_key("code", of), on_change="rerun") as expander:
        if expander.open:
            for thing in things:
                st.caption(f"`{thing.__module__.replace('.', '/')}.py`")
                st.code(inspect.getsource(thing), language="python")


def data(make: Callable[[], pd.DataFrame]) -> None:
    """The numbers behind the chart as a table, and as CSV. `make` runs only when the reader opens it."""
    tables.offer([Table(title(session.get(CURRENT)[0]), make)], current(), _("The data as a table"))


def predict(answer: Callable[[], None], of: str = "", guesses: Guesses | None = None) -> None:
    """The chapter's question on the class's own text: think first, then look at what was computed."""
    label = _("Predict this picture, then reveal") if of else _("Predict, then reveal")
    with st.expander(label, icon="🤔", key=_key("predict", of), on_change="rerun") as expander:
        if expander.open:
            question(answer, of, guesses)


def question(answer: Callable[[], None], of: str = "", guesses: Guesses | None = None) -> None:
    """The chapter's question as a step of its own, or that of an experiment; then its answer.

    `guesses` are choices of this text, the right one in front; without any, a switch reveals the answer.
    """
    say(f"predict_{of}" if of else "predict", whole=True)
    asked = guess.question(current(), guesses()) if guesses else None
    if guessing.draw(asked) if asked else st.toggle(_("Reveal"), key=_key("reveal", of)):
        answer()


def _key(name: str, of: str) -> str:
    return f"{name} {current()}/{of}" if of else f"{name} {current()}"


def foot(before: st.Page | None, after: st.Page | None) -> None:
    """Where this stands in the book and the lecture, and the way to the chapters before and after."""
    st.divider()
    source, terms = st.columns(2)
    with source:
        say("source")
    with terms:
        glossary.words_of(current())
    back, on = st.columns(2)
    for column, page, arrow in ((back, before, "← {}"), (on, after, "{} →")):
        if page is not None:
            column.page_link(page, label=arrow.format(page.title))
