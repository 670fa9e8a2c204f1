"""The book's example, section 3.5: "Your journey starts with one step", with the weights of seed 789."""

from gpt_core.examples import book
from pages.experiments.causal_mask import matrices
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _, number

TITLE = N_("The book’s example")


def draw(_reading: Reading, _chosen: Choices) -> None:
    """Both ways to mask on the book's six words, and one row in numbers."""
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
