"""The whole vocabulary: what the long tail has together, before and after temperature and the cuts."""

from gpt_core.measure.distribution import by_rank
from pages import figures, show
from pages.experiments.generation.continuation import share, upcoming
from pages.figures import Axis, Beside, Measure
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("The whole vocabulary")


def draw(reading: Reading, _chosen: Choices) -> None:
    """All tokens in groups by rank, and how often one of the last group comes."""
    say("vocabulary")
    groups = by_rank(upcoming(reading).steps)
    bars = figures.bars(
        [group.final for group in groups],
        Axis(show.rank_names(groups, _("the likeliest"))),
        measure=Measure(_("probability of the whole group")),
        beside=Beside([group.own for group in groups], (_("what the die uses"), _("the model’s own"))),
    )
    alt = _("The whole vocabulary in groups by rank: the probability of each group before and after the cuts.")
    show.chart("generation_vocabulary", bars, alt)
    tail = groups[-1]
    sentence = _(
        "Without temperature and cuts, one of the {n:,} tokens from rank {first:,} on would come in {own} of "
        "throws: each is unlikely, but they are many. With your settings: {final}."
    )
    n = tail.last - tail.first + 1
    tell(sentence, n=n, first=tail.first, own=share(tail.own), final=share(tail.final))
