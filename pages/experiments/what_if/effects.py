"""One thing at a time is changed: whose fate is followed, one pass after the other, and the numbers as a picture."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import streamlit as st
from torch import Tensor

from pages import figures, show
from pages.experiments.what_if import switches
from pages.figures import Axis, Cells, Scale
from pages.ui.chapter import Reading
from pages.ui.layout import columns, radio
from pages.ui.words import _

T = TypeVar("T")


def choose_candidate(reading: Reading) -> tuple[int, int]:
    """The candidate whose fate is followed, and what is measured: 0 its logit, 1 the log2 of its probability."""
    ids = switches.next_token(reading).ids
    who, what = columns(1, 1)
    with who:
        rank = show.choose_candidate(show.pieces(ids), key="what_if_candidate")
    names = (_("its logit"), _("its probability, in bits"))
    measure = radio(_("What changes"), (0, 1), format_func=names.__getitem__, key="what_if_measure", place=what)
    return int(ids[rank]), measure


def one_by_one(reading: Reading, parts: Sequence[T], effect: Callable[[int, T], Tensor]) -> np.ndarray:
    """Effects [layer, part, …] of each part of each layer.

    One request per cell, which is a single pass: other readers get theirs in between.
    """
    bar, found = st.empty(), []
    cells = [(layer, part) for layer in range(reading.card.config.n_layers) for part in parts]
    for n, (layer, part) in enumerate(cells, 1):
        found.append(effect(layer, part)[0].numpy())
        bar.progress(n / len(cells))  # after each cell: here a run that a newer edit has overtaken ends
    bar.empty()
    return np.stack(found).reshape(-1, len(parts), *found[0].shape)


def strongest(effects: np.ndarray) -> tuple[int, int]:
    """Layer and column of the largest effect, whatever its sign."""
    layer, column = np.unravel_index(np.abs(np.nan_to_num(effects)).argmax(), effects.shape)
    return int(layer), int(column)


def by_layer(key: str, effects: np.ndarray, parts: Axis, alt: str, *, title: str, cells: Cells) -> None:
    """Effects [layer, part] as colours."""
    layers = Axis([_("layer {n}").format(n=n) for n in range(len(effects))])
    figure = figures.heatmap(effects, layers, parts, scale=Scale("signed", title=title), cells=cells)
    show.chart(key, figure, alt, height=(170 if parts.title else 150) + 44 * len(effects))
