"""One station: how the numbers of the chosen token's vector are spread there."""

import numpy as np

from pages import figures, show
from pages.experiments.block.stations import STATION, names, vectors
from pages.figures import Axis, Measure
from pages.ui.chapter import Choices, Reading
from pages.ui.layout import choose, columns
from pages.ui.words import N_, _, number

TITLE = N_("One station")


def draw(reading: Reading, chosen: Choices) -> None:
    """A histogram of the vector, and its largest numbers."""
    words = names()
    label = _("Station (or click a box of the diagram)")
    vector = vectors(reading, chosen)[choose(label, list(words), format_func=words.__getitem__, key=STATION)]
    histogram = figures.histogram(
        vector,
        x_title=_("value"),
        y_title=_("how many of the {n} numbers").format(n=number(len(vector))),
        marks={_("mean"): float(vector.mean())},
    )
    order = np.argsort(-np.abs(vector), kind="stable")[:8]
    texts = [number(float(vector[i]), 1) for i in order]
    bars = figures.bars(
        vector[order],
        Axis([_("number {i}:").format(i=i) for i in order]),
        measure=Measure(_("the largest of them in absolute value"), ".1f", texts=texts),
    )
    values, largest = columns(4, 5)
    with values:
        alt = _("Histogram of the numbers of the chosen token’s vector at this station.")
        show.chart("station_values", histogram, alt, height=340)
    with largest:
        show.chart("station_largest", bars, _("The largest numbers of the vector."), height=340)
