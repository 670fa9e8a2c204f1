"""tanh or erf? The two forms of GELU, one over the other, and their difference."""

from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.measure import neurons
from gpt_core.measure.activations import ACTIVATIONS, at_numbers
from pages import figures, show
from pages.experiments.feed_forward.activation_curves import BEND, COLOURS, within
from pages.figures import Measure, Points
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import columns
from pages.ui.words import N_, _

TITLE = N_("tanh or erf?")

BUMPS = (-5.0, 5.0)  # the view of the difference between the two


def largest_gap(trace: GPTTrace, layer: int) -> Tensor:
    """How far the two forms are apart at most, among all activations of a layer."""
    return neurons.gelu_gap(trace.blocks[layer].ff.pre).abs().max()


def draw(reading: Reading, chosen: Choices) -> None:
    """Both at all numbers, and at this text's own."""
    pre = reading.trace.blocks[chosen.layer].ff.pre
    own = pre[chosen.token].numpy()
    functions = {name: lambda x, name=name: at_numbers(ACTIVATIONS[name], x) for name in ("GELU (tanh)", "GELU (erf)")}
    forms = figures.curve(functions, x_range=BEND, x_title=_("before"), measure=Measure(_("after")), colours=COLOURS)
    # Dashed, for the eye cannot tell the two apart, and would see the upper one only.
    forms.update_traces(line_dash="dash", selector={"name": "GELU (erf)"})
    gap = figures.curve(
        {_("tanh form − exact form"): lambda x: at_numbers(neurons.gelu_gap, x)},
        x_range=BUMPS,
        points=Points(own[within(own, BUMPS)], _("this token’s neurons")),
        x_title=_("before"),
        measure=Measure(_("difference"), ".1e"),
    )
    both, difference = columns(1, 1)
    with both:
        alt = _("Both forms of GELU: the dashed curve of the exact form covers that of the tanh form.")
        show.chart("gelu_forms", forms, alt, height=380)
    with difference:
        alt = _("The difference of the two forms of GELU: two small bumps on either side of zero.")
        show.chart("gelu_gap", gap, alt, height=380)
    tell(
        _("On this text, in layer {layer}, the two forms differ by at most {gap:.6f} among {n:,} activations."),
        layer=chosen.layer,
        gap=float(reading.of(largest_gap, layer=chosen.layer)),
        n=pre.numel(),
    )
    say("forms")
