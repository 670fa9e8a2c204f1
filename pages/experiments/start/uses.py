"""What a language model is for, and why one would build one's own."""

from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_

TITLE = N_("What it is for, and why build one")


def draw(_reading: Reading | None, _chosen: Choices) -> None:
    """Both in words."""
    say("uses", whole=True)
