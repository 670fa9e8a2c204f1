"""Branches: all continuations that were tried, and the way back to each."""

from pages import show
from pages.experiments.generation.continuation import Continuation
from pages.ui.chapter import Choices, Reading, tell, write
from pages.ui.layout import columns
from pages.ui.words import N_, _, literal

TITLE = N_("Branches")


def draw(reading: Reading, _chosen: Choices) -> None:
    """The text of each branch, with its number of tokens."""
    tree = Continuation.of(reading)
    if not tree.ends:
        tell(_("No branch yet: draw a token, step back, force another one, and both will stand here."))
    for i, end in enumerate(tree.ends):
        text, button = columns(4, 1)
        with text:
            write(f"{i + 1}. {literal(show.readable(end))} ({len(end)})")
        key, here = f"generation_branch_{i}", end == tree.path
        button.button(_("Go there"), key=key, on_click=tree.follow, args=end, disabled=here)
