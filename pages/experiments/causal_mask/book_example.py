"""The book's example, section 3.5: "Your journey starts with one step", with the weights of seed 789."""

from gpt_core.examples import book
from gpt_core.examples.book_dropout import dropped_out
from pages.experiments.causal_mask import matrices
from pages.experiments.causal_mask.matrices import Matrix
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _, number

TITLE = N_("The book’s example")


def draw(_reading: Reading, _chosen: Choices) -> None:
    """Both ways to mask on the book's six words, one row in numbers, and the dropout of section 3.5.2."""
    say("book")
    example = book.causal_attention()
    later = example.masked_scores.isinf().numpy()
    three = example.weights.numpy(), example.renormalised.numpy(), example.minus_infinity.numpy()
    matrices.two_ways(*three, later, book.WORDS, key="mask_book")
    before, after = example.weights[book.JOURNEY].tolist(), example.minus_infinity[book.JOURNEY].tolist()
    tell(
        _("The row of “{word}” before the mask: {before}. After it: {after}."),
        word=book.WORDS[book.JOURNEY],
        before=" · ".join(number(weight, 4) for weight in before),
        after=" · ".join(number(weight, 4) for weight in after),
    )
    say("book_dropout")
    dropped = (
        Matrix("mask_book_kept", _("weights"), example.minus_infinity.numpy(), later),
        Matrix(
            "mask_book_ones",
            _("dropout of ones"),
            dropped_out(example.weights.new_ones(later.shape)).numpy(),
        ),
        Matrix("mask_book_dropped", _("dropout of the weights"), dropped_out(example.minus_infinity).numpy(), later),
    )
    matrices.side_by_side(dropped, book.WORDS)
