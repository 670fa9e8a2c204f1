"""Experiments on the feed-forward: what neurons push, slopes, widths, silence, and the two forms of GELU."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gpt_core.measure import neurons
from gpt_core.measure.activations import ACTIVATIONS, at_numbers, slope
from pages import figures
from pages.figures import palette
from pages.services.reading import Reading, tokenizer
from pages.ui import chapter, session
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, columns, decimal_slider
from pages.ui.words import _, number

HEIGHT = 430  # of the charts at the top: so they end in sight at 1280 × 720
BEND = (-3.0, 3.0)  # the view of the activation functions: further out they are all but flat, or straight
BUMPS = (-5.0, 5.0)  # the view of the difference between the two forms of GELU
SHOWN = 10  # neurons in the list of the most active
COLOURS = {
    "GELU (tanh)": palette.FEED_FORWARD,
    "GELU (erf)": palette.KEY,
    "ReLU": palette.QUERY,
    "SiLU": palette.POSITION,
}
Numbers = NDArray[np.floating]


def choose_neuron(click: Click) -> None:
    """A click on a bar chooses the neuron whose pushes are shown."""
    session.set("feed_forward_rank", round(float(click.y)) + 1)


def near(values: Numbers, view: tuple[float, float] = BEND) -> NDArray[np.bool_]:
    """Which of these numbers lie in the view."""
    return (values >= view[0]) & (values <= view[1])


def outside(pre: NDArray[np.floating]) -> int:
    """How many of these numbers lie beyond the view of the bend."""
    return int((~near(pre)).sum())


def bends(pre: Numbers, names: tuple[str, ...]):
    """Activation functions near zero, with those of one token's values that lie there on the first of them."""
    seen, name = np.flatnonzero(near(pre)), _("neuron {number}")
    return figures.curve(
        {one: lambda x, one=one: at_numbers(ACTIVATIONS[one], x) for one in names},
        x_range=BEND,
        points=pre[seen],
        points_name=_("this token’s neurons"),
        point_labels=[name.format(number=neuron) for neuron in seen.tolist()],
        x_title=_("before"),
        y_title=_("after"),
        colours=COLOURS,
    )


def pushes(reading: Reading, chosen: Choices) -> None:
    """The tokens that one neuron raises and lowers, straight through the final norm and the output head."""
    thought = reading.trace.blocks[chosen.layer].ff
    active = neurons.most_active(thought.post[chosen.token], SHOWN)
    rank = st.slider(
        _("Which of the most active neurons (1 is the most active; or click its bar above)"),
        1,
        len(active),
        key="feed_forward_rank",
        persist_state=PERSIST,
    )
    neuron = int(active[rank - 1])
    found = reading.once(
        *("push", chosen.layer, chosen.token, neuron),
        work=lambda: neurons.push(
            reading.model, reading.trace, layer=chosen.layer, position=chosen.token, neuron=neuron
        ),
    )
    raised, lowered = columns(1, 1)
    for column, ids, effects, title, key in (
        (raised, found.up_ids, found.up, _("pushed up"), "pushed_up"),
        (lowered, found.down_ids, found.down, _("pushed down"), "pushed_down"),
    ):
        with column:
            chart(
                figures.bars(
                    effects.numpy(),
                    labels=[tokenizer().token(int(id)) for id in ids],
                    value_format="+.3f",
                    axis_title=_("direct effect on the logit: {direction}").format(direction=title),
                    colour=palette.QUERY if key == "pushed_up" else palette.KEY,
                ),
                key=key,
                alt=_("Tokens and the direct effect of this neuron on their logits: {direction}.").format(
                    direction=title
                ),
                height=340,
            )
    written = neurons.written_lengths(reading.model.blocks[chosen.layer].ff, thought.post[chosen.token])
    chapter.tell(
        _("Neuron {neuron}, at {post}, writes a vector of length {length}: {up} goes up most, {down} down most."),
        neuron=neuron,
        post=number(float(thought.post[chosen.token, neuron]), 2),
        length=number(float(written[neuron]), 2),
        up=tokenizer().token(int(found.up_ids[0])),
        down=tokenizer().token(int(found.down_ids[0])),
    )
    chapter.say("direct")


def slopes(reading: Reading, chosen: Choices) -> None:
    """The derivatives: what of a correction reaches the weights before the bend."""
    pre = reading.trace.blocks[chosen.layer].ff.pre[chosen.token]
    chart(
        figures.curve(
            {
                name: lambda x, name=name: at_numbers(lambda t: slope(name, t), x)
                for name in COLOURS
                if "erf" not in name
            },
            x_range=BEND,
            points=pre.numpy()[near(pre.numpy())],
            points_name=_("this token’s neurons"),
            x_title=_("before"),
            y_title=_("slope"),
            colours=COLOURS,
        ),
        key="slopes",
        alt=_("The slopes of GELU, ReLU and SiLU; each dot is one neuron of the chosen token, on the slope of GELU."),
        height=380,
    )
    steep = neurons.share_learning(pre)
    chapter.tell(
        _(
            "Under ReLU, {relu}% of these neurons have slope exactly 0: nothing corrects them. Under GELU: {gelu}%,"
            " those below about −5, where float32 rounds the slope to 0."
        ),
        relu=number(100 * (1 - steep["ReLU"]), 1),
        gelu=number(100 * (1 - steep["GELU (tanh)"]), 1),
    )


def wide_and_narrow(reading: Reading, chosen: Choices) -> None:
    """The chosen token's numbers at all four stations, as wide as they are."""
    block = reading.trace.blocks[chosen.layer]
    width = reading.card.config.emb_dim
    at = chosen.token
    stages = [
        (_("in"), block.norm2.out[at]),
        (_("widened"), block.ff.pre[at]),
        (_("after GELU"), block.ff.post[at]),
        (_("out"), block.ff.out[at]),
    ]
    strips = [values.reshape(-1, width).numpy() for _name, values in stages]
    names = [
        name if len(strip) == 1 else f"{name} {i + 1}/{len(strip)}"
        for (name, _values), strip in zip(stages, strips, strict=True)
        for i in range(len(strip))
    ]
    values = np.concatenate([strip / (np.abs(strip).max() or 1.0) for strip in strips])
    chart(
        figures.heatmap(
            values,
            rows=names,
            columns=[str(i) for i in range(width)],
            scale="signed",
            limit=0.5,
            row_axis="feed_forward",
            column_axis="plain",
            column_title=_("numbers of the vector"),
            value_title=_("of the stage’s largest"),
        ),
        key="wide_and_narrow",
        alt=_("The chosen token’s vector: one row wide, four rows after widening and after GELU, one row again."),
        height=400,
    )
    network = reading.model.blocks[chosen.layer].ff
    chapter.tell(
        _("{n_in} → {n_wide} → {n_in}: two matrices of {weights} weights each, in each of {layers} layers."),
        n_in=number(width),
        n_wide=number(network.up.out_features),
        weights=number(network.up.weight.numel()),
        layers=reading.card.config.n_layers,
    )


def silent(reading: Reading, chosen: Choices) -> None:
    """How many activations are negative before GELU, and next to nothing after it, layer by layer."""
    threshold = decimal_slider(
        _("Silent means nearer to 0 than"), 0.01, 0.2, neurons.SILENT, 0.01, key="feed_forward_threshold"
    )
    shares = reading.once(
        "quiet", threshold, work=lambda: neurons.activation_sparsity(reading.trace, threshold=threshold)
    )
    chart(
        figures.bars(
            shares.silent.numpy(),
            labels=[_("layer {number}").format(number=layer) for layer in range(len(shares.silent))],
            second=shares.below_zero.numpy(),
            names=(_("silent after GELU"), _("negative before: 0 under ReLU")),
            axis_title=_("share of all neurons, over all tokens"),
            highlighted=chosen.layer,
            label_axis="feed_forward",
        ),
        key="silent",
        alt=_("For each layer, the share of activations that are silent, and the share that ReLU would make 0."),
    )
    chapter.say("silence")


def two_forms():
    """The exact form dashed: the eye cannot tell the two apart, and would see the upper one only."""
    figure = figures.curve(
        {name: lambda x, name=name: at_numbers(ACTIVATIONS[name], x) for name in ("GELU (tanh)", "GELU (erf)")},
        x_range=BEND,
        x_title=_("before"),
        y_title=_("after"),
        colours=COLOURS,
    )
    figure.update_traces(line_dash="dash", selector={"name": "GELU (erf)"})
    return figure


def tanh_or_erf(reading: Reading, chosen: Choices) -> None:
    """The two forms, one over the other, and their difference, at all numbers and at this text's own."""
    pre = reading.trace.blocks[chosen.layer].ff.pre
    own = pre[chosen.token].numpy()
    both, difference = columns(1, 1)
    with both:
        chart(
            two_forms(),
            key="gelu_forms",
            alt=_("Both forms of GELU: the dashed curve of the exact form covers that of the tanh form."),
            height=380,
        )
    with difference:
        chart(
            figures.curve(
                {_("tanh form − exact form"): lambda x: at_numbers(neurons.gelu_gap, x)},
                x_range=BUMPS,
                points=own[near(own, BUMPS)],
                points_name=_("this token’s neurons"),
                x_title=_("before"),
                y_title=_("difference"),
                value_format=".1e",
            ),
            key="gelu_gap",
            alt=_("The difference of the two forms of GELU: two small bumps on either side of zero."),
            height=380,
        )
    gap = reading.once("gelu gap", chosen.layer, work=lambda: neurons.gelu_gap(pre).abs().max())
    chapter.tell(
        _("On this text, in layer {layer}, the two forms differ by at most {gap} among {n} activations."),
        layer=chosen.layer,
        gap=number(float(gap), 6),
        n=number(pre.numel()),
    )
    chapter.say("forms")


def reveal(reading: Reading, chosen: Choices) -> None:
    """The answer to the chapter's question."""
    shares = reading.once("quiet", neurons.SILENT, work=lambda: neurons.activation_sparsity(reading.trace))
    chapter.tell(
        _("In layer {layer}, {below}% of all activations are negative before GELU."),
        layer=chosen.layer,
        below=number(100 * float(shares.below_zero[chosen.layer]), 1),
    )


def table(reading: Reading, chosen: Choices) -> dict[str, Numbers]:
    """The chosen token's neurons, the most active first."""
    thought = reading.trace.blocks[chosen.layer].ff
    pre, post = thought.pre[chosen.token], thought.post[chosen.token]
    order = neurons.most_active(post, len(post))
    written = neurons.written_lengths(reading.model.blocks[chosen.layer].ff, post)
    return {
        _("neuron"): order.numpy(),
        _("before GELU"): pre[order].numpy(),
        _("after GELU"): post[order].numpy(),
        _("length of what it adds"): written[order].numpy(),
    }
