"""The norm that a reader looks at: norm1 or norm2 of the layer in focus, or the final norm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpt_core.model.intervention import FINAL
from gpt_core.model.layer_norm import LayerNorm
from gpt_core.model.trace import LayerNormTrace
from pages.ui import link
from pages.ui.chapter import Reading
from pages.ui.layout import segments
from pages.ui.words import N_, _

WHICH = "layer_norm_which"
TITLES = {
    "norm1": N_("norm1: before attention"),
    "norm2": N_("norm2: before feed-forward"),
    "final": N_("final norm: before the output"),
}


@dataclass(frozen=True)
class Norm:
    """One norm of the model: where it is, what enters it, what it computes, and the part that does so."""

    site: tuple[int, int]  # as `Intervention.norms_off` has it
    values: NDArray[np.float32]  # [token, dimension], as they come in
    trace: LayerNormTrace
    part: LayerNorm


def choose() -> None:
    """Let the reader choose one of the three."""
    titles = {one: _(title) for one, title in TITLES.items()}
    segments(_("Which norm"), list(titles), format_func=titles.__getitem__, key=WHICH, label_visibility="collapsed")


def chosen_norm(reading: Reading, layer: int) -> Norm:
    """The norm that `choose` shows as chosen, also in a step of a lesson that does not draw that."""
    which, trace, model = link.held(WHICH, "norm1", link.one_of(tuple(TITLES))), reading.trace, reading.model
    if which == "final":
        return Norm((FINAL, 1), trace.blocks[-1].resid_post.numpy(), trace.final_norm, model.final_norm)
    block, part = trace.blocks[layer], model.blocks[layer]
    if which == "norm2":
        return Norm((layer, 2), block.resid_mid.numpy(), block.norm2, part.norm2)
    return Norm((layer, 1), block.resid_pre.numpy(), block.norm1, part.norm1)
