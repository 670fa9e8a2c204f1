"""Operations: multiply-and-adds of one pass by part, and how attention's share grows with the text."""

import numpy as np

from gpt_core.measure.anatomy import multiply_adds
from pages import figures, show
from pages.experiments.anatomy.family import rounded
from pages.experiments.anatomy.memory import choose_length
from pages.figures import Axis, Measure, NumberAxis
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import columns
from pages.ui.words import N_, _

TITLE = N_("Operations")


def draw(reading: Reading, _chosen: Choices) -> None:
    """For one prediction after a text of the chosen length."""
    config = reading.card.config
    n_tokens = choose_length(config, 64, key=f"anatomy_operations {reading.base}")
    names = {
        "projections": _("attention: matrices"),
        "scores": _("attention: scores"),
        "context": _("attention: context"),
        "feed_forward": _("feed-forward"),
        "out_head": _("output head"),
    }
    work = multiply_adds(config, n_tokens, n_logits=1)
    counts = [getattr(work, name) for name in names]
    measure = Measure(_("multiply-and-adds"), ".3~s", texts=[rounded(count) for count in counts])
    bars = figures.bars(counts, Axis(list(names.values())), measure=measure)
    lengths = np.unique(np.linspace(1, config.context_length, 33).astype(int))
    passes = [multiply_adds(config, int(n), n_logits=1) for n in lengths]
    lines = figures.lines(
        {
            _("whole pass"): [one.total for one in passes],
            _("scores and context vectors"): [one.scores + one.context for one in passes],
        },
        NumberAxis(lengths, _("tokens in the text")),
        measure=Measure(_("multiply-and-adds"), ".3~s"),
    )
    by_part, by_length = columns(1, 1)
    with by_part:
        alt = _("Operations of one pass over a text of this length, part by part.")
        show.chart("operations", bars, alt, height=340)
    with by_length:
        alt = _("Operations of one pass by the length of the text: attention grows with its square.")
        show.chart("operations_length", lines, alt, height=340)
    tell(
        _("For {n:,|token|tokens}: {total:,} multiply-and-adds, of which {share:.1%} compare tokens with tokens."),
        n=n_tokens,
        total=work.total,
        share=(work.scores + work.context) / work.total,
    )
    say("operations")
