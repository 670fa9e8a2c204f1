"""Who moves the stream more? Length of what attention and feed-forward add, layer by layer."""

from gpt_core.measure.stream import movement
from pages.experiments.block.additions import draw_lines
from pages.figures import Measure
from pages.ui.chapter import Choices, Reading, tell
from pages.ui.words import N_, _

TITLE = N_("Who moves the stream more?")


def draw(reading: Reading, chosen: Choices) -> None:
    """Both lengths for the chosen token, and in how many layers the feed-forward adds more."""
    found = reading.of(movement)
    attended, thought = found.attention[:, chosen.token].numpy(), found.feed_forward[:, chosen.token].numpy()
    alt = _("For each layer, the length of what attention adds and of what the feed-forward adds.")
    draw_lines("movers", (attended, thought), alt, Measure(_("length of what is added"), ".2f"), reading, chosen)
    tell(
        _("For {token}, the feed-forward moves the stream more than attention in {n} of {all} layers."),
        token=reading.tokens[chosen.token],
        n=int((thought > attended).sum()),
        all=len(thought),
    )
