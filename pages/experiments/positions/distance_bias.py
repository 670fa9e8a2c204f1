"""Distance bias: no table at all, a far key's score is lowered."""

from gpt_core.measure import positions
from pages import show
from pages.figures import Scale
from pages.show import LONG_TITLES
from pages.ui.chapter import Choices, Reading, say, write
from pages.ui.layout import decimal_slider, pictures
from pages.ui.words import N_, _

TITLE = N_("Distance bias")

HEIGHT = 380


def draw(reading: Reading, chosen: Choices) -> None:
    """The bias, and what it would make of the chosen head."""
    say("bias")
    slope = decimal_slider(_("Slope of the bias"), 0.0, 2.0, 0.5, 0.05, key="positions_slope")
    att = reading.trace.blocks[chosen.layer].att
    mask, labels = att.mask.numpy(), [str(position) for position in range(len(reading.ids))]
    bias = positions.linear_bias(len(labels), slope).numpy()
    weights = positions.biased_weights(att, slope)[chosen.head].numpy()
    left, right = pictures(1, 1)
    with left:
        write(f"**{_('added to the scores')}**")
        alt = _("The distance bias: 0 on the diagonal, more negative the further back the key.")
        show.attention(
            "positions_bias", bias, labels, alt, masked=mask, scale=Scale("signed"), titles=LONG_TITLES, height=HEIGHT
        )
    with right:
        write(f"**{_('attention with the bias')}** · {_('layer')} {chosen.layer}, {_('head')} {chosen.head}")
        alt = _("Attention weights of the chosen head, had its scores been lowered by distance.")
        show.attention("positions_biased", weights, reading.tokens, alt, masked=mask, titles=LONG_TITLES, height=HEIGHT)
