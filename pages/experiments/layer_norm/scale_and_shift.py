"""Scale and shift: what this norm learnt, one factor and one summand for each dimension."""

from pages import figures, show
from pages.experiments.layer_norm.norms import chosen_norm
from pages.figures import Beside
from pages.ui.chapter import Choices, Reading, inform, say
from pages.ui.layout import columns
from pages.ui.words import N_, _

TITLE = N_("Scale and shift")

DIMENSIONS = 48  # as many as a row of cells shows well


def draw(reading: Reading, chosen: Choices) -> None:
    """The chosen token's vector through scale and shift, and where the learned numbers lie."""
    say("scale")
    norm = chosen_norm(reading, chosen.layer)
    scale, shift = norm.part.scale.numpy(), norm.part.shift.numpy()
    if (scale == 1).all() and (shift == 0).all():
        inform(
            _("Here every scale is 1 and every shift is 0, as before training: the output is the normalised vector.")
        )
    width = min(len(scale), DIMENSIONS)
    normalised, out = norm.trace.normalised[chosen.token].numpy(), norm.trace.out[chosen.token].numpy()
    rows = {_("normalised"): normalised, _("× scale"): scale, _("+ shift"): shift, _("= output"): out}
    show.strips(
        "layer_norm_scale",
        {name: numbers[:width] for name, numbers in rows.items()},
        _("Four rows: the normalised vector, the scales, the shifts and the output."),
        title=_("dimension (the first {n} of {all})").format(n=width, all=len(scale)),
        height=260,
    )
    pictures = (
        (
            figures.histogram(
                scale,
                beside=Beside(shift, (_("scale"), _("shift"))),
                x_title=_("learned number"),
                y_title=_("how many"),
            ),
            "layer_norm_learned",
            _("Histograms of this norm’s learned scales and shifts."),
        ),
        (
            figures.histogram(
                normalised,
                beside=Beside(out, (_("normalised"), _("output"))),
                x_title=_("value in the chosen token’s vector"),
                y_title=_("how many"),
            ),
            "layer_norm_scaled",
            _("Histograms of the chosen token’s vector before and after scale and shift."),
        ),
    )
    for column, (figure, key, alt) in zip(columns(1, 1), pictures, strict=True):
        with column:
            show.chart(key, figure, alt, height=330)
