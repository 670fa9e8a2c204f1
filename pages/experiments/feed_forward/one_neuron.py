"""GELU's formula with one neuron's number in it, and the dip below zero enlarged."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gpt_core.measure import neurons
from gpt_core.measure.activations import ACTIVATIONS, at_numbers
from gpt_core.model import feed_forward
from pages import figures, show
from pages.experiments.feed_forward.activation_curves import COLOURS, within
from pages.figures import Measure, Points
from pages.ui.chapter import Choices, Reading, check, formula, say, tell
from pages.ui.layout import slider
from pages.ui.words import N_, _, number

TITLE = N_("One neuron in the formula")

DIP = (-3.0, 0.5)  # the view
LOWEST = -0.75  # about where GELU is lowest: at first the neuron that is nearest to it
NEURON = "feed_forward_neuron"


def draw(reading: Reading, chosen: Choices) -> None:
    """The formula, its terms for one neuron, and where this lies in the dip."""
    say("one_neuron")
    pre, post = (getattr(reading.trace.blocks[chosen.layer].ff, name)[chosen.token] for name in ("pre", "post"))
    seen = within(pre.numpy(), DIP)
    neuron = slider(_("Neuron"), 0, len(pre) - 1, int((pre - LOWEST).abs().argmin()), key=NEURON)
    x, inner, bent = neurons.gelu_terms(float(pre[neuron]))
    formula(r"\text{GELU}(x) = \tfrac12\, x\,\Big(1 + \tanh\big(\sqrt{2/\pi}\,(x + 0.044715\,x^3)\big)\Big)")
    tell(
        _("Neuron {n}: ½ · {x:.4f()} · (1 + tanh {inner:.4f()}) = **{bent:.4f}**"),
        n=neuron,
        x=x,
        inner=inner,
        bent=bent,
    )
    curve = figures.curve(
        {name: lambda x, name=name: at_numbers(ACTIVATIONS[name], x) for name in ("GELU (tanh)", "ReLU", "SiLU")},
        x_range=DIP,
        points=Points(pre.numpy()[seen], _("this token’s neurons"), _named(seen), rug=True),
        x_title=_("before"),
        measure=Measure(_("after")),
        colours=COLOURS,
    )
    curve.update_layout(yaxis_range=[-0.42, 0.36])
    if DIP[0] <= x <= DIP[1]:
        curve.add_vline(x, line_dash="dot", line_width=1.5)
    alt = _("GELU below zero, enlarged: it falls to −0.17 near −0.75 and rises again. Neuron {n}: {x} becomes {y}.")
    show.chart("gelu_dip", curve, alt.format(n=neuron, x=number(x, 3), y=number(bent, 3)), height=340, least=0.4)
    off = abs(bent - float(post[neuron]))
    check(
        off < 3e-5 * max(1.0, abs(bent)),
        _("The formula, with Python’s own tanh, gives what the model computed: they differ by {n:tiny}."),
        n=off,
    )


def _named(seen: NDArray[np.bool_]) -> list[str]:
    return [_("neuron {number}").format(number=i) for i in np.flatnonzero(seen).tolist()]


def answer(reading: Reading, chosen: Choices) -> None:
    """How many of this token's neurons lie in the dip, and what becomes of them."""
    pre = reading.trace.blocks[chosen.layer].ff.pre[chosen.token]
    inside = int(((pre < 0) & (pre > DIP[0])).sum())
    sentence = _("Between −3 and 0 {inside:|lies|lie} {inside:,|neuron|neurons} of {all:,}: {share:.1%}.")
    tell(sentence, inside=inside, all=len(pre), share=inside / len(pre))


CODE = (feed_forward.gelu, neurons.gelu_terms)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """Every neuron of the chosen token, before and after."""
    ff = reading.trace.blocks[chosen.layer].ff
    pre = ff.pre[chosen.token]
    bent = {name: ACTIVATIONS[name](pre).numpy() for name in ("GELU (tanh)", "ReLU", "SiLU")}
    return pd.DataFrame({_("neuron"): range(len(pre)), _("before"): pre.numpy(), **bent})
