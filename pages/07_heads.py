"""Chapter 7: every layer has several heads, and each looks at the text in its own way."""

import pandas as pd

from gpt_core import attention, heads
from pages import figures
from pages.experiments import heads as experiments
from pages.ui import chapter
from pages.ui.chart import chart
from pages.ui.layout import columns
from pages.ui.words import _, number

reading, chosen = chapter.opened()
att = reading.trace.blocks[chosen.layer].att
weights = att.weights[chosen.head].numpy()
later = att.later.numpy()
weight = weights[chosen.token, chosen.key]

one, all_heads = columns(3, 2)
with one:
    chart(
        figures.heatmap(
            weights,
            rows=reading.tokens,
            columns=reading.tokens,
            scale="probability",
            masked=later,
            masked_label=_("masked: it comes later"),
            selected=(chosen.token, chosen.key),
            row_title=_("query: the token that asks"),
            column_title=_("key: the token it looks at"),
            show_values=len(reading.ids) <= 9,
            value_format=".2f",
            square=True,
        ),
        key="attention",
        alt=_("Attention weights of layer {layer}, head {head}: each row is a query, each column a key.").format(
            layer=chosen.layer, head=chosen.head
        ),
        on_click=chapter.choose_cell,
    )
with all_heads:
    experiments.all_heads(reading, chosen)

chapter.tell(
    _("Layer {layer}, head {head}: {query} gives {percent} % of its attention to {key}."),
    layer=chosen.layer,
    head=chosen.head,
    query=reading.tokens[chosen.token],
    key=reading.tokens[chosen.key],
    percent=number(100 * weight, 1),
)
chapter.check(
    abs(weights.sum(axis=1) - 1).max() < 1e-5,
    _("Every row sums to 1: the largest deviation is {deviation}.").format(
        deviation=number(float(abs(weights.sum(axis=1) - 1).max()), 9)
    ),
)
chapter.formula(
    r"\text{head}_i = \text{softmax}\!\left(\text{mask}\left(\frac{Q_i K_i^\top}{\sqrt{d}}\right)\right) V_i"
)
chapter.code(attention.SelfAttention, heads.previous_token_score, heads.induction_score)
chapter.data(
    lambda: pd.DataFrame(weights, columns=chapter.labels(reading), index=chapter.labels(reading)).reset_index()
)
