"""Without the first token: the chosen head with the first key left out and its rows made to sum to 1 again."""

from jaxtyping import Float
from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.measure import heads
from pages import show
from pages.figures import Cells, Masked
from pages.ui import choices
from pages.ui.chapter import Choices, Reading, inform, say
from pages.ui.words import N_, _

TITLE = N_("Without the first token")


def without_sink(trace: GPTTrace, layer: int) -> Float[Tensor, "n_heads T T"]:
    """All heads of a layer without their first key."""
    return heads.without_sink(trace.blocks[layer].att.weights)


def draw(reading: Reading, chosen: Choices) -> None:
    """What a head that rests on the first token does besides."""
    att, head = reading.trace.blocks[chosen.layer].att, chosen.head
    if len(reading.ids) < 3:
        inform(_("Without its first token this text has too little left to look at."))
        return
    say("no_sink", share=float(att.weights[head, 1:, 0].mean()))
    hidden = att.mask.numpy().copy()
    hidden[1:, 0] = True
    show.attention(
        "no_sink",
        reading.of(without_sink, layer=chosen.layer)[head].numpy(),
        reading.tokens,
        _("Attention weights without the first token, each row rescaled to sum to 1."),
        masked=Masked(hidden, _("left out")),
        selected=(chosen.token, chosen.key),
        cells=Cells(".2f", shown=len(reading.ids) <= 12),
        on_click=choices.choose_cell,
    )
