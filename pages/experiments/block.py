"""Experiments on the block: its stations, the sum, and which of its two halves moves the stream more."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gpt_core.measure import stream
from pages import figures
from pages.figures import palette
from pages.services.reading import Reading
from pages.ui import chapter, session
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import choose, columns
from pages.ui.words import _, listed, number

Vector = NDArray[np.floating]
STATION = "block_station"  # the selectbox that the diagram's clicks set


def length(vector: Vector) -> float:
    """The length of a vector: the root of the sum of its squares."""
    return float(np.linalg.norm(vector))


def names() -> dict[str, str]:
    """The block's stations in the reader's words, in the order in which a vector passes them."""
    return {
        "x": "x",
        "norm1": _("LayerNorm 1"),
        "attention": _("attention"),
        "middle": _("x + attention"),
        "norm2": _("LayerNorm 2"),
        "widen": _("widen"),
        "bend": "GELU",
        "narrow": _("narrow"),
        "out": "x′",
    }


def vectors(reading: Reading, chosen: Choices) -> dict[str, Vector]:
    """What the chosen token's vector is at each station of the chosen block."""
    block, at = reading.trace.blocks[chosen.layer], chosen.token
    found = {
        "x": block.resid_pre,
        "norm1": block.norm1.out,
        "attention": block.att.out,
        "middle": block.resid_mid,
        "norm2": block.norm2.out,
        "widen": block.ff.pre,
        "bend": block.ff.post,
        "narrow": block.ff.out,
        "out": block.resid_post,
    }
    return {name: tensor[at].numpy() for name, tensor in found.items()}


def stations(reading: Reading, chosen: Choices) -> dict[str, figures.Station]:
    """Name, shape and the length of the chosen token's vector, for the diagram."""
    n_tokens = number(len(reading.ids))
    return {
        name: figures.Station(
            names()[name],
            (
                f"{n_tokens} × {number(len(vector))}",
                _("length"),
                number(length(vector), 1),
            ),
        )
        for name, vector in vectors(reading, chosen).items()
    }


def selected_station() -> str:
    """The station whose numbers are shown."""
    return session.get(STATION) or "x"


def choose_station(click: Click) -> None:
    """A click on a box of the diagram chooses it and turns to its numbers."""
    if click.customdata in figures.PLACES:
        session.set(STATION, click.customdata)
        session.set(f"experiment {chapter.current()}", list(menu()).index(_("One station")))


def added(value: float) -> str:
    """A number as it is written after another one in a sum: + 2.5 or − 2.5."""
    return f"{'−' if value < 0 else '+'} {number(abs(value), 3)}"


def the_sum(reading: Reading, chosen: Choices) -> None:
    """The five vectors of the sum, one below the other."""
    found = vectors(reading, chosen)
    rows = {
        "x": found["x"],
        f"+ {_('attention')}": found["attention"],
        f"= {_('x + attention')}": found["middle"],
        f"+ {_('feed-forward')}": found["narrow"],
        "= x′": found["out"],
    }
    values = np.stack(list(rows.values()))
    chart(
        figures.heatmap(
            values,
            rows=list(rows),
            columns=[str(i) for i in range(values.shape[1])],
            scale="signed",
            limit=float(np.quantile(np.abs(values), 0.99)) or None,
            row_axis="plain",
            column_axis="plain",
            column_title=_("numbers of the vector"),
        ),
        key="the_sum",
        alt=_("Five rows of colours: x, what attention adds, their sum, what the feed-forward adds, and x′."),
        height=320,
    )
    largest = int(np.abs(found["out"] - found["x"]).argmax())
    chapter.tell(
        _("The number that changed most is number {i}: {before} {attended} {thought} = {after}."),
        i=largest,
        before=number(float(found["x"][largest]), 3),
        attended=added(float(found["attention"][largest])),
        thought=added(float(found["narrow"][largest])),
        after=number(float(found["out"][largest]), 3),
    )


def layers(reading: Reading) -> list[str]:
    """The layers as labels."""
    return [_("layer {number}").format(number=layer) for layer in range(reading.card.config.n_layers)]


def movement(reading: Reading) -> stream.Movement:
    """Lengths and directions of all that was added to this text's stream."""
    return reading.once("movement", work=lambda: stream.movement(reading.trace))


def movers(reading: Reading, chosen: Choices) -> None:
    """Length of what attention and feed-forward add, layer by layer, for the chosen token."""
    found = movement(reading)
    attended, thought = found.attention[:, chosen.token].numpy(), found.feed_forward[:, chosen.token].numpy()
    chart(
        figures.lines(
            {_("attention"): attended, _("feed-forward"): thought},
            x_labels=layers(reading),
            y_title=_("length of what is added"),
            colours={_("attention"): palette.ATTENTION, _("feed-forward"): palette.FEED_FORWARD},
            highlighted=chosen.layer,
            value_format=".2f",
        ),
        key="movers",
        alt=_("For each layer, the length of what attention adds and of what the feed-forward adds."),
        height=360,
    )
    chapter.tell(
        _("For {token}, the feed-forward moves the stream more than attention in {n} of {all} layers."),
        token=reading.tokens[chosen.token],
        n=int((thought > attended).sum()),
        all=len(thought),
    )


def directions(reading: Reading, chosen: Choices) -> None:
    """Cosine between each addition and the stream it is added to."""
    found = movement(reading)
    chart(
        figures.lines(
            {
                _("attention"): found.attention_cosine[:, chosen.token].numpy(),
                _("feed-forward"): found.feed_forward_cosine[:, chosen.token].numpy(),
            },
            x_labels=layers(reading),
            y_title=_("cosine with the stream"),
            colours={_("attention"): palette.ATTENTION, _("feed-forward"): palette.FEED_FORWARD},
            highlighted=chosen.layer,
            value_format="+.2f",
        ),
        key="directions",
        alt=_("For each layer, the cosine between what is added and the stream it is added to."),
        height=360,
    )
    chapter.say("directions")


def one_station(reading: Reading, chosen: Choices) -> None:
    """How the numbers of one station's vector are spread."""
    words = names()
    name = choose(
        _("Station (or click a box of the diagram)"),
        list(words),
        format_func=words.__getitem__,
        key=STATION,
    )
    vector = vectors(reading, chosen)[name]
    values, largest = columns(4, 5)
    with values:
        chart(
            figures.histogram(
                vector,
                x_title=_("value"),
                y_title=_("how many of the {n} numbers").format(n=number(len(vector))),
                marks={_("mean"): float(vector.mean())},
            ),
            key="station_values",
            alt=_("Histogram of the numbers of the chosen token’s vector at this station."),
            height=340,
        )
    order = np.argsort(-np.abs(vector), kind="stable")[:8]
    with largest:
        chart(
            figures.bars(
                vector[order],
                labels=[_("number {i}:").format(i=i) for i in order],
                texts=[number(float(vector[i]), 1) for i in order],
                value_format=".1f",
                axis_title=_("the largest of them in absolute value"),
                label_axis="plain",
            ),
            key="station_largest",
            alt=_("The largest numbers of the vector."),
            height=340,
        )


def menu() -> dict[str, Callable[[Reading, Choices], None]]:
    """The experiments by name, in their order."""
    return {
        _("The sum"): the_sum,
        _("Who moves the stream more?"): movers,
        _("Along or aside?"): directions,
        _("One station"): one_station,
    }


def reveal(reading: Reading, chosen: Choices) -> None:
    """The answer to the chapter's question: how far each block moves the chosen token, and which the furthest."""
    at = chosen.token
    moved = [float((block.resid_post[at] - block.resid_pre[at]).norm()) for block in reading.trace.blocks]
    most = moved.index(max(moved))
    chapter.tell(
        _("Block {layer} adds the most to {token}: a vector of length {n}. In order, the blocks add {lengths}."),
        layer=most,
        token=reading.tokens[at],
        n=number(moved[most], 2),
        lengths=listed(number(length, 1) for length in moved),
    )


def table(reading: Reading, chosen: Choices) -> dict[str, object]:
    """Layer by layer, for the chosen token: the stream's length, both additions and their directions."""
    found, at = movement(reading), chosen.token
    return {
        _("layer"): range(reading.card.config.n_layers),
        _("length on entry"): stream.stream_lengths(reading.trace)[:-1, at].numpy(),
        _("length of attention"): found.attention[:, at].numpy(),
        _("length of feed-forward"): found.feed_forward[:, at].numpy(),
        _("cosine of attention"): found.attention_cosine[:, at].numpy(),
        _("cosine of feed-forward"): found.feed_forward_cosine[:, at].numpy(),
    }
