"""Two ways to mask: softmax first, then zeros and renormalising; or minus infinity first."""

from gpt_core.model.attention import renormalised
from pages.experiments.causal_mask import matrices
from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_

TITLE = N_("Two ways to mask")


def draw(reading: Reading, chosen: Choices) -> None:
    """Both ways on the chosen head: the same weights."""
    say("two_ways")
    att = reading.trace.blocks[chosen.layer].att
    free = att.scaled[chosen.head].double().softmax(dim=-1)  # doubles: beside a huge later score, floats would be 0
    again, weights = renormalised(free, att.mask), att.weights[chosen.head]
    three = free.numpy(), again.numpy(), weights.numpy()
    matrices.two_ways(*three, att.mask.numpy(), reading.tokens, key="mask_ways")
