"""Experiments on heads: all at a glance, what each does, without the sink, arcs, split and joined, who made a logit."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from gpt_core.examples import book
from gpt_core.measure import heads, lens
from gpt_core.weights.catalogue import CATALOGUE
from pages import figures
from pages.figures import palette, visible
from pages.services.reading import Reading, read, tokenizer
from pages.services.shared import engine
from pages.ui import chapter, session
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, choose, columns, decimal_slider
from pages.ui.words import _, number, tiny

HEIGHT = 440  # of the charts at the top: so they end in sight at 1280 × 720
LAB, LAB_HAS = "induction-lab", {"previous", "induction"}  # the kinds of head it was trained to have
REPEATED = {"same", "induction"}  # the kinds of head that need a token twice
CLEAR = 0.3  # a head of a kind gives that much of its attention to the kind's places


def all_heads(reading: Reading, chosen: Choices) -> None:
    """All heads as thumbnails; a click chooses layer and head."""
    trace = reading.trace
    weights = reading.once("all weights", work=lambda: heads.all_weights(trace)).numpy()
    n_layers, n_heads, n_tokens, _n = weights.shape

    def choose(click: Click) -> None:
        chapter.choose_head(*figures.mosaic_head(float(click.x), float(click.y), n_tokens))

    chart(
        figures.mosaic(
            weights,
            layers=[str(layer) for layer in range(n_layers)],
            heads=[str(head) for head in range(n_heads)],
            masked=trace.blocks[0].att.mask.numpy(),
            selected=(chosen.layer, chosen.head),
            layer_title=_("layer"),
            head_title=_("head"),
        ),
        key="all_heads",
        alt=_("All heads at a glance: a row for each layer, a column for each head."),
        height=HEIGHT,
        on_click=choose,
    )


def cell(reading: Reading, chosen: Choices) -> None:
    """The chosen weight in words, beside what the query keeps for itself."""
    weights = reading.trace.blocks[chosen.layer].att.weights[chosen.head, chosen.token]
    said = {
        "layer": chosen.layer,
        "head": chosen.head,
        "query": reading.tokens[chosen.token],
        "key": reading.tokens[chosen.key],
        "percent": number(100 * float(weights[chosen.key]), 1),
        "own": number(100 * float(weights[chosen.token]), 1),
    }
    if chosen.key > chosen.token:
        chapter.tell(_("Layer {layer}, head {head}: {query} cannot look at {key}, which comes later: masked."), **said)
    elif chosen.key == chosen.token:
        chapter.tell(_("Layer {layer}, head {head}: {query} keeps {percent}% of its attention for itself."), **said)
    else:
        chapter.tell(
            _("Layer {layer}, head {head}: {query} gives {percent}% of its attention to {key} and {own}% to itself."),
            **said,
        )


def roles(reading: Reading, chosen: Choices) -> None:
    """Four scores for every head, and the best head of each kind."""
    chapter.say("roles")
    twice = st.toggle(_("Measure on the text said twice"), key="heads_twice", persist_state=PERSIST)
    if twice:
        reading = read(chosen.model, f"{chosen.text} {chosen.text}", session=reading.session)
    trace = reading.trace
    scores = reading.once("head scores", work=lambda: heads.head_scores(heads.all_weights(trace), trace.ids))
    kinds = {
        _("previous token"): (scores.previous_token, "previous"),
        _("first token"): (scores.first_token, "sink"),
        _("same token"): (scores.same_token, "same"),
        _("induction"): (scores.induction, "induction"),
    }
    missing: dict[str, str] = {}
    for column, (title, (of_kind, part)) in zip(st.columns(4), kinds.items(), strict=True):
        best = heads.strongest(of_kind)
        with column:
            st.markdown(f"**{title}**")
            if best is None:
                if twice and part in REPEATED:
                    _say_why_not_repeated(reading)
                else:
                    chapter.say(f"{part}_nowhere")
                continue
            layer, head = best
            chart(
                figures.heatmap(
                    of_kind.numpy(),
                    rows=[str(i) for i in range(of_kind.shape[0])],
                    columns=[str(i) for i in range(of_kind.shape[1])],
                    scale="probability",
                    selected=best,
                    row_title=_("layer"),
                    column_title=_("head"),
                    row_axis="plain",
                    column_axis="plain",
                    value_format=".2f",
                    colour_bar=False,
                ),
                key=f"score_{part}",
                alt=_("Score of every head, kind “{kind}”: a row for each layer, a column for each head.").format(
                    kind=title
                ),
                height=200,
                on_click=lambda click: chapter.choose_head(round(float(click.y)), round(float(click.x))),
            )
            value = float(of_kind[layer, head])
            st.button(
                _("Layer {layer}, head {head}: {score}").format(layer=layer, head=head, score=number(value, 2)),
                key=f"show_{part}",
                width="stretch",
                on_click=chapter.choose_head,
                args=best,
            )
            chapter.say(part)
            if value < CLEAR:
                missing[part] = title
    if missing:
        _say_where_else(chosen, missing)


def _say_why_not_repeated(reading: Reading) -> None:
    """Said twice, and still no token comes back."""
    if reading.n_tokens > len(reading.ids):
        chapter.tell(
            _(
                "Said twice, this text has {all} tokens. Only the first {n} are read, and too little of the second copy"
                " is among them: a shorter text would do."
            ),
            all=number(reading.n_tokens),
            n=number(len(reading.ids)),
        )
    else:
        st.markdown(
            _("Even said twice, no token comes back: a word after a space is another token than at the very start.")
        )


def _say_where_else(chosen: Choices, missing: Mapping[str, str]) -> None:
    """No head of a kind: say so, and which model has one; titles of the kinds by the part of the lesson on each."""
    st.info(
        _("With this text, no head of this model has a score of {clear} or more for: {kinds}.").format(
            clear=number(CLEAR, 1), kinds=", ".join(missing.values())
        )
    )
    in_lab = ", ".join(title for part, title in missing.items() if part in LAB_HAS)
    if in_lab and LAB in engine.available_models() and chosen.model != LAB:
        st.button(
            _("{kinds}: look at “{model}”, which was trained for it").format(
                kinds=in_lab, model=_(CATALOGUE[LAB].title)
            ),
            on_click=partial(session.set_and_rerun, model=LAB),
        )
    elsewhere = ", ".join(title for part, title in missing.items() if part not in LAB_HAS)
    if elsewhere and CATALOGUE[chosen.model].hub is None:
        # Vig and Belinkov 2019 on the first token; Wang et al. 2022 on copies of the same token
        st.caption(_("{kinds}: clear in GPT-2, in the bundled models with some texts at most.").format(kinds=elsewhere))


def no_sink(reading: Reading, chosen: Choices) -> None:
    """The chosen head with the first key left out and its rows made to sum to 1 again."""
    att, head = reading.trace.blocks[chosen.layer].att, chosen.head
    if len(reading.ids) < 3:
        st.info(_("Without its first token this text has too little left to look at."))
        return
    rest = reading.once("no sink", chosen.layer, work=lambda: heads.without_sink(att.weights))[head].numpy()
    chapter.say("no_sink", share=number(100 * float(att.weights[head, 1:, 0].mean()), 1))
    hidden = att.mask.numpy().copy()
    hidden[1:, 0] = True
    chart(
        figures.heatmap(
            rest,
            rows=reading.tokens,
            columns=reading.tokens,
            scale="probability",
            masked=hidden,
            masked_label=_("left out"),
            selected=(chosen.token, chosen.key),
            row_title=_("query"),
            column_title=_("key"),
            show_values=len(reading.ids) <= 12,
            value_format=".2f",
            square=True,
        ),
        key="no_sink",
        alt=_("Attention weights without the first token, each row rescaled to sum to 1."),
        on_click=chapter.choose_cell,
    )


def arcs(reading: Reading, chosen: Choices) -> None:
    """The chosen head as arcs over the sentence."""
    chapter.say("arcs")
    left, right = columns(2, 1)
    threshold = decimal_slider(_("Smallest weight drawn"), 0.01, 0.5, 0.1, 0.01, key="heads_threshold", place=left)
    alone = right.toggle(_("Only the chosen token"), key="heads_alone", persist_state=PERSIST)
    chart(
        figures.arcs(
            reading.trace.blocks[chosen.layer].att.weights[chosen.head].numpy(),
            tokens=reading.tokens,
            query=chosen.token if alone else None,
            threshold=threshold,
        ),
        key="arcs",
        alt=_("Attention as arcs between tokens: the thicker, the larger the weight."),
        height=360,
    )


def split(reading: Reading, chosen: Choices) -> None:
    """From one wide vector to many small ones and back, with the real shapes."""
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
    st.markdown(f"| | {_('step')} | {_('shape')} |\n|---|---|---|\n{table}")
    names = [f"{_('head')} {head}" for head in range(n_heads)]
    chapter.tell(
        _("What each head gathered for {token}: {n} rows of {width} numbers. Laid end to end they make {whole}."),
        token=reading.tokens[chosen.token],
        n=n_heads,
        width=head_dim,
        whole=n_heads * head_dim,
    )
    chart(
        figures.heatmap(
            att.context[:, chosen.token].numpy(),
            rows=names,
            columns=[str(i) for i in range(head_dim)],
            scale="signed",
            row_title="",
            column_title=_("number in the head’s context vector"),
            row_axis="attention",
            column_axis="value",
        ),
        key="context_by_head",
        alt=_("Context vectors of the chosen token, a row for each head."),
        height=340,
    )
    shares = reading.once("written", chosen.layer, work=lambda: heads.head_outputs(part, att.context))
    lengths = shares[:, chosen.token].norm(dim=-1).numpy()
    st.markdown(_("The projection mixes them. How much each head writes into the stream, as the length of its vector:"))
    chart(
        figures.bars(lengths, labels=names, highlighted=chosen.head, value_format=".3f", label_axis="attention"),
        key="written",
        alt=_("Length of what each head adds to the stream."),
        height=120 + 26 * n_heads,
    )
    deviation = float((shares.sum(dim=0) + part.out_proj.bias - att.out).abs().max())
    chapter.check(
        deviation < 1e-4,
        _("All heads’ shares and the bias sum to what the layer writes: the largest deviation is {deviation}.").format(
            deviation=tiny(deviation)
        ),
    )


def contributions(reading: Reading, chosen: Choices) -> None:
    """What each head, feed-forward and the rest added directly to one logit."""
    chapter.say("contributions")
    trace, model, position = reading.trace, reading.model, chosen.token
    best = reading.once("likeliest", position, work=lambda: trace.logits_at(position).topk(5))
    ids = [int(id) for id in best.indices]
    real = reading.ids[position + 1] if position + 1 < len(reading.ids) else None
    names = [f"{rank}. {visible(tokenizer().token(id))}" for rank, id in enumerate(ids, 1)]
    if real is not None:
        ids.append(real)
        names.append(_("in the text: {token}").format(token=visible(tokenizer().token(real))))
    pick = choose(_("Logit of"), range(len(ids)), format_func=names.__getitem__, key="heads_logit")
    token = ids[pick]
    parts = reading.once(
        "contributions", position, token, work=lambda: lens.contributions(model, trace, token=token, position=position)
    )
    n_layers, n_heads = parts.heads.shape
    by_head, others = columns(5, 6)
    with by_head:
        chart(
            figures.heatmap(
                parts.heads.numpy(),
                rows=[str(layer) for layer in range(n_layers)],
                columns=[str(head) for head in range(n_heads)],
                scale="signed",
                selected=(chosen.layer, chosen.head),
                row_title=_("layer"),
                column_title=_("head"),
                row_axis="plain",
                column_axis="plain",
                show_values=n_heads <= 8,
                value_format=".2f",
            ),
            key="contributions",
            alt=_("What each head adds to the logit: a row for each layer, a column for each head."),
            height=360,
            on_click=lambda click: chapter.choose_head(round(float(click.y)), round(float(click.x))),
        )
    sums = {
        _("embedding"): parts.embedding,
        _("all heads"): parts.heads.sum(),
        _("attention biases"): parts.attention_bias.sum(),
        **{f"{_('feed-forward')} {layer}": share for layer, share in enumerate(parts.feed_forward)},
        _("final shift"): parts.final_shift,
    }
    with others:
        chart(
            figures.bars(
                [float(share) for share in sums.values()],
                labels=list(sums),
                value_format=".2f",
                label_axis="feed_forward",
                colour=palette.FEED_FORWARD,
            ),
            key="other_contributions",
            alt=_("What the embedding, all heads together, the feed-forwards and the rest add to the logit."),
            height=360,
        )
    logit = float(trace.logits_at(position)[token])
    deviation = abs(float(parts.total) - logit)
    chapter.check(
        deviation < 1e-3 * max(1.0, abs(logit)),
        _("All parts add up to {total}; the model’s logit is {logit}. They differ by {deviation}.").format(
            total=number(float(parts.total), 3), logit=number(logit, 3), deviation=tiny(deviation)
        ),
    )


def book_example(_reading: Reading, _chosen: Choices) -> None:
    """Section 3.6: two heads on the book's six words, and what comes out."""
    chapter.say("book")
    att = book.multi_head_attention()
    for head, column in enumerate(columns(1, 1)):
        with column:
            st.markdown(f"**{_('head')} {head}**")
            chart(
                figures.heatmap(
                    att.weights[head].numpy(),
                    rows=book.WORDS,
                    columns=book.WORDS,
                    scale="probability",
                    masked=att.mask.numpy(),
                    masked_label=_("masked: it comes later"),
                    show_values=True,
                    value_format=".2f",
                    colour_bar=False,
                ),
                key=f"book_head_{head}",
                alt=_("Attention weights of the book’s head {head}.").format(head=head),
                height=300,
            )
    chart(
        figures.heatmap(
            att.out.numpy(),
            rows=book.WORDS,
            columns=["0", "1"],
            scale="signed",
            row_title=_("query"),
            column_title=_("number of the output"),
            column_axis="plain",
            show_values=True,
            value_format=".4f",
        ),
        key="book_out",
        alt=_("The book’s output of multi-head attention: six words, two numbers each."),
        height=300,
    )


def average(reading: Reading, chosen: Choices) -> None:
    """The answer to the chapter's question: all heads of the layer together."""
    mean = reading.trace.blocks[chosen.layer].att.weights[:, chosen.token].mean(dim=0)
    key = int(mean.argmax())
    chapter.tell(
        _("All {n} heads of layer {layer} together: {query} gives most to {key} (token {place}), {percent}%."),
        n=reading.card.config.n_heads,
        layer=chosen.layer,
        query=reading.tokens[chosen.token],
        key=reading.tokens[key],
        place=key,
        percent=number(100 * float(mean[key]), 1),
    )
    chart(
        figures.bars(
            mean[: chosen.token + 1].numpy(),
            labels=reading.tokens[: chosen.token + 1],
            highlighted=key,
            horizontal=False,
            label_axis="key",
        ),
        key="average",
        alt=_("Mean weight of all heads of the layer on each earlier token."),
        height=300,
    )


def table(weights: np.ndarray, labels: list[str]) -> pd.DataFrame:
    """The weights of one head, a row for each query."""
    frame = pd.DataFrame(weights, columns=labels)
    frame.insert(0, _("query"), labels)
    return frame
