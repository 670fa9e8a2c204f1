"""Chapter 7: every layer has several heads, and each looks at the text in its own way."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gpt_core.measure import by_torch, heads, lens
from gpt_core.model import attention
from pages import figures, show
from pages.figures import Axis, Cells
from pages.services.classes.question import Choice
from pages.ui import chapter, choices, guess
from pages.ui.chapter import Choices, Reading
from pages.ui.components.chart import Click
from pages.ui.story import beside, charts_first
from pages.ui.words import _, percent_or_less

HEIGHT = 440  # of the charts at the top: so they end in sight at 1280 × 720


def one_head(reading: Reading, chosen: Choices) -> None:
    """Who looks at whom in the chosen head."""
    att = reading.trace.blocks[chosen.layer].att
    show.attention(
        "attention",
        att.weights[chosen.head].numpy(),
        reading.tokens,
        _("Attention weights of layer {layer}, head {head}: each row is a query, each column a key.").format(
            layer=chosen.layer, head=chosen.head
        ),
        masked=att.mask.numpy(),
        selected=(chosen.token, chosen.key),
        cells=Cells(".2f", shown=len(reading.ids) <= 7),
        square=False,
        height=HEIGHT,
        on_click=choices.choose_cell,
    )


def all_heads(reading: Reading, chosen: Choices) -> None:
    """All heads as thumbnails; a click chooses layer and head."""
    weights = reading.of(heads.all_weights).numpy()
    n_layers, n_heads, n_tokens, _n = weights.shape

    def choose(click: Click) -> None:
        choices.choose_head(*figures.mosaic_head(float(click.x), float(click.y), n_tokens))

    mosaic = figures.mosaic(
        weights,
        Axis.numbered(n_layers, _("layer")),
        Axis.numbered(n_heads, _("head")),
        masked=reading.trace.blocks[0].att.mask.numpy(),
        selected=(chosen.layer, chosen.head),
    )
    alt = _("All heads at a glance: a row for each layer, a column for each head.")
    show.chart("all_heads", mosaic, alt, looks_back_most(weights, reading), height=HEIGHT, on_click=choose)


def looks_back_most(weights: NDArray[np.floating], reading: Reading) -> str:
    """In words, of the weights [layer, head, query, key] of all heads, the largest that a token gives to another."""
    n_tokens = len(reading.ids)
    if n_tokens == 1:
        return ""
    back = np.where(np.tri(n_tokens, k=-1, dtype=bool), weights, -1)
    layer, head, query, key = np.unravel_index(back.argmax(), back.shape)
    return _("The most that a token gives to another: layer {layer}, head {head}, {query} → {key}, {value}.").format(
        layer=layer,
        head=head,
        query=_("“{token}”").format(token=figures.visible(reading.tokens[query])),
        key=_("“{token}”").format(token=figures.visible(reading.tokens[key])),
        value=percent_or_less(float(back.max())),
    )


def one_weight(reading: Reading, chosen: Choices) -> None:
    """The chosen weight in words, beside what the query keeps for itself."""
    weights = reading.trace.blocks[chosen.layer].att.weights[chosen.head, chosen.token]
    if chosen.key > chosen.token:
        sentence = _("Layer {layer}, head {head}: {query} cannot look at {key}, which comes later: masked.")
    elif chosen.key == chosen.token:
        sentence = _("Layer {layer}, head {head}: {query} keeps {share:.1%} of its attention for itself.")
    else:
        sentence = _(
            "Layer {layer}, head {head}: {query} gives {share:.1%} of its attention to {key} and {own:.1%} to itself."
        )
    chapter.tell(
        sentence,
        layer=chosen.layer,
        head=chosen.head,
        query=reading.tokens[chosen.token],
        key=reading.tokens[chosen.key],
        share=float(weights[chosen.key]),
        own=float(weights[chosen.token]),
    )


def the_same_by_torch(reading: Reading, chosen: Choices) -> None:
    """The check: PyTorch's own attention gives the weights of this head, in both pictures."""
    again = reading.of(by_torch.head_from_weights, layer=chosen.layer, head=chosen.head).weights
    of_head = reading.trace.blocks[chosen.layer].att.weights[chosen.head]
    of_all = reading.of(heads.all_weights)[chosen.layer, chosen.head]
    deviation = max(float((weights - again).abs().max()) for weights in (of_head, of_all))
    chapter.check(
        deviation < 1e-3,
        _(
            "PyTorch’s own attention, from the stream and this head’s matrices, gives the same weights: the largest "
            "deviation is {deviation:tiny}."
        ),
        deviation=deviation,
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """What a head computes, and what becomes of all of them."""
    head, mask, out = (rf"\text{{{word}}}" for word in (_("head"), _("mask"), _("out")))
    chapter.formula(
        rf"{head}_i = \text{{softmax}}\!\left({mask}\left(\frac{{Q_i K_i^\top}}{{\sqrt{{d}}}}\right)\right) V_i"
        rf"\qquad {out} = [{head}_0, \dots, {head}_{{n-1}}]\, W_{{{out}}} + b"
    )


STORY = (beside((13, one_head), (9, all_heads)), charts_first, one_weight, the_same_by_torch, formula)


def guesses(reading: Reading, chosen: Choices) -> list[Choice]:
    """The token that gets most from all heads together, and those that get less."""
    mean = reading.trace.blocks[chosen.layer].att.weights[:, chosen.token].mean(dim=0)
    return guess.positions(reading, mean[: chosen.token + 1].argsort(descending=True).tolist())


def answer(reading: Reading, chosen: Choices) -> None:
    """The answer to the chapter's question: all heads of the layer together."""
    mean = reading.trace.blocks[chosen.layer].att.weights[:, chosen.token].mean(dim=0)
    key = int(mean.argmax())
    chapter.tell(
        _("{n:,|head|heads} of layer {layer} together: {query} gives most to {key} (token {place}), {share:.1%}."),
        n=reading.card.config.n_heads,
        layer=chosen.layer,
        query=reading.tokens[chosen.token],
        key=reading.tokens[key],
        place=key,
        share=float(mean[key]),
    )
    labels = Axis(reading.tokens[: chosen.token + 1], meaning="key")
    bars = figures.bars(mean[: chosen.token + 1].numpy(), labels, highlighted=key, horizontal=False)
    show.chart("average", bars, _("Mean weight of all heads of the layer on each earlier token."), height=300)


CODE = (attention.SelfAttention, heads.head_scores, heads.without_sink, lens.contributions, by_torch.one_head)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """The weights of the chosen head, a row for each query."""
    labels = chapter.labels(reading)
    weights = reading.trace.blocks[chosen.layer].att.weights[chosen.head]
    frame = pd.DataFrame(weights.numpy(), columns=pd.Index(labels))
    frame.insert(0, _("query"), labels)
    return frame
