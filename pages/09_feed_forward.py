"""Chapter 9: each token, on its own, is widened fourfold, bent by GELU and narrowed again."""

import numpy as np
import pandas as pd
from torch import Tensor

from gpt_core import GPT, GPTTrace
from gpt_core.measure import neurons
from gpt_core.measure.activations import ACTIVATIONS, at_numbers
from gpt_core.model import feed_forward
from pages import figures, show
from pages.experiments.feed_forward.activation_curves import BEND, COLOURS, RANK, SHOWN, within
from pages.figures import Axis, Measure, Points, palette
from pages.services.classes.question import Choice
from pages.ui import chapter, guess, session
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.components.chart import Click
from pages.ui.story import beside, charts_first
from pages.ui.words import N_, _

HEIGHT = 430  # of the charts at the top: so they end in sight at 1280 × 720
SLIGHT = 3e-5  # of an activation: rounding is a tenth of it, another form of GELU up to 5e-4


def bends(reading: Reading, chosen: Choices) -> None:
    """Activation functions near zero, and as strokes at the foot those of the chosen token's values that lie there."""
    pre = reading.trace.blocks[chosen.layer].ff.pre[chosen.token].numpy()
    seen = np.flatnonzero(within(pre))
    labels = [_("neuron {number}").format(number=neuron) for neuron in seen.tolist()]
    names = ("GELU (tanh)", "ReLU", "SiLU")
    curves = figures.curve(
        {name: lambda x, name=name: at_numbers(ACTIVATIONS[name], x) for name in names},
        x_range=BEND,
        points=Points(pre[seen], _("this token’s neurons"), labels, rug=True),
        x_title=_("before"),
        measure=Measure(_("after")),
        colours=COLOURS,
    )
    alt = _("Curves of GELU, ReLU and SiLU; each stroke at the foot is one neuron of the chosen token.")
    show.chart("activations", curves, alt, height=HEIGHT, least=0.5)


def most_active(reading: Reading, chosen: Choices) -> None:
    """The most active neurons of the chosen token; a click shows what one pushes."""
    post = reading.trace.blocks[chosen.layer].ff.post[chosen.token]
    active = neurons.most_active(post, SHOWN)
    bars = figures.bars(
        post[active].numpy(),
        Axis([_("neuron {number}").format(number=int(neuron)) for neuron in active], meaning="feed_forward"),
        measure=Measure(_("activation after GELU"), ".2f"),
        colour=palette.FEED_FORWARD,
    )
    alt = _("The most active neurons of the chosen token, the most active first.")
    show.chart("most_active", bars, alt, height=HEIGHT, on_click=choose_neuron)


def choose_neuron(click: Click) -> None:
    """A click on a bar chooses the neuron whose pushes are shown."""
    session.set(RANK, round(float(click.y)) + 1)


def widened(reading: Reading, chosen: Choices) -> None:
    """How wide it gets, and how much of it is negative."""
    network = reading.model.blocks[chosen.layer].ff
    pre = reading.trace.blocks[chosen.layer].ff.pre[chosen.token]
    tell(
        _(
            "Layer {layer}, token {token}: {n_in:,} numbers become {n_wide:,}; {below:.1%} are negative, the highest "
            "is {top:.2f}."
        ),
        layer=chosen.layer,
        token=reading.tokens[chosen.token],
        n_in=network.up.in_features,
        n_wide=network.up.out_features,
        below=float((pre < 0).float().mean()),
        top=float(pre.max()),
    )
    if beyond := int((~within(pre.numpy())).sum()):
        say("outside", n=beyond)


def by_formula(model: GPT, trace: GPTTrace, layer: int, position: int) -> tuple[Tensor, Tensor]:
    """One token's activations and output once more, from the weights and what the layer reads."""
    return neurons.from_weights(model.blocks[layer].ff, trace.blocks[layer].norm2.out[position])


def neuron_by_neuron(reading: Reading, chosen: Choices) -> None:
    """The check: GELU by its formula gives the activations, and column times activation the output."""
    traced = reading.trace.blocks[chosen.layer].ff
    again = reading.of(by_formula, layer=chosen.layer, position=chosen.token)
    found = traced.post[chosen.token], traced.out[chosen.token]
    off = [float((one - other).abs().max()) for one, other in zip(found, again, strict=True)]
    largest = [max(1.0, float(other.abs().max())) for other in again]
    check(
        off[0] < SLIGHT * largest[0] and off[1] < 1e-4 * largest[1],
        _(
            "Each neuron by GELU’s formula, then column × activation added neuron by neuron, plus the bias: the "
            "activations and the output of the model’s own pass. Largest deviation: {n:tiny}."
        ),
        n=max(off),
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """Widen, bend, narrow."""
    chapter.formula(r"\text{FF}(x) = W_{\text{down}}\;\text{GELU}(W_{\text{up}}\,x + b_{\text{up}}) + b_{\text{down}}")


STORY = (beside((3, bends), (2, most_active)), charts_first, widened, neuron_by_neuron, formula)


def guesses(reading: Reading, chosen: Choices) -> list[Choice]:
    """The share of negative activations, and others that are well away from it."""
    below = float(reading.of(neurons.activation_sparsity, threshold=neurons.SILENT).below_zero[chosen.layer])
    others = [share for share in (0.1, 0.25, 0.5, 0.75, 0.95) if abs(share - below) > 0.12]
    return guess.numbers(N_("{n:.0%}"), below, *others)


def answer(reading: Reading, chosen: Choices) -> None:
    """How many of the layer's activations are negative before GELU."""
    shares = reading.of(neurons.activation_sparsity, threshold=neurons.SILENT)
    tell(
        _("In layer {layer}, {below:.1%} of all activations are negative before GELU."),
        layer=chosen.layer,
        below=float(shares.below_zero[chosen.layer]),
    )


CODE = (feed_forward.FeedForward, feed_forward.gelu, neurons.from_weights, neurons.direct_effects)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """The chosen token's neurons, the most active first."""
    thought = reading.trace.blocks[chosen.layer].ff
    pre, post = thought.pre[chosen.token], thought.post[chosen.token]
    order = neurons.most_active(post, len(post))
    written = neurons.written_lengths(reading.model.blocks[chosen.layer].ff, post)
    return pd.DataFrame(
        {
            _("neuron"): order.numpy(),
            _("before GELU"): pre[order].numpy(),
            _("after GELU"): post[order].numpy(),
            _("length of what it adds"): written[order].numpy(),
        }
    )
