"""What a chapter's story shows, noted while it is drawn, for whoever takes it along."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from pages.figures import Picture

# failed: a check that does not hold; plain: Markdown whose numbers nobody computes again
Kind = Literal["sentence", "note", "check", "failed", "sum", "plain"]
MARKS = {"check": "✅ ", "failed": "❌ "}


@dataclass(frozen=True)
class Sentence:
    """What the page says, as Markdown, and the values in it by their names; `said` has their places still open."""

    step: str
    kind: Kind
    text: str
    said: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Formula:
    """A formula in TeX, and the values in it where they are this text's own."""

    step: str
    tex: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A chart under its key: what it shows in words, what its numbers say, its height, how to make its numbers."""

    step: str
    key: str
    alt: str
    content: str
    figure: Picture
    height: int | None
    numbers: Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class Heading:
    """What comes now: the title of an experiment."""

    step: str
    text: str


@dataclass(frozen=True)
class Line:
    """Pieces side by side, such as the tokens of a text, each with what stands below it."""

    name: str
    pieces: Sequence[str]
    notes: Sequence[str]
    marked: Sequence[int]


@dataclass(frozen=True)
class Pieces:
    """Lines of pieces, with what they show in words."""

    step: str
    label: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Grid:
    """A table that stands in the page, with headings in the reader's language."""

    step: str
    frame: pd.DataFrame


Item = Sentence | Formula | Drawn | Heading | Pieces | Grid


@dataclass(frozen=True)
class Taken:
    """All that a chapter shows, what its notebook must know besides the choices, and what its open experiment shows."""

    items: list[Item]
    own: dict[str, object]
    looked: list[Item] = field(default_factory=list)


@dataclass
class Notes:
    """All that was shown so far, and the step that is drawn now."""

    items: list[Item] = field(default_factory=list)
    step: str = ""


NOTES: ContextVar[Notes | None] = ContextVar("what the story that is drawn now shows", default=None)


@contextmanager
def noted() -> Iterator[list[Item]]:
    """What all steps within this block show."""
    notes = Notes()
    token = NOTES.set(notes)
    try:
        yield notes.items
    finally:
        NOTES.reset(token)


def begin(step: str) -> None:
    """The step of this name is drawn from here on."""
    if notes := NOTES.get():
        notes.step = step


def sentence(kind: Kind, text: str, said: str, values: dict[str, Any]) -> None:
    """Note a sentence of the page."""
    if notes := NOTES.get():
        notes.items.append(Sentence(notes.step, kind, text, said, values))


def formula(tex: str, values: dict[str, Any]) -> None:
    """Note a formula."""
    if notes := NOTES.get():
        notes.items.append(Formula(notes.step, tex, values))


def heading(text: str) -> None:
    """Note a title."""
    if notes := NOTES.get():
        notes.items.append(Heading(notes.step, text))


def pieces(label: str, lines: Sequence[Line]) -> None:
    """Note lines of pieces."""
    if notes := NOTES.get():
        notes.items.append(Pieces(notes.step, label, lines))


def grid(frame: pd.DataFrame) -> None:
    """Note a table."""
    if notes := NOTES.get():
        notes.items.append(Grid(notes.step, frame))


def drawn(drawing: Callable[[str], Drawn]) -> None:
    """Note a chart, which is made of the name of its step."""
    if notes := NOTES.get():
        notes.items.append(drawing(notes.step))
