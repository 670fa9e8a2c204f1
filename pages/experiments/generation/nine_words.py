"""The book's nine words, section 5.3: the settings of the page at work on them, and its thousand draws."""

from gpt_core.examples import book
from pages import figures, show
from pages.experiments.generation.continuation import Settings
from pages.figures import Axis, Beside, Measure
from pages.ui.chapter import Choices, Reading, check, say
from pages.ui.words import N_, _

TITLE = N_("The book’s nine words")

DRAWS = {"closer": 73, "forward": 582, "inches": 2, "toward": 343}  # Raschka, section 5.3.1


def draw(_reading: Reading, _chosen: Choices) -> None:
    """Nine bars with the page's settings beside temperature 1, and the counts that the book prints."""
    say("nine_words")
    steps = Settings.chosen().applied_to(book.next_word_logits())
    bars = figures.bars(
        steps.final.numpy(),
        Axis(book.NEXT_WORDS),
        measure=Measure(_("probability")),
        beside=Beside(steps.probs.numpy(), (_("with your settings"), _("at temperature 1"))),
        faded=(steps.final == 0).numpy(),
    )
    alt = _("The book’s nine words: their probability with your settings, and at temperature 1 without cuts.")
    show.chart("generation_nine_words", bars, alt, height=430)
    found = dict(zip(book.NEXT_WORDS, book.next_word_draws(steps.probs).tolist(), strict=True))
    check(
        {word: n for word, n in found.items() if n} == DRAWS,
        _("1,000 draws from the bars at temperature 1, with seed 123, give what the book prints: {counts}."),
        counts=", ".join(f"{n} × {word}" for word, n in found.items() if n),
    )
