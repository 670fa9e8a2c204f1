"""Silent neurons: how many activations are negative before GELU, and next to nothing after it, layer by layer."""

from gpt_core.measure import neurons
from pages import figures, show
from pages.figures import Axis, Beside, Measure
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say
from pages.ui.layout import decimal_slider
from pages.ui.words import N_, _

TITLE = N_("Silent neurons")

THRESHOLD = "feed_forward_threshold"


def draw(reading: Reading, chosen: Choices) -> None:
    """Both shares, over all neurons and tokens."""
    threshold = decimal_slider(_("Silent means nearer to 0 than"), 0.01, 0.2, neurons.SILENT, 0.01, key=THRESHOLD)
    shares = reading.of(neurons.activation_sparsity, threshold=threshold)
    layers = [_("layer {number}").format(number=layer) for layer in range(len(shares.silent))]
    bars = figures.bars(
        shares.silent.numpy(),
        Axis(layers, meaning="feed_forward"),
        measure=Measure(_("share of all neurons, over all tokens")),
        beside=Beside(shares.below_zero.numpy(), (_("silent after GELU"), _("negative before: 0 under ReLU"))),
        highlighted=chosen.layer,
    )
    alt = _("For each layer, the share of activations that are silent, and the share that ReLU would make 0.")
    show.chart("silent", bars, alt)
    say("silence")


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices."""
    return {"silent_below": session.get(THRESHOLD, neurons.SILENT)}
