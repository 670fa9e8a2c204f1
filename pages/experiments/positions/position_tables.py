"""Tables of position vectors as pictures: their numbers, and how alike their rows are."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gpt_core.measure.embedding_space import cosine_table
from pages import figures, show
from pages.figures import Axis, Scale
from pages.ui.words import _, number

HEIGHT = 400
MOST_ROWS, MOST_COLUMNS = 64, 96  # more would be finer than the picture and slow to send


def draw_rows(key: str, rows: Tensor, alt: str) -> None:
    """The numbers as colours, thinned to what a picture can show, as its titles say."""
    positions, dimensions = evenly_spaced(len(rows), MOST_ROWS), evenly_spaced(rows.shape[1], MOST_COLUMNS)
    figure = figures.heatmap(
        rows.numpy()[np.ix_(positions, dimensions)],
        Axis([str(i) for i in positions], thinned(_("position"), positions), "position"),
        Axis([str(i) for i in dimensions], thinned(_("dimension"), dimensions)),
        scale="signed",
    )
    show.chart(key, figure, alt, height=HEIGHT)


def draw_likeness(key: str, rows: Tensor, alt: str) -> None:
    """Cosine similarity of the first positions, all of them: of every fourth, neighbours would not be alike."""
    cosines = cosine_table(rows[:MOST_ROWS]).numpy()
    title = _("position")
    if len(cosines) < len(rows):
        title = _("position (the first {n} of {all})").format(n=len(cosines), all=number(len(rows)))
    figure = figures.heatmap(
        cosines,
        Axis.numbered(len(cosines), _("position"), "position"),
        Axis.numbered(len(cosines), title, "position"),
        scale=Scale("signed", limit=1.0, title=_("cosine")),
        square=True,
    )
    show.chart(key, figure, alt, height=HEIGHT)


def evenly_spaced(n: int, most: int) -> NDArray[np.int64]:
    """At most `most` of the numbers 0 … n - 1, evenly apart, the first always among them."""
    return np.arange(0, n, -(-n // most))


def thinned(name: str, shown: NDArray[np.int64]) -> str:
    """An axis's title, which says of how many numbers one is shown."""
    step = int(shown[1] - shown[0]) if len(shown) > 1 else 1
    return name if step == 1 else _("{name} (one in {step})").format(name=name, step=step)
