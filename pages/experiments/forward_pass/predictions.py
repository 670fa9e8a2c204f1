"""What the model predicts after a token, what each station on the way there would, and how unexpected the text was."""

from math import exp

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gpt_core import GPT, GPTTrace
from gpt_core.measure import lens
from gpt_core.measure.prediction import Depth, Prediction, predicted, through_depth
from pages import show
from pages.figures import visible
from pages.ui import link
from pages.ui.chapter import Choices, Reading, tell
from pages.ui.words import _

FOLLOWED = "forward_candidate"  # under which the session keeps which candidate the reader follows


def after(trace: GPTTrace, position: int) -> Prediction:
    """The likeliest tokens after `position`, and the text's own next token where it has one."""
    return predicted(trace.logits_at(position), besides=tuple(trace.ids[position + 1 : position + 2].tolist()))


def candidates_through_depth(model: GPT, trace: GPTTrace, position: int) -> Depth:
    """How the candidates of one position fare at every station."""
    return through_depth(model, trace, after(trace, position).ids, position=position)


def here(reading: Reading, chosen: Choices) -> tuple[Prediction, list[bytes], int]:
    """What comes after the token in focus, the candidates as labels, and which of them the reader follows."""
    prediction = reading.of(after, position=chosen.token)
    return prediction, show.pieces(prediction.ids), link.held(FOLLOWED, 0, link.whole(0, len(prediction.ids) - 1))


def candidate_rows(prediction: Prediction) -> list[dict[str, object]]:
    """One row per candidate, from logit to probability."""
    return [
        {
            _("token"): visible(token),
            _("id"): int(prediction.ids[i]),
            _("rank"): int(prediction.ranks[i]),
            _("logit"): float(prediction.logits[i]),
            _("logit − highest"): float(prediction.logits[i]) - prediction.highest,
            _("e to that power"): exp(float(prediction.logits[i]) - prediction.highest),
            _("÷ the sum = probability"): float(prediction.probs[i]),
        }
        for i, token in enumerate(show.pieces(prediction.ids))
    ]


def station_names(reading: Reading) -> list[str]:
    """Where the lens looks: after the embedding, each attention and each feed-forward."""
    of_a_block = (_("attention {layer}"), _("feed-forward {layer}"))
    layers = range(reading.card.config.n_layers)
    return [_("embedding"), *(name.format(layer=layer) for layer in layers for name in of_a_block)]


def surprise(trace: GPTTrace) -> Float[Tensor, " T_minus_1"]:
    """How unexpected each token after the first was, in bits."""
    return lens.surprise(trace.logits, trace.ids)


def surprise_or_word(reading: Reading) -> NDArray[np.floating] | None:
    """The surprise of each token after the first; None where there is none, which a sentence then says."""
    if len(reading.ids) < 2:
        tell(_("The text has one token only, and nothing came before it that could expect it."))
        return None
    return reading.of(surprise).numpy()
