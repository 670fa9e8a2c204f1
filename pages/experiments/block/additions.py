"""Something about both additions of every block as two lines over the layers."""

from numpy.typing import ArrayLike

from pages import figures, show
from pages.figures import Axis, Measure, palette
from pages.ui.chapter import Choices, Reading
from pages.ui.words import _


def draw_lines(
    key: str,
    both: tuple[ArrayLike, ArrayLike],
    alt: str,
    measure: Measure,
    reading: Reading,
    chosen: Choices,
) -> None:
    """One number for each layer, of attention and of the feed-forward (`both`)."""
    layers = [_("layer {number}").format(number=layer) for layer in range(reading.card.config.n_layers)]
    lines = figures.lines(
        dict(zip((_("attention"), _("feed-forward")), both, strict=True)),
        Axis(layers),
        measure=measure,
        colours={_("attention"): palette.ATTENTION, _("feed-forward"): palette.FEED_FORWARD},
        highlighted=chosen.layer,
    )
    show.chart(key, lines, alt, height=360)
