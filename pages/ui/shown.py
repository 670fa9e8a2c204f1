"""What a chapter's story shows, noted while it is drawn, for whoever takes it along."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from pages.figures import Picture

Kind = Literal["sentence", "note", "check", "sum"]


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


Item = Sentence | Formula | Drawn


@dataclass(frozen=True)
class Taken:
    """All that a chapter shows, and what its notebook must know besides the choices."""

    items: list[Item]
    own: dict[str, object]


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


def drawn(drawing: Callable[[str], Drawn]) -> None:
    """Note a chart, which is made of the name of its step."""
    if notes := NOTES.get():
        notes.items.append(drawing(notes.step))
