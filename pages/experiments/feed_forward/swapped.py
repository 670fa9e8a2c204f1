"""Another bend: this model reads the text again with ReLU or SiLU where it learnt with GELU."""

import pandas as pd
from torch import Tensor

from gpt_core import GPT, GPTTrace, Intervention
from gpt_core.measure import by_torch
from gpt_core.measure.lens import surprise
from gpt_core.model import feed_forward
from gpt_core.model.intervention import Activation
from pages import show
from pages.figures import visible
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.layout import segments
from pages.ui.words import N_, _

TITLE = N_("Another bend")

BEND = "feed_forward_bend"
BENDS: dict[Activation, str] = {"relu": "ReLU", "silu": "SiLU"}
SHOWN = 6


def by_functions(model: GPT, ids: Tensor, activation: Activation) -> Tensor:
    """What the output head reads in such a pass, by PyTorch's own functions."""
    return by_torch.final_vectors(model, ids, activation)


def mean_surprise(trace: GPTTrace) -> float:
    """In bits, at the text's own next tokens."""
    return float(surprise(trace.logits, trace.ids).mean())


def draw(reading: Reading, chosen: Choices) -> None:
    """What comes next with either bend, how surprised the model is then, and the check of the whole pass."""
    say("swapped")
    bend = segments(_("Bend with"), list(BENDS), format_func=BENDS.__getitem__, key=BEND)
    other = reading.under(Intervention(activation=bend))
    show.next_token_before_after((_("GELU, as it learnt"), reading), (BENDS[bend], other), n=SHOWN)
    if len(reading.ids) > 1:
        tell(
            _("Mean surprise at your text, in bits a token: {before:.2f} with GELU, {after:.2f} with {bend}."),
            before=reading.of(mean_surprise),
            after=other.of(mean_surprise),
            bend=BENDS[bend],
        )
    if not chosen.present:  # on the wall the picture needs the room
        _check(reading, other, bend)


def _check(reading: Reading, other: Reading, bend: Activation) -> None:
    found, again = other.trace.final_norm.out, reading.of(by_functions, activation=bend)
    off = float((found - again).abs().max() / again.abs().max())
    sentence = _(
        "PyTorch’s own {bend} in a pass from the weights alone leads to the same vectors: they differ by {n:tiny}."
    )
    check(off < 1e-4, sentence, bend=BENDS[bend], n=off)


def answer(reading: Reading, _chosen: Choices) -> None:
    """By how much each of the two moves the prediction."""
    moved = {
        name: reading.of(show.next_token_change, other=reading.under(Intervention(activation=bend)), n=SHOWN).moved
        for bend, name in BENDS.items()
    }
    sentence = _("With ReLU {relu:.1%} of all probability changes hands, with SiLU {silu:.1%}.")
    tell(sentence, relu=moved["ReLU"], silu=moved["SiLU"])


CODE = (feed_forward.FeedForward, by_torch.final_vectors)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """The likeliest next tokens, with each of the three."""
    others = {name: reading.under(Intervention(activation=bend)) for bend, name in BENDS.items()}
    ids = reading.trace.next_logits.topk(20).indices
    found = {"GELU": reading, **others}
    probs = {name: one.trace.next_logits.softmax(dim=-1)[ids].numpy() for name, one in found.items()}
    return pd.DataFrame({_("token"): [visible(token) for token in show.pieces(ids)], **probs})
