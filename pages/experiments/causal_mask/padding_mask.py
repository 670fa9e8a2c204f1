"""The padding mask: texts of different lengths in one batch are filled up, and nobody should look at the filling."""

import numpy as np
import streamlit as st

from gpt_core.examples import book
from gpt_core.model.attention import causal_mask
from pages.experiments.causal_mask.matrices import Matrix, side_by_side
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import slider, switch
from pages.ui.words import N_, _

TITLE = N_("Padding mask")


def draw(_reading: Reading, _chosen: Choices) -> None:
    """The causal mask, the padding mask, and both together, over the book's words."""
    say("padding")
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    most = len(book.WORDS) - 1
    n_padded = slider(_("Padding tokens"), 0, most, 2, key="causal_mask_padding", place=left)
    in_front = switch(_("Padding in front"), key="causal_mask_in_front", place=right)
    words, pads = list(book.WORDS[: len(book.WORDS) - n_padded]), [_("pad")] * n_padded
    tokens = pads + words if in_front else words + pads
    padded = np.array([token in pads for token in tokens])
    later = causal_mask(len(tokens), len(tokens)).numpy()
    masks = {
        _("causal mask"): later,
        _("padding mask"): np.broadcast_to(padded, later.shape),
        _("both together"): later | padded,
    }
    allowed = np.ones(later.shape, np.float32)
    three = [
        Matrix(f"mask_padding_{place}", name, allowed, forbidden, masked_label=_("forbidden"))
        for place, (name, forbidden) in enumerate(masks.items())
    ]
    side_by_side(three, tokens, numbers=False, height=300)
    tell(
        _("The causal mask forbids {causal} cells, both together {both}. In rows of real words, padding adds {added}."),
        causal=int(later.sum()),
        both=int((later | padded).sum()),
        added=int((padded & ~later)[~padded].sum()),
    )
