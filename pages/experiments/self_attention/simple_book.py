"""Without weights, the book's example: its section 3.3."""

from gpt_core.examples import book
from pages.experiments.self_attention import book_words, step_rows, written_sums
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say, tell, write
from pages.ui.words import N_, _

TITLE = N_("Without weights: the book’s example")


def draw(_reading: Reading, chosen: Choices) -> None:
    """One word's steps with the book's numbers, and the sums that lead to them."""
    say("simple_book")
    query, key = book_words.choose_query_and_key("simple_book")
    att, digits = book.simple_attention(), 4
    step_rows.draw_without_matrices(
        "simple_book", att, (query, key), book.WORDS, chooses="simple_book_key", digits=digits
    )
    tell(_("**Score** of the query {query} with the key {key}:"), query=book.WORDS[query], key=book.WORDS[key])
    score = float(att.scores[query, key])
    write(written_sums.equation(att.inputs[query], att.inputs[key], score, digits, term_digits=2))
    if chosen.present:  # on the wall the picture needs the room
        return
    written_sums.tell_context(att.weights[query], att.inputs, att.context[query], digits)


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices: which of the book's words asks."""
    return {"book_query": session.get("simple_book_query", book.JOURNEY)}
