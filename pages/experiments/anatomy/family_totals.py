"""GPT-2 and GPT-3: how many parameters, on a logarithmic axis, where every grid line is ten times more."""

from pages import figures, show
from pages.experiments.anatomy.family import counted, rounded
from pages.figures import Axis, Measure
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("GPT-2 and GPT-3")


def draw(reading: Reading, _chosen: Choices) -> None:
    """The family's totals, and how often this model goes into the largest."""
    totals = {name: count.total for name, count in counted(reading).items()}
    texts = [rounded(total) for total in totals.values()]
    bars = figures.bars(
        list(totals.values()),
        Axis(list(totals)),
        measure=Measure(_("parameters, ten times more a line"), ".3~s", log=True, texts=texts),
        highlighted=0,
    )
    alt = _("Parameters of this model, GPT-2 small to XL and GPT-3, on a logarithmic axis.")
    show.chart("family_totals", bars, alt, height=340)
    first, *_others, last = totals.values()
    sentence = _("GPT-3 has {total:,} parameters: {times:,} times as many as this model.")
    tell(sentence, total=last, times=round(last / first))
    say("family")
