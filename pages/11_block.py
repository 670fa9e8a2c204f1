"""Chapter 11: the block, its wiring with real sizes, and the sum that keeps the stream's shape."""

import numpy as np
import pandas as pd

from gpt_core.measure import by_torch, stream
from gpt_core.model import block as core
from pages import figures, show
from pages.experiments.block.stations import STATION, Vector, names, vectors
from pages.services.classes.question import Choice, choice
from pages.ui import chapter, guess, link, session, story
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.components.chart import Click
from pages.ui.story import charts_first
from pages.ui.words import N_, _, listed, number


def length(vector: Vector) -> float:
    """The length of a vector: the root of the sum of its squares."""
    return float(np.linalg.norm(vector))


def wiring(reading: Reading, chosen: Choices) -> None:
    """The block's stations with real sizes; a click shows the numbers of one."""
    n_tokens = number(len(reading.ids))
    stations = {
        name: figures.Station(
            names()[name], (f"{n_tokens} × {number(len(vector))}", _("length"), number(length(vector), 1))
        )
        for name, vector in vectors(reading, chosen).items()
    }
    selected = link.settle(STATION, "x", label=_("Station"), read=link.one_of(list(stations)))
    diagram = figures.wiring(stations, shortcut=_("shortcut"), dropout=_("dropout"), selected=selected)
    alt = _(
        "The wiring of a block: the stream runs along the bottom, attention and feed-forward read it and add to it. "
        "Before each sum stands dropout, which is off."
    )
    show.chart("wiring", diagram, alt, height=400, on_click=choose_station, table=lambda: in_numbers(reading, chosen))


def in_numbers(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """What the boxes say: how many vectors of how many numbers, and how long the chosen token's is."""
    return pd.DataFrame(
        {
            _("Station"): names()[name],
            _("tokens"): len(reading.ids),
            _("width"): len(vector),
            _("length"): length(vector),
        }
        for name, vector in vectors(reading, chosen).items()
    )


def choose_station(click: Click) -> None:
    """A click on a box of the diagram chooses it and turns to its numbers."""
    if click.customdata in figures.PLACES:
        session.set(STATION, click.customdata)
        story.turn_to("one_station")


def two_additions(reading: Reading, chosen: Choices) -> None:
    """How long the chosen token's vector is, and what either half adds."""
    found = vectors(reading, chosen)
    tell(
        _(
            "Block {layer}, {token}: length {before:.2f}; attention adds {attended:.2f}, feed-forward {thought:.2f}; "
            "{after:.2f} leaves."
        ),
        layer=chosen.layer,
        token=reading.tokens[chosen.token],
        before=length(found["x"]),
        attended=length(found["attention"]),
        thought=length(found["narrow"]),
        after=length(found["out"]),
    )


def dropout_is_off(_reading: Reading, _chosen: Choices) -> None:
    """Where dropout stands in the book's block, and why nothing is dropped here."""
    say("dropout")


def sum_of_three(reading: Reading, chosen: Choices) -> None:
    """The check: what leaves is what came in and both additions, and what PyTorch's own functions make of x."""
    found = vectors(reading, chosen)
    again = reading.of(by_torch.block_output, layer=chosen.layer)[chosen.token].numpy()
    summed = found["x"] + found["attention"] + found["narrow"]
    deviation = max(float(abs(one - again).max()) for one in (summed, found["out"]))
    check(
        deviation < 1e-4 * max(1.0, float(abs(again).max())),
        _(
            "PyTorch’s own layer_norm, attention and GELU, from x and the block’s weights, give x + attention + "
            "feed-forward = x′, number by number. Largest deviation: {n:tiny}."
        ),
        n=deviation,
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """The block in two lines, and why its shape never changes."""
    chapter.formula(
        r"x_{\text{mid}} = x + \text{Attention}(\text{LayerNorm}_1(x)) \qquad "
        r"x' = x_{\text{mid}} + \text{FF}(\text{LayerNorm}_2(x_{\text{mid}}))"
    )
    say("shape")


STORY = (wiring, charts_first, two_additions, dropout_is_off, sum_of_three, formula)


def guesses(reading: Reading, chosen: Choices) -> list[Choice]:
    """The block that adds the most, and those that add less."""
    at = chosen.token
    moved = [float((block.resid_post[at] - block.resid_pre[at]).norm()) for block in reading.trace.blocks]
    order = sorted(range(len(moved)), key=lambda layer: -moved[layer])
    return guess.distinct(choice(N_("block {n}"), n=layer) for layer in order)


def answer(reading: Reading, chosen: Choices) -> None:
    """How far each block moves the chosen token, and which the furthest."""
    at = chosen.token
    moved = [float((block.resid_post[at] - block.resid_pre[at]).norm()) for block in reading.trace.blocks]
    most = moved.index(max(moved))
    tell(
        _("Block {layer} adds the most to {token}: a vector of length {n:.2f}. In order, the blocks add {lengths}."),
        layer=most,
        token=reading.tokens[at],
        n=moved[most],
        lengths=listed(number(one, 1) for one in moved),
    )


CODE = (core.Block, stream.movement, by_torch.block_output, by_torch.attention)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """Layer by layer, for the chosen token: the stream's length, both additions and their directions."""
    found, at = reading.of(stream.movement), chosen.token
    return pd.DataFrame(
        {
            _("layer"): range(reading.card.config.n_layers),
            _("length on entry"): stream.stream_lengths(reading.trace)[:-1, at].numpy(),
            _("length of attention"): found.attention[:, at].numpy(),
            _("length of feed-forward"): found.feed_forward[:, at].numpy(),
            _("cosine of attention"): found.attention_cosine[:, at].numpy(),
            _("cosine of feed-forward"): found.feed_forward_cosine[:, at].numpy(),
        }
    )
