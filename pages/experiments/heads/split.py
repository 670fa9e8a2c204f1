"""Split, join, project: from one wide vector to many small ones and back, with the real shapes."""

import pandas as pd
import streamlit as st
from jaxtyping import Float
from torch import Tensor

from gpt_core import GPT, GPTTrace
from gpt_core.measure import heads
from pages import figures, show
from pages.figures import Axis, Measure
from pages.ui import shown
from pages.ui.chapter import Choices, Reading, check, tell, write
from pages.ui.words import N_, _

TITLE = N_("Split, join, project")


def written(model: GPT, trace: GPTTrace, layer: int) -> Float[Tensor, "n_heads T emb_dim"]:
    """What each head of a layer adds to the stream."""
    return heads.head_outputs(model.blocks[layer].att, trace.blocks[layer].att.context)


def draw(reading: Reading, chosen: Choices) -> None:
    """The shapes as a table, the chosen token's context head by head, and how much each head writes."""
    att, part = reading.trace.blocks[chosen.layer].att, reading.model.blocks[chosen.layer].att
    n_heads, n_tokens, head_dim = att.context.shape
    wide, cut = f"[{n_tokens}, {n_heads * head_dim}]", f"[{n_heads}, {n_tokens}, {head_dim}]"
    steps = [
        (_("normalised stream times W_query, W_key, W_value"), wide, wide),
        (_("split into heads"), wide, cut),
        (_("scores, mask, softmax: weights"), cut, f"[{n_heads}, {n_tokens}, {n_tokens}]"),
        (_("weights times values: context"), f"[{n_heads}, {n_tokens}, {n_tokens}]", cut),
        (_("concatenate: heads side by side"), cut, wide),
        (_("project: out_proj"), wide, wide),
    ]
    table = "\n".join(f"| {i} | {step} | `{before}` → `{after}` |" for i, (step, before, after) in enumerate(steps, 1))
    shown.grid(pd.DataFrame([{_("step"): step, _("shape"): f"{before} → {after}"} for step, before, after in steps]))
    st.markdown(f"| | {_('step')} | {_('shape')} |\n|---|---|---|\n{table}")
    names = [f"{_('head')} {head}" for head in range(n_heads)]
    tell(
        _(
            "What each head gathered for {token}: {n:,|row|rows} of {width:,|number|numbers}. Laid end "
            "to end they make {whole}."
        ),
        token=reading.tokens[chosen.token],
        n=n_heads,
        width=head_dim,
        whole=n_heads * head_dim,
    )
    context = figures.heatmap(
        att.context[:, chosen.token].numpy(),
        Axis(names, meaning="attention"),
        Axis.numbered(head_dim, _("number in the head’s context vector"), "value"),
        scale="signed",
    )
    show.chart("context_by_head", context, _("Context vectors of the chosen token, a row for each head."), height=340)
    shares = reading.of(written, layer=chosen.layer)
    write(_("The projection mixes them. How much each head writes into the stream, as the length of its vector:"))
    lengths = figures.bars(
        shares[:, chosen.token].norm(dim=-1).numpy(),
        Axis(names, meaning="attention"),
        measure=Measure(format=".3f"),
        highlighted=chosen.head,
    )
    show.chart("written", lengths, _("Length of what each head adds to the stream."), height=120 + 26 * n_heads)
    deviation = float((shares.sum(dim=0) + part.out_proj.bias - att.out).abs().max())
    check(
        deviation < 1e-4 * max(1.0, float(att.out.abs().max())),  # a large model writes large numbers
        _("All heads’ shares and the bias sum to what the layer writes: the largest deviation is {deviation:tiny}."),
        deviation=deviation,
    )
