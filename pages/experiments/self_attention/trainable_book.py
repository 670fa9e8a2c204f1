"""With weights, the book's example: its section 3.4, and the same with the mask of 3.5."""

from gpt_core.examples import book
from pages.experiments.self_attention import book_words, step_rows, written_sums
from pages.experiments.self_attention.written_sums import Cell
from pages.ui.chapter import Choices, Reading, say
from pages.ui.layout import columns, segments, switch
from pages.ui.words import N_, _

TITLE = N_("With weights: the book’s example")


def draw(_reading: Reading, chosen: Choices) -> None:
    """One word's steps in either of the book's versions, and the sums that lead to them."""
    say("trainable_book")
    query, key = book_words.choose_query_and_key("trainable_book")
    linear, causal = (0, False) if chosen.present else choose_version()  # on the wall the picture needs the room
    att = book.trainable_attention("linear" if linear else "parameters", causal=causal)
    cell = Cell(att, 0, query, key, book.WORDS, digits=4)
    step_rows.draw_head("trainable_book", cell, chooses="trainable_book_key", digits=4)
    written_sums.tell_score(cell)
    if not chosen.present:
        written_sums.tell_weight(cell)
        written_sums.tell_rest(cell)


def choose_version() -> tuple[int, bool]:
    """Which of the book's two layers, and whether its scores are masked."""
    names = [_("parameters, seed 123 (3.4.1)"), _("linear layers, seed 789 (3.4.2)")]
    left, right = columns(5, 2)
    linear = segments(_("Version"), range(2), format_func=names.__getitem__, key="trainable_book_version", place=left)
    return linear, switch(_("causal mask (3.5)"), key="trainable_book_causal", place=right)
