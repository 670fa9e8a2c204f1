"""Candidates for the next token, as pages name them: their bytes, their percentages, a choice among them."""

from collections.abc import Callable, Iterable

from torch import Tensor

from pages.figures import visible
from pages.services.reading import tokenizer
from pages.ui import layout, session
from pages.ui.components.chart import Click
from pages.ui.words import _, number


def percent(share: float) -> str:
    """A probability as it is said: 0.123 is 12.3%."""
    return _("{number}%").format(number=number(100 * share, 1))


def pieces(ids: Tensor) -> list[bytes]:
    """The bytes of each id, as labels for a figure."""
    return [tokenizer().token(id) for id in ids.tolist()]


def readable(ids: Iterable[int]) -> str:
    """The text of ids as a sentence to read: spaces as they are, what cannot be seen made visible."""
    text = tokenizer().decode(ids)
    return "".join(char if char.isprintable() else visible(char) for char in text)


def choose(tokens: list[bytes], *, key: str) -> int:
    """A list to choose a candidate from; returns its place."""
    names = [f"{place + 1} · {visible(token)}" for place, token in enumerate(tokens)]
    return layout.choose(_("Candidate to follow"), range(len(tokens)), format_func=names.__getitem__, key=key)


def by_click(tokens: list[bytes], *, key: str) -> Callable[[Click], None]:
    """What a click on a bar does: its candidate becomes the one that `choose` shows."""

    def heard(click: Click) -> None:
        if round(float(click.y)) < len(tokens):
            session.set(key, round(float(click.y)))

    return heard
