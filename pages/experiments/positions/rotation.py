"""Rotation: queries and keys are turned by an angle that grows with the position."""

from gpt_core.measure import positions
from pages import figures, show
from pages.figures import Measure, NumberAxis, Scale
from pages.ui.chapter import Choices, Reading, check, say
from pages.ui.layout import columns
from pages.ui.words import N_, _

TITLE = N_("Rotation")

N_POSITIONS = 32
HEIGHT = 380


def draw(reading: Reading, chosen: Choices) -> None:
    """The score of the chosen query and key wherever the two stand, and by distance alone."""
    say("rotation")
    att = reading.trace.blocks[chosen.layer].att
    query, key = att.queries[chosen.head, chosen.token], att.keys[chosen.head, chosen.key]
    scores = positions.rotated_scores(query, key, N_POSITIONS)
    left, right = columns(1, 1)
    with left:
        show.attention(
            "positions_rotated",
            scores.numpy(),
            [str(position) for position in range(N_POSITIONS)],
            _("The score of one query and one key at all positions, turned: the same along each diagonal."),
            scale=Scale("signed"),
            titles=(_("position of the query"), _("position of the key")),
            height=HEIGHT,
        )
    with right:
        distance = NumberAxis(title=_("how far back the key stands"), meaning="position")
        line = figures.lines({_("score"): scores[-1].flip(0).numpy()}, distance, measure=Measure(_("score")))
        show.chart("positions_rotated_line", line, _("The same score by distance alone."), height=HEIGHT)
    deviation = positions.spread_along_diagonals(scores) / max(float(scores.abs().max()), 1e-9)
    sentence = _(
        "Only the distance counts: along a diagonal the scores differ by at most {deviation:tiny} of the largest."
    )
    check(deviation < 1e-4, sentence, deviation=deviation)
