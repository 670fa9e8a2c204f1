"""Through all layers: what every norm of the model finds, from the first to the final one."""

import numpy as np
from numpy.typing import NDArray

from pages import figures, show
from pages.figures import Axis, Measure, Scale
from pages.figures.palette import ATTENTION, PLAIN
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import columns, segments
from pages.ui.words import N_, _

TITLE = N_("Through all layers")

MEASURE = "layer_norm_measure"


def n_larger(variances: NDArray[np.floating]) -> int:
    """How many norms find a larger variance than the norm before them, in one token’s way through the model."""
    return int((np.diff(variances) > 0).sum())


def draw(reading: Reading, chosen: Choices) -> None:
    """Variance or mean of every token before every norm, and of the chosen token after it too."""
    say("layers")
    measures = {"variance": _("variance"), "mean": _("mean")}
    format_func = measures.__getitem__
    measure = segments(_("Measure"), list(measures), format_func=format_func, key=MEASURE, label_visibility="collapsed")
    blocks = reading.trace.blocks
    norms = [norm for block in blocks for norm in (block.norm1, block.norm2)] + [reading.trace.final_norm]
    names = [f"{layer} · norm{which}" for layer in range(len(blocks)) for which in (1, 2)] + [_("final norm")]
    spread = measure == "variance"
    found = np.stack([(norm.variance if spread else norm.mean)[:, 0].numpy() for norm in norms])
    of_token = [norm.normalised[chosen.token] for norm in norms]
    after = [float(vector.var(correction=0) if spread else vector.mean()) for vector in of_token]
    left, right = columns(4, 3)
    with left:
        everywhere = figures.heatmap(
            np.log10(np.maximum(found, 1e-12)) if spread else found,
            Axis(names),
            Axis(reading.tokens, meaning="token"),
            scale=Scale("signed", title=_("log₁₀ of the variance") if spread else _("mean")),
            selected=(2 * chosen.layer, chosen.token),
        )
        alt = _("{name} before each norm of the model, for each token.").format(name=measures[measure])
        show.chart("layer_norm_all", everywhere, alt)
    with right:
        lines = figures.lines(
            {_("before"): found[:, chosen.token], _("after"): after},
            Axis(names),
            measure=Measure(_("{name} of the chosen token").format(name=measures[measure]), log=spread),
            colours={_("before"): PLAIN, _("after"): ATTENTION},
        )
        alt = _("{name} of the chosen token before and after each norm.").format(name=measures[measure])
        show.chart("layer_norm_all_of_token", lines, alt)
    variances = np.stack([norm.variance[chosen.token, 0].numpy() for norm in norms])
    sentence = _("For {token}, {n:,} of {all:,} norms {n:|finds|find} a larger variance than the norm before.")
    tell(sentence, token=reading.tokens[chosen.token], n=n_larger(variances), all=len(norms) - 1)


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices."""
    return {"of_variance": session.get(MEASURE, "variance") == "variance"}
