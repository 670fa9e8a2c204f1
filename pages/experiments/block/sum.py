"""The sum: the five vectors of a block, one below the other."""

import numpy as np

from pages import show
from pages.experiments.block.stations import vectors
from pages.ui.chapter import Choices, Reading, tell
from pages.ui.words import N_, _, number

TITLE = N_("The sum")


def draw(reading: Reading, chosen: Choices) -> None:
    """What attention and the feed-forward add to the chosen token's vector, number by number."""
    found = vectors(reading, chosen)
    rows = {
        "x": found["x"],
        f"+ {_('attention')}": found["attention"],
        f"= {_('x + attention')}": found["middle"],
        f"+ {_('feed-forward')}": found["narrow"],
        "= x′": found["out"],
    }
    show.strips(
        "the_sum",
        rows,
        _("Five rows of colours: x, what attention adds, their sum, what the feed-forward adds, and x′."),
        title=_("numbers of the vector"),
        limit=float(np.quantile(np.abs(np.stack(list(rows.values()))), 0.99)) or None,
        height=320,
    )
    largest = int(np.abs(found["out"] - found["x"]).argmax())
    tell(
        _("The number that changed most is number {i}: {before:.3f} {attended} {thought} = {after:.3f}."),
        i=largest,
        before=float(found["x"][largest]),
        attended=added(float(found["attention"][largest])),
        thought=added(float(found["narrow"][largest])),
        after=float(found["out"][largest]),
    )


def added(value: float) -> str:
    """A number as it is written after another one in a sum: + 2.5 or − 2.5."""
    return f"{'−' if value < 0 else '+'} {number(abs(value), 3)}"
