"""Experiments on layer norm: all of a model's norms, what they learnt, two variances, and a run without them."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gpt_core import GPTTrace, Intervention
from gpt_core.examples import book
from gpt_core.measure.spread import bessel_excess, spreads, variance_after
from gpt_core.model.intervention import FINAL
from gpt_core.model.layer_norm import EPS, LayerNorm
from gpt_core.model.trace import LayerNormTrace
from pages import figures
from pages.experiments import before_after
from pages.figures.palette import ATTENTION, PLAIN
from pages.services.reading import Reading
from pages.ui import chapter, session
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, choose, columns
from pages.ui.words import RAISED, _, in_powers, number

HEIGHT = 404  # of the charts at the top: so they end in sight at 1280 × 720
BINS = 32
LONG = 10_000
HUGE = 10_000_000  # float32 has seven digits
DIMENSIONS = 48  # as many as a row of cells shows well
SIZES = (5, 48, 192, 768, 1600)  # the book's example; ours; GPT-2 small and XL


@dataclass(frozen=True)
class Norm:
    """One norm of the model: where it is, what enters it, what it computes, and the part that does so."""

    place: tuple[int, int]  # as `Intervention.norms_off` has it
    values: NDArray[np.float32]  # [token, dimension], as they come in
    trace: LayerNormTrace
    part: LayerNorm


def pick(reading: Reading, layer: int) -> Norm:
    """Let the reader choose norm1 or norm2 of the layer in focus, or the final norm."""
    titles = {
        "norm1": _("norm1: before attention"),
        "norm2": _("norm2: before feed-forward"),
        "final": _("final norm: before the output"),
    }
    which = st.segmented_control(
        _("Which norm"),
        list(titles),
        default="norm1",
        required=True,
        format_func=lambda name: titles[name],
        key="layer_norm_which",
        label_visibility="collapsed",
        persist_state=PERSIST,
    )
    trace, model = reading.trace, reading.model
    if which == "final":
        return Norm((FINAL, 1), trace.blocks[-1].resid_post.numpy(), trace.final_norm, model.final_norm)
    block, part = trace.blocks[layer], model.blocks[layer]
    if which == "norm2":
        return Norm((layer, 2), block.resid_mid.numpy(), block.norm2, part.norm2)
    return Norm((layer, 1), block.resid_pre.numpy(), block.norm1, part.norm1)


def choose_token(click: Click) -> None:
    """A click on a row chooses its token, on every chapter."""
    session.set("token", round(float(click.y)))


def mean_and_variance(reading: Reading, norm: Norm, *, token: int) -> None:
    """Both measures of every token, before and after normalising."""
    before, after = norm.trace, norm.trace.normalised
    chart(
        figures.dots(
            {
                _("mean"): {
                    _("before"): before.mean[:, 0].numpy(),
                    _("after"): after.mean(dim=-1).numpy(),
                },
                _("variance"): {
                    _("before"): before.variance[:, 0].numpy(),
                    _("after"): after.var(dim=-1, correction=0).numpy(),
                },
            },
            rows=reading.tokens,
            highlighted=token,
            logarithmic=[_("variance")],
            colours={_("before"): PLAIN, _("after"): ATTENTION},
        ),
        key="layer_norm_measures",
        alt=_("A row for each token: its vector’s mean and its variance, before normalising and after."),
        height=HEIGHT,
        on_click=choose_token,
    )


def distribution(norm: Norm, *, token: int) -> None:
    """Where the numbers of one token's vector lie, before and after: the same shape over two rulers."""
    before, after = norm.values[token], norm.trace.normalised[token].numpy()
    for key, name, values, colour in (
        ("before", _("its numbers before"), before, PLAIN),
        ("after", _("its numbers after"), after, ATTENTION),
    ):
        mean, deviation = float(values.mean()), float(values.std())
        chart(
            figures.histogram(
                values,
                bins=BINS,
                x_title=name,
                y_title=_("how many"),
                colour=colour,
                marks={"−σ": mean - deviation, "μ": mean, "+σ": mean + deviation},
            ),
            key=f"layer_norm_{key}",
            alt=_("Histogram. {name}. Dotted lines: the mean, and one standard deviation on either side.").format(
                name=name
            ),
            height=(HEIGHT - 11) // 2,  # the gap between two charts
        )


def skip(reading: Reading, chosen: Choices, norm: Norm) -> None:
    """The running model with norms that hand their input on unchanged."""
    chapter.say("skip")
    layers = range(reading.card.config.n_layers)
    choice = {
        _("the norm chosen above"): {norm.place},
        _("every norm1"): {(layer, 1) for layer in layers},
        _("every norm2"): {(layer, 2) for layer in layers},
        _("the final norm"): {(FINAL, 1)},
        _("all norms"): {(FINAL, 1), *((layer, which) for layer in layers for which in (1, 2))},
    }
    names = list(choice)
    row = choose(_("Skip"), range(len(names)), first=4, format_func=names.__getitem__, key="layer_norm_skip")
    off = Intervention(norms_off=choice[names[row]])
    before, after = (_("with"), reading, reading.trace), (_("without"), reading, reading.changed(off))
    left, right = columns(1, 1)
    with left:
        st.markdown(f"**{_('Size of the residual stream')}**")
        chart(
            figures.lines(
                {name: sizes(trace)[:, chosen.token] for name, _reading, trace in (before, after)},
                x_labels=[_("input"), *(str(layer) for layer in layers)],
                x_title=_("after layer"),
                y_title=_("length of the chosen token’s vector"),
                log_y=True,
                colours={before[0]: PLAIN, after[0]: ATTENTION},
            ),
            key="layer_norm_sizes",
            alt=_("The length of the chosen token’s vector layer by layer, with the norms and without."),
        )
        at_end = sizes(before[2])[-1, chosen.token], sizes(after[2])[-1, chosen.token]
        chapter.tell(
            _("After the last block the vector’s length is {before} with the norms and {after} without."),
            before=length(float(at_end[0])),
            after=length(float(at_end[1])),
        )
    with right:
        st.markdown(f"**{_('What comes next')}**")
        before_after.next_token(before, after, change=off)


def length(value: float) -> str:
    """A vector's length in words: in no more digits than float32 has, and infinite where it overflowed."""
    if not np.isfinite(value):
        return "∞"
    if value < HUGE:
        return number(value, 1 if value < LONG else 0)
    return in_powers(value, 2)


def sizes(trace: GPTTrace) -> NDArray[np.float32]:
    """Length of the stream's vectors, [depth, token]; what overflowed is left out of the picture."""
    lengths = trace.residual_stream.norm(dim=-1).numpy()
    return np.where(np.isfinite(lengths), lengths, np.nan)


def through_layers(reading: Reading, chosen: Choices) -> None:
    """What every norm of the model finds, from the first to the final one."""
    chapter.say("layers")
    measures = {"variance": _("variance"), "mean": _("mean")}
    measure = st.segmented_control(
        _("Measure"), list(measures), default="variance", required=True, format_func=measures.__getitem__,
        key="layer_norm_measure", label_visibility="collapsed", persist_state=PERSIST,
    )  # fmt: skip
    blocks = reading.trace.blocks
    norms = [norm for block in blocks for norm in (block.norm1, block.norm2)] + [reading.trace.final_norm]
    names = [f"{layer} · norm{which}" for layer in range(len(blocks)) for which in (1, 2)] + [_("final norm")]
    spread = measure == "variance"
    found = np.stack([(norm.variance if spread else norm.mean)[:, 0].numpy() for norm in norms])
    after = np.stack(
        [
            (norm.normalised.var(dim=-1, correction=0) if spread else norm.normalised.mean(dim=-1)).numpy()
            for norm in norms
        ]
    )[:, chosen.token]
    left, right = columns(4, 3)
    with left:
        chart(
            figures.heatmap(
                np.log10(np.maximum(found, 1e-12)) if spread else found,
                rows=names,
                columns=reading.tokens,
                scale="signed",
                selected=(2 * chosen.layer, chosen.token),
                value_title=_("log₁₀ of the variance") if spread else _("mean"),
                row_axis="plain",
                column_axis="token",
            ),
            key="layer_norm_all",
            alt=_("{name} before each norm of the model, for each token.").format(name=measures[measure]),
        )
    with right:
        chart(
            figures.lines(
                {_("before"): found[:, chosen.token], _("after"): after},
                x_labels=names,
                y_title=_("{name} of the chosen token").format(name=measures[measure]),
                log_y=spread,
                colours={_("before"): PLAIN, _("after"): ATTENTION},
            ),
            key="layer_norm_all_of_token",
            alt=_("{name} of the chosen token before and after each norm.").format(name=measures[measure]),
        )


def scale_and_shift(norm: Norm, *, token: int) -> None:
    """What this norm learnt: one factor and one summand for each dimension."""
    chapter.say("scale")
    scale, shift = norm.part.scale.numpy(), norm.part.shift.numpy()
    if (scale == 1).all() and (shift == 0).all():
        st.info(
            _("Here every scale is 1 and every shift is 0, as before training: the output is the normalised vector.")
        )
    width = min(len(scale), DIMENSIONS)
    rows = (norm.trace.normalised[token].numpy(), scale, shift, norm.trace.out[token].numpy())
    chart(
        figures.heatmap(
            np.stack(rows)[:, :width],
            rows=[_("normalised"), _("× scale"), _("+ shift"), _("= output")],
            columns=[str(dimension) for dimension in range(width)],
            scale="signed",
            row_axis="plain",
            column_axis="plain",
            column_title=_("dimension (the first {n} of {all})").format(n=width, all=len(scale)),
        ),
        key="layer_norm_scale",
        alt=_("Four rows: the normalised vector, the scales, the shifts and the output."),
        height=260,
    )
    left, right = columns(1, 1)
    with left:
        chart(
            figures.histogram(
                scale, second=shift, name=_("scale"), second_name=_("shift"), x_title=_("learned number"),
                y_title=_("how many"),
            ),
            key="layer_norm_learned",
            alt=_("Histograms of this norm’s learned scales and shifts."),
            height=330,
        )  # fmt: skip
    with right:
        chart(
            figures.histogram(
                rows[0],
                second=rows[3],
                name=_("normalised"),
                second_name=_("output"),
                x_title=_("value in the chosen token’s vector"),
                y_title=_("how many"),
            ),
            key="layer_norm_scaled",
            alt=_("Histograms of the chosen token’s vector before and after scale and shift."),
            height=330,
        )


def two_variances(norm: Norm, *, token: int) -> None:
    """Divide by n or by n - 1, and what ε does to a vector that is all but constant."""
    chapter.say("variances")
    values = norm.trace.normalised.new_tensor(norm.values[token])
    measured = spreads(values, sorted({*(size for size in SIZES if size < len(values)), len(values)}))
    left, right = columns(1, 1)
    with left:
        st.dataframe(
            {
                "n": [number(spread.size) for spread in measured],
                _("biased: ÷ n"): [number(spread.biased, 5) for spread in measured],
                _("unbiased: ÷ (n − 1)"): [number(spread.unbiased, 5) for spread in measured],
            },
            width="stretch",
        )
        chart(
            figures.bars(
                [bessel_excess(size) for size in SIZES],
                labels=[number(size) for size in SIZES],
                value_format=".2~p",
                axis_title=_("how much larger the unbiased variance is"),
                label_title=_("how many numbers"),
                label_axis="plain",
            ),
            key="layer_norm_gap",
            alt=_("Bars: 25% for 5 numbers, 0.13% for 768."),
            height=300,
        )
    with right:
        exponent = st.select_slider(
            "ε",
            range(-8, 1),
            -5,
            format_func=lambda power: f"10{str(power).translate(RAISED)}",
            key="layer_norm_eps",
            persist_state=PERSIST,
        )
        powers = np.arange(-10, 3, 0.25)
        before = norm.trace.variance.new_tensor(10.0**powers)
        chart(
            figures.lines(
                {
                    f"ε = 10{str(power).translate(RAISED)}": variance_after(before, 10.0**power).numpy()
                    for power in dict.fromkeys((exponent, round(np.log10(EPS))))
                },
                x=powers,
                x_title=_("variance before, as a power of 10"),
                y_title=_("variance after"),
                highlighted=int(np.abs(powers - np.log10(max(float(norm.trace.variance[token]), 1e-10))).argmin()),
                markers=False,
            ),
            key="layer_norm_epsilon",
            alt=_("Variance after normalising: 1, except where the variance before is not much larger than ε."),
            height=360,
        )
        left_over = float(variance_after(norm.trace.variance[token], 10.0**exponent))
        chapter.tell(
            _("The chosen token’s variance {before} (dotted line) becomes {after} with this ε."),
            before=number(float(norm.trace.variance[token]), 4),
            after=number(left_over, 5),
        )


def book_example() -> None:
    """Section 4.2: two examples of five numbers through Linear and ReLU, then normalised."""
    chapter.say("book")
    example = book.layer_norm_example()
    rows = [_("example {n}").format(n=n + 1) for n in range(len(example.layer_output))]
    shown = {
        _("Linear, then ReLU"): example.layer_output,
        _("normalised with the unbiased variance, as printed"): example.normalised,
        _("normalised with the biased one, as in GPT-2"): example.normalised_biased,
    }
    for place, (name, values) in enumerate(shown.items()):
        st.markdown(f"**{name}**")
        chart(
            figures.heatmap(
                values.numpy(),
                rows=rows,
                columns=[str(column) for column in range(values.shape[1])],
                scale="signed",
                show_values=True,
                value_format=".4f",
                row_axis="plain",
                column_axis="plain",
            ),
            key=f"layer_norm_book_{place}",
            alt=_("{name}: two examples of six numbers.").format(name=name),
            height=170,
        )
    for place, row in enumerate(rows):
        chapter.tell(
            _("{row}: mean {mean}, unbiased variance {unbiased}, biased variance {biased}."),
            row=row,
            mean=number(float(example.mean[place]), 4),
            unbiased=number(float(example.unbiased_variance[place]), 4),
            biased=number(float(example.biased_variance[place]), 4),
        )
    off = float(example.normalised.mean(dim=-1).abs().max()), float((example.normalised.var(dim=-1) - 1).abs().max())
    chapter.check(
        max(off) < 1e-5,
        _("Both rows have mean 0 (off by {mean}) and unbiased variance 1 (off by {variance}).").format(
            mean=number(off[0], 4), variance=number(off[1], 4)
        ),
    )


def widest(reading: Reading, norm: Norm) -> None:
    """The tokens with the largest and the smallest variance before this norm."""
    variances = norm.trace.variance[:, 0].numpy()
    largest, smallest = int(variances.argmax()), int(variances.argmin())
    chapter.tell(
        _("Largest: {largest}, token {place}, with {most}. Smallest: {smallest}, with {least}. After the norm: all 1."),
        largest=reading.tokens[largest],
        place=largest,
        most=number(float(variances[largest]), 3),
        smallest=reading.tokens[smallest],
        least=number(float(variances[smallest]), 3),
    )
