"""This model's gradients: what reaches each depth on its way back, with shortcuts and without."""

import numpy as np

from pages import figures, show
from pages.experiments.shortcuts.stream_gradients import both_gradients, enough_tokens
from pages.figures import Axis, Measure, palette
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _, number

TITLE = N_("This model’s gradients")


def n_larger_cut(with_shortcuts: np.ndarray, cut: np.ndarray) -> int:
    """At how many depths the gradient is larger without shortcuts: where the grey line lies above."""
    return int((cut > with_shortcuts).sum())


def draw(reading: Reading, _chosen: Choices) -> None:
    """Both lines over the depth, and which of them lies above."""
    say("own_gradients")
    if not enough_tokens(reading):
        return
    whole, cut = (found.mean_abs.numpy() for found in both_gradients(reading))
    lines = figures.lines(
        {_("without"): cut, _("with shortcuts"): whole},
        Axis([number(passed) for passed in range(len(whole))], _("blocks passed")),
        measure=Measure(_("mean |gradient| of the stream"), ".2~g", log=True),
        colours={_("with shortcuts"): palette.VALUE, _("without"): palette.NEUTRAL},
    )
    alt = _("This model on this text: the gradient of the stream at each depth, with shortcuts and without.")
    show.chart("own_gradients", lines, alt, height=380)
    sentence = _("Without shortcuts, this model’s gradient on your text is larger at {n:,} of {all:,} depths.")
    tell(sentence, n=n_larger_cut(whole, cut), all=len(cut))
