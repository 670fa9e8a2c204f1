"""The book's six words to choose from: the one that asks and the one that answers."""

from gpt_core.examples.book import JOURNEY, WORDS
from pages.ui.layout import choose, columns
from pages.ui.words import _


def choose_query_and_key(name: str) -> tuple[int, int]:
    """Two rows of the book's words, kept under `{name}_query` and `{name}_key`."""
    roles = (("query", _("query")), ("key", _("key")))
    query, key = (
        choose(title, range(len(WORDS)), format_func=WORDS.__getitem__, first=JOURNEY, key=f"{name}_{role}", place=at)
        for at, (role, title) in zip(columns(1, 1), roles, strict=True)
    )
    return query, key
