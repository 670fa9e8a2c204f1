"""Experiments on the causal mask: it is taken off, applied in two ways, thinned by dropout, joined by padding."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gpt_core import Intervention
from gpt_core.examples import book
from gpt_core.measure.difference import logit_change, stream_change
from gpt_core.measure.dropout import dropped_out, mean_of_draws
from gpt_core.model import attention
from pages import figures
from pages.experiments import before_after
from pages.figures import Label
from pages.figures.palette import NEUTRAL, QUERY
from pages.services.reading import Reading, tokenizer
from pages.ui import chapter, choices
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, columns, decimal_slider, number_box
from pages.ui.words import _, number, tiny

WIDTHS = 1.35, 1, 1  # of three matrices side by side: the first has the names of the rows
LETTERS = 8  # of a token's name beside them
FEW = 6  # tokens up to which a narrow picture has room for its numbers


def matrix(
    values: NDArray[np.floating],
    tokens: Sequence[Label],
    *,
    name: str,
    key: str,
    probability: bool = True,
    later: NDArray[np.bool_] | None = None,
    selected: tuple[int, int] | None = None,
    height: int = 368,
    on_click: Callable[[Click], None] | None = None,
    limit: float | None = None,
    first: bool = False,
    masked_label: str | None = None,
    show_values: bool = True,
) -> None:
    """One matrix of queries and keys under its name; what `later` marks is grey.

    Three stand side by side, as large as can be: the first names the rows for all, the pointer tells the numbers.
    """
    st.markdown(f"**{name}**")
    labels = [figures.shortened(token, LETTERS) for token in tokens]
    figure = figures.heatmap(
        values,
        rows=labels,
        columns=labels,
        scale="probability" if probability else "signed",
        masked=later,
        masked_label=masked_label or (_("masked: it comes later") if probability else _("minus infinity")),
        selected=selected,
        row_title=_("query") if first else "",
        column_title=_("key"),
        show_values=show_values and len(tokens) <= FEW,
        value_format=".2f",
        square=True,
        limit=limit,
    )
    figure.update_traces(showscale=False)
    if not first:
        figure.update_yaxes(tickvals=[0], ticktext=[""])
    chart(
        figure,
        key=key,
        alt=_("{name}: each row is a query, each column a key.").format(name=name),
        height=height,
        on_click=on_click,
    )


def three_steps(
    scaled: NDArray[np.float32],
    weights: NDArray[np.float32],
    later: NDArray[np.bool_],
    *,
    tokens: Sequence[Label],
    selected: tuple[int, int],
    on_click: Callable[[Click], None],
) -> None:
    """Scores, the same with minus infinity, and the weights that the softmax makes of them."""
    largest = float(np.abs(scaled).max()) or 1.0
    first, second, third = columns(*WIDTHS)
    with first:
        matrix(
            scaled,
            tokens,
            name=_("1 · scaled scores"),
            key="mask_scores",
            first=True,
            probability=False,
            selected=selected,
            on_click=on_click,
            limit=largest,
        )
    with second:
        matrix(
            scaled,
            tokens,
            name=_("2 · masked scores"),
            key="mask_masked",
            probability=False,
            later=later,
            selected=selected,
            on_click=on_click,
            limit=largest,
        )
    with third:
        name = _("3 · weights (softmax)")
        matrix(weights, tokens, name=name, key="mask_weights", later=later, selected=selected, on_click=on_click)


def leak(reading: Reading, chosen: Choices) -> None:
    """Change one word, with the mask and without, and see which earlier outputs notice."""
    chapter.say("leak")
    n_tokens = len(reading.ids)
    if n_tokens < 2:
        st.info(_("A text of one token has no earlier token that could notice: type a longer one."))
        return
    left, right = columns(1, 1)
    place = number_box(
        _("Which token to change"), 1, n_tokens - 1, n_tokens - 1, key=f"causal_mask_place {n_tokens}", place=left
    )
    typed = right.text_input(
        _("Put this in its place (its first token)"), " dragon", 40, key="causal_mask_word", persist_state=PERSIST
    )
    text, _notices = choices.clean(typed)
    new = tokenizer().encode(text)[0] if text else reading.ids[place]
    if new == reading.ids[place]:
        st.info(_("That is the token which stands there already: nothing changes. Type another."))
        return
    other = replace(reading, ids=(*reading.ids[:place], new, *reading.ids[place + 1 :]))
    unmasked = Intervention(mask_off=range(reading.card.config.n_layers))
    chapter.tell(
        _("Token {place}: {old} becomes {new}."), place=place, old=reading.tokens[place], new=other.tokens[place]
    )
    changes = {}
    for name, intervention in ((_("mask on"), Intervention()), (_("mask off"), unmasked)):
        runs = reading.changed(intervention), other.changed(intervention)
        moved = reading.once("logit change", other.ids, intervention, work=lambda runs=runs: logit_change(*runs))
        changes[name] = moved.numpy()
    with_mask, without = changes.values()
    one, two = columns(1, 1)
    with one:
        st.markdown(f"**{_('How much the outputs change')}**")
        chart(
            figures.lines(
                changes,
                x_labels=reading.tokens,
                y_title=_("largest change of a logit"),
                x_axis="token",
                highlighted=place,
                colours=dict(zip(changes, (NEUTRAL, QUERY), strict=True)),
            ),
            key="causal_mask_leak",
            alt=_(
                "Change of the output at each token: with the mask, 0 before the changed token; without, everywhere."
            ),
        )
    with two:
        st.markdown(f"**{_('Mask off: how the change spreads through the layers')}**")
        moved = reading.once(
            "stream change", other.ids, work=lambda: stream_change(reading.changed(unmasked), other.changed(unmasked))
        )
        leaked = float(np.delete(moved.numpy(), place, axis=1).max())
        chart(
            figures.heatmap(
                moved.numpy(),
                rows=[_("input"), *(str(layer) for layer in range(len(moved) - 1))],
                columns=reading.tokens,
                scale="sequential",
                limit=leaked,  # the changed token itself moves far more than those that the change leaks to
                value_title=_("distance moved"),
                row_title=_("after layer"),
                row_axis="plain",
                column_axis="token",
            ),
            key="causal_mask_spread",
            alt=_(
                "How far the stream moved, by layer and token, with the mask off; the changed token exceeds the scale."
            ),
        )
    earlier = float(with_mask[:place].max())
    chapter.check(
        earlier == 0,
        _("With the mask, the outputs before token {place} change by exactly {on}; without it, by up to {off}.").format(
            place=place, on=tiny(earlier), off=number(float(without[:place].max()), 3)
        ),
    )
    st.subheader(_("The same text, mask on → off"))
    before = (_("mask on"), reading, reading.trace)
    after = (_("mask off"), reading, reading.changed(unmasked))
    before_after.attention(before, after, chosen)
    before_after.next_token(before, after, change=unmasked)


def two_ways(reading: Reading, chosen: Choices) -> None:
    """Softmax first, then zeros and renormalising; or minus infinity first: the same weights."""
    chapter.say("two_ways")
    att = reading.trace.blocks[chosen.layer].att
    free = att.scaled[chosen.head].double().softmax(dim=-1)  # doubles: beside a huge later score, floats would be 0
    again = attention.renormalised(free, att.mask)
    later = att.mask.numpy()
    compared(free.numpy(), again.numpy(), att.weights[chosen.head].numpy(), later, reading.tokens, key="mask_ways")


def compared(
    free: NDArray[np.floating],
    renormalised: NDArray[np.floating],
    weights: NDArray[np.floating],
    later: NDArray[np.bool_],
    tokens: Sequence[Label],
    *,
    key: str,
) -> None:
    """The weights without a mask, and masked in both ways, which give the same."""
    first, second, third = columns(*WIDTHS)
    with first:
        matrix(free, tokens, name=_("softmax without a mask"), key=f"{key}_free", first=True)
    with second:
        matrix(renormalised, tokens, name=_("zeroed, renormalised"), key=f"{key}_again", later=later)
    with third:
        matrix(weights, tokens, name=_("−∞, then softmax"), key=f"{key}_infinity", later=later)
    deviation = float(np.abs(renormalised - weights).max())
    chapter.check(
        deviation < 1e-5,
        _("Both ways give the same weights: the largest deviation is {deviation}.").format(deviation=tiny(deviation)),
    )


def dropout(reading: Reading, chosen: Choices) -> None:
    """As in training: weights dropped at random, the others made larger; on average nothing changes."""
    chapter.say("dropout")
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    rate = decimal_slider(_("Dropout rate"), 0.0, 0.9, 0.5, 0.1, key="causal_mask_rate", place=left)
    seed = number_box(_("Seed"), 0, 9_999, 123, key="causal_mask_seed", place=middle)
    draws = right.select_slider(
        _("Draws to average"), [1, 10, 100, 1_000], 100, key="causal_mask_draws", persist_state=PERSIST
    )
    att = reading.trace.blocks[chosen.layer].att
    weights, later = att.weights[chosen.head], att.mask.numpy()
    once = dropped_out(weights, rate=rate, seed=seed)
    mean = reading.once(
        "mean of draws",
        (chosen.layer, chosen.head, rate, seed, draws),
        work=lambda: mean_of_draws(weights, rate=rate, seed=seed, draws=draws),
    )
    first, second, third = columns(*WIDTHS)
    with first:
        matrix(weights.numpy(), reading.tokens, name=_("weights"), key="mask_dropout_weights", later=later, first=True)
    with second:
        matrix(once.numpy(), reading.tokens, name=_("one draw"), key="mask_dropout_draw", later=later)
    with third:
        name = _("mean of the draws")
        matrix(mean.numpy(), reading.tokens, name=name, key="mask_dropout_mean", later=later)
    sums = once.sum(dim=-1)
    chapter.tell(
        _("In this draw the rows sum to anything from {low} to {high}; what is kept grows {factor} times."),
        low=number(float(sums.min()), 2),
        high=number(float(sums.max()), 2),
        factor=number(1 / (1 - rate), 2),
    )
    deviation = float((mean - weights).abs().max())
    expected = 5 * float(np.sqrt(rate / (1 - rate) / draws)) + 1e-5  # five standard errors of a weight of 1
    chapter.check(
        deviation <= expected,
        _("The mean of {n} draws is at most {deviation} off the weights; chance allows {expected}.").format(
            n=number(draws), deviation=tiny(deviation), expected=number(expected, 3)
        ),
    )


def padding() -> None:
    """Texts of different lengths in one batch: filled up with padding, which nobody should look at."""
    chapter.say("padding")
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    most = len(book.WORDS) - 1
    n_padded = left.slider(_("Padding tokens"), 0, most, 2, key="causal_mask_padding", persist_state=PERSIST)
    in_front = right.toggle(_("Padding in front"), key="causal_mask_in_front", persist_state=PERSIST)
    words, pads = list(book.WORDS[: len(book.WORDS) - n_padded]), [_("pad")] * n_padded
    tokens = pads + words if in_front else words + pads
    padded = np.array([token in pads for token in tokens])
    later = attention.causal_mask(len(tokens), len(tokens)).numpy()
    masks = {
        _("causal mask"): later,
        _("padding mask"): np.broadcast_to(padded, later.shape),
        _("both together"): later | padded,
    }
    allowed = np.ones(later.shape, np.float32)
    for place, (column, (name, forbidden)) in enumerate(zip(columns(*WIDTHS), masks.items(), strict=True)):
        with column:
            matrix(
                allowed,
                tokens,
                name=name,
                key=f"mask_padding_{place}",
                later=forbidden,
                masked_label=_("forbidden"),
                first=not place,
                show_values=False,
                height=300,
            )
    added = int((padded & ~later)[~padded].sum())
    chapter.tell(
        _("The causal mask forbids {causal} cells, both together {both}. In rows of real words, padding adds {added}."),
        causal=int(later.sum()),
        both=int((later | padded).sum()),
        added=added,
    )  # fmt: skip


def book_example() -> None:
    """Section 3.5: "Your journey starts with one step", with the weights of seed 789."""
    chapter.say("book")
    example = book.causal_attention()
    later = example.masked_scores.isinf().numpy()
    three = example.weights.numpy(), example.renormalised.numpy(), example.minus_infinity.numpy()
    compared(*three, later, book.WORDS, key="mask_book")
    before, after = example.weights[book.JOURNEY].tolist(), example.minus_infinity[book.JOURNEY].tolist()
    chapter.tell(
        _("The row of “{word}” before the mask: {before}. After it: {after}."),
        word=book.WORDS[book.JOURNEY],
        before=" · ".join(number(weight, 4) for weight in before),
        after=" · ".join(number(weight, 4) for weight in after),
    )


def forbidden(reading: Reading) -> None:
    """How many cells of this text's matrix the mask forbids."""
    later = reading.trace.blocks[0].att.mask.numpy()
    chapter.tell(
        _("{n} tokens make {all} cells, of which {forbidden} are forbidden: n · (n − 1) ÷ 2."),
        n=number(len(later)),
        all=number(later.size),
        forbidden=number(int(later.sum())),
    )
