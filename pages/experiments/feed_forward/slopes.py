"""Slopes: what of a correction reaches the weights before the bend."""

from gpt_core.measure import neurons
from gpt_core.measure.activations import at_numbers, slope
from pages import figures, show
from pages.experiments.feed_forward.activation_curves import BEND, COLOURS, within
from pages.figures import Measure, Points
from pages.ui.chapter import Choices, Reading, tell
from pages.ui.words import N_, _

TITLE = N_("Slopes")


def draw(reading: Reading, chosen: Choices) -> None:
    """The derivatives, with the chosen token's neurons on that of GELU."""
    pre = reading.trace.blocks[chosen.layer].ff.pre[chosen.token]
    functions = {
        name: lambda x, name=name: at_numbers(lambda t: slope(name, t), x) for name in COLOURS if "erf" not in name
    }
    curves = figures.curve(
        functions,
        x_range=BEND,
        points=Points(pre.numpy()[within(pre.numpy())], _("this token’s neurons")),
        x_title=_("before"),
        measure=Measure(_("slope")),
        colours=COLOURS,
    )
    alt = _("The slopes of GELU, ReLU and SiLU; each dot is one neuron of the chosen token, on the slope of GELU.")
    show.chart("slopes", curves, alt, height=380)
    steep = neurons.share_learning(pre)
    tell(
        _(
            "Under ReLU, {relu:.1%} of these neurons have slope exactly 0: nothing corrects them. Under GELU: "
            "{gelu:.1%}, those below about −5, where float32 rounds the slope to 0."
        ),
        relu=1 - steep["ReLU"],
        gelu=1 - steep["GELU (tanh)"],
    )
