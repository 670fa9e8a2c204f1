"""Pre-norm or post-norm: the same blocks on the reader's text, norms before the sub-layers or after the sums."""

from torch import Tensor

from gpt_core import GPT
from gpt_core.measure import by_torch, norm_order
from gpt_core.measure.norm_order import NormOrder, ordered_stream, ordered_surprise
from pages import figures, show
from pages.figures import Axis, Measure
from pages.figures.palette import ATTENTION, PLAIN
from pages.ui import chapter, history
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.layout import segments
from pages.ui.words import N_, _

TITLE = N_("Norm before or after?")

WEIGHTS = "block_norm_weights"
ORDERS: tuple[NormOrder, ...] = ("pre", "post")


def last_by_torch(model: GPT, ids: Tensor, order: NormOrder) -> Tensor:
    """What leaves the last block, by PyTorch's own encoder layers."""
    return by_torch.encoder_stack(model, ids, norm_first=order == "pre")


def chosen_weights(reading: Reading) -> Reading:
    """The text as this model reads it, or the story model before its first step, where that is here."""
    kept = history.kept_snapshots()
    if not kept:
        return reading
    first = history.read_at(kept[0], reading)
    names = {
        "own": _("this model’s weights"),
        "start": _("random weights: Storyteller {when}").format(when=history.name_of(kept[0])),
    }
    which = segments(
        _("Weights"), list(names), format_func=names.__getitem__, key=WEIGHTS, label_visibility="collapsed"
    )
    return reading if which == "own" else first


def lengths(reading: Reading, order: NormOrder) -> Tensor:
    """Length of each token's vector as it enters the first block and as it leaves each one, [depth, token]."""
    return reading.of(ordered_stream, order=order).norm(dim=-1)


def draw(reading: Reading, chosen: Choices) -> None:
    """How long the chosen token's vector is behind each block, in both orders, and what the model then says."""
    say("norm_order")
    one = chosen_weights(reading)
    token = min(chosen.token, len(one.ids) - 1)
    before, after = (lengths(one, order)[:, token] for order in ORDERS)
    lines = figures.lines(
        {_("norm before (pre-norm)"): before.numpy(), _("norm after (post-norm)"): after.numpy()},
        Axis([_("input"), *(str(layer) for layer in range(len(before) - 1))], _("after layer")),
        measure=Measure(_("length of the chosen token’s vector"), log=True),
        colours={_("norm before (pre-norm)"): ATTENTION, _("norm after (post-norm)"): PLAIN},
    )
    alt = _("The length of the chosen token’s vector layer by layer, with each norm before its sub-layer and after.")
    show.chart("norm_order", lines, alt, height=340)
    tell(
        _(
            "{token} leaves the last block with length {before:.1f} where norms stand before, and {after:.1f} where "
            "they stand after."
        ),
        token=one.tokens[token],
        before=float(before[-1]),
        after=float(after[-1]),
    )
    if chosen.present:  # on the wall the picture needs the room
        return
    if len(one.ids) > 1:
        tell(
            what_it_says(one, reading),
            before=one.of(ordered_surprise, order="pre"),
            after=one.of(ordered_surprise, order="post"),
        )
    chapter.formula(
        r"\text{pre:}\; x + \text{Attention}(\text{LayerNorm}(x)) \qquad "
        r"\text{post:}\; \text{LayerNorm}(x + \text{Attention}(x))"
    )
    _check(one)


def what_it_says(one: Reading, reading: Reading) -> str:
    """The surprise in both orders, and what follows from it for weights that learnt with norms before, or nothing."""
    if one is not reading or reading.card.untrained:
        return _(
            "Mean surprise at your text, in bits a token: {before:.2f} before, {after:.2f} after. These weights are "
            "random: neither order has learnt anything yet."
        )
    return _(
        "Mean surprise at your text, in bits a token: {before:.2f} before, {after:.2f} after. These weights were "
        "trained with norms before, so this does not say which order is better."
    )


def _check(one: Reading) -> None:
    found = [one.of(ordered_stream, order=order)[-1] for order in ORDERS]
    again = [one.of(last_by_torch, order=order) for order in ORDERS]
    off = max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(found, again, strict=True))
    sentence = _(
        "PyTorch’s own TransformerEncoderLayer with these weights, `norm_first` on and off, leads to the same vectors: "
        "they differ by {n:tiny}."
    )
    check(off < 1e-4, sentence, n=off)


def answer(reading: Reading, chosen: Choices) -> None:
    """How often the vector has grown from one block to the next, in either order."""
    grown = [int((lengths(reading, order)[:, chosen.token].diff() > 0).sum()) for order in ORDERS]
    sentence = _(
        "With norms before it grows in {before:,} of {all:,|block|blocks} of this model, with norms after in "
        "{after:,}. Each norm after a sum sets mean 0 and variance 1 anew; then only its learned scale and shift "
        "decide the length."
    )
    tell(sentence, before=grown[0], after=grown[1], all=reading.card.config.n_layers)


CODE = (norm_order.ordered_block, by_torch.encoder_layer)
