"""Draw 100 times: a hundred dice from the same probabilities, beside what theory expects."""

from gpt_core.measure.distribution import FEWEST, draw_many
from pages import show
from pages.experiments.generation.continuation import Settings, upcoming
from pages.figures import Beside, Measure
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("Draw 100 times")


def draw(reading: Reading, _chosen: Choices) -> None:
    """Counts beside expected counts, and whether chance alone differs as much."""
    say("draws")
    choice = upcoming(reading)
    draws = draw_many(choice.steps.final, n=100, seed=Settings.chosen().seed)
    ids = choice.ids[choice.steps.final[choice.ids] > 0]
    counts, expected = draws.counts[ids], draws.expected[ids]
    others = max(100 - float(expected.sum()), 0.0)
    show.candidates(
        "generation_hundred",
        [*show.pieces(ids), _("all others")],
        [*counts.tolist(), 100 - int(counts.sum())],
        _("How often each token was drawn in 100 draws, beside the expected number."),
        measure=Measure(_("times in 100 draws"), ".3~g"),
        beside=Beside([*expected.tolist(), others], (_("drawn"), _("expected"))),
    )
    if draws.degrees_of_freedom:
        told = _(
            "Chi-squared {value:.2f} with {n:,|degree|degrees} of freedom: pure chance is as far off in {chance:.1%} "
            "of all cases."
        )
        usual = _("Nothing strange: chance does this.")
        if draws.p_value < 0.05:
            usual = _("Unusual, but with many seeds some must be.")
        tell(f"{told} {usual}", value=draws.chi_squared, n=draws.degrees_of_freedom, chance=draws.p_value)
    elif float(draws.expected.max()) >= FEWEST:
        tell(_("Nearly all draws fall on one token: there is nothing to compare."))
    else:
        tell(_("The draws are spread too thin to compare: no token is expected {n:.0f} times."), n=FEWEST)
