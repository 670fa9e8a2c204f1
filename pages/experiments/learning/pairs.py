"""Next-token pairs: how a text becomes thousands of questions, each with its answer."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from gpt_core.training import tiny
from pages import figures, show
from pages.figures import Axis, Cells, Masked, Scale, visible
from pages.services.reading import tokenizer
from pages.show import Heard
from pages.ui import history, layout, session, shown
from pages.ui.chapter import Choices, Reading, note, say, tell
from pages.ui.components.chart import Click
from pages.ui.layout import columns, slider
from pages.ui.words import N_, _

TITLE = N_("Next-token pairs")
offered = history.are_kept  # elsewhere the page shows the pairs instead of the curve

LONGEST = 16
ROWS = 14  # windows drawn; the table has them all
CHOSEN = "learning_window"
LENGTH, STRIDE, FIRST = "learning_length", "learning_stride", 4
INPUT, TARGET = 0.35, 1.0  # shades
FEW, HEIGHT = 5, 250  # rows, pixels: a table with few rows is as high as they are, one with more scrolls

Window = tuple[tuple[int, ...], tuple[int, ...]]  # inputs, targets


def draw(reading: Reading, _chosen: Choices) -> None:
    """Windows over the text, and the questions inside one of them; a click on a window chooses it."""
    if len(reading.ids) < 2:
        say("one_token")
        return
    say("pairs")
    sizes, place = columns(2, 1)
    with sizes:
        length, stride = _choose_size(len(reading.ids))
    windows = tiny.pairs(reading.ids, length=length, stride=stride)
    n_rows = min(len(windows), ROWS)
    if (kept := session.get(CHOSEN)) is not None:
        session.set(CHOSEN, min(kept, n_rows - 1))
    window = layout.choose(
        _("Chosen window"), range(n_rows), format_func=lambda row: str(row + 1), key=CHOSEN, place=place
    )
    inside = reading.tokens[window * stride : window * stride + length + 1]

    def choose(click: Click) -> None:
        session.set(CHOSEN, round(float(click.y)))

    left, right = columns(5, 4)
    with left:
        spans = [(row * stride, row * stride + length) for row in range(n_rows)]
        tokens = Axis(reading.tokens[: (ROWS - 1) * stride + length + 1], _("your text"), "token")
        alt = _("Each row is a window over the text: dark its inputs, bright the token after them. Click one.")
        empty, cell = _("not in this window"), (window, window * stride)
        table = partial(_window_table, windows)
        _draw_spans(
            "learning_windows", spans, _("window"), tokens, alt, table, empty=empty, selected=cell, on_click=choose
        )
        if len(windows) > ROWS:
            sentence = _("The first {shown} of {all:,} windows; the table below has them all.")
            note(sentence, shown=ROWS, all=len(windows))
    with right:
        spans, tokens = [(0, step) for step in range(1, length + 1)], Axis(inside, _("the chosen window"), "token")
        cells = Cells(shown=length <= 6, labels=[inside] * length)
        alt = _("A staircase: in each row the tokens that are given, dark, and the one to be guessed, bright.")
        table, empty = partial(_staircase_table, inside), _("not to be seen")
        _draw_spans("learning_staircase", spans, _("question"), tokens, alt, table, empty=empty, cells=cells)
    n_pairs = len(windows) * length
    sentence = _(
        "{windows:,|window|windows} of {length}: {pairs:,|question|questions} for the model in one text of {tokens:,} "
        "tokens."
    )
    tell(sentence, windows=len(windows), length=length, pairs=n_pairs, tokens=len(reading.ids))
    left, right = columns(4, 7)
    with left:
        _draw_table(_staircase_table(inside), {" ": 48})
    with right:
        _draw_table(_window_table(windows), {_("window"): 64, _("inputs"): 200, _("targets"): 200})


def _choose_size(n_tokens: int) -> tuple[int, int]:
    """Length and stride of the windows."""
    left, right = columns(1, 1)
    label = _("Length of a window (max_length)")
    wanted = slider(label, 1, LONGEST, FIRST, key=LENGTH, place=left)
    label = _("Step to the next window (stride)")
    stride = slider(label, 1, LONGEST, 1, key=STRIDE, place=right)
    length = min(wanted, n_tokens - 1)
    if length < wanted:
        note(_("The text is short: the windows have a length of {n}."), n=length)
    return length, stride


def _draw_spans(
    key: str,
    spans: Sequence[tuple[int, int]],
    rows: str,
    tokens: Axis,
    alt: str,
    table: Callable[[], pd.DataFrame],
    *,
    empty: str,
    on_click: Heard | None = None,
    selected: tuple[int, int] | None = None,
    cells: Cells | None = None,
) -> None:
    """A row for each span: where its inputs begin, and where its target is. `empty` is what the other cells say."""
    shades = np.full((len(spans), len(tokens.labels)), np.nan, np.float32)
    for row, (start, target) in enumerate(spans):
        shades[row, start:target], shades[row, target] = INPUT, TARGET
    numbers = Axis([str(row + 1) for row in range(len(spans))], rows)
    scale, masked = Scale("sequential", limit=1.0, bar=False), Masked(np.isnan(shades), empty)
    figure = figures.heatmap(
        shades, numbers, tokens, scale=scale, masked=masked, selected=selected, cells=cells or Cells()
    )
    show.chart(key, figure, alt, height=340, on_click=on_click, table=table)


def _draw_table(frame: pd.DataFrame, widths: Mapping[str, int]) -> None:
    """A table with columns of these widths, in pixels."""
    shown.grid(frame)
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=HEIGHT if len(frame) > FEW else "auto",
        column_config={name: {"width": width} for name, width in widths.items()},
    )


def _staircase_table(window: list[bytes]) -> pd.DataFrame:
    shown = [visible(token) for token in window]
    return pd.DataFrame(
        {_("context"): "".join(shown[: step + 1]), " ": "---->", _("to guess"): shown[step + 1]}
        for step in range(len(shown) - 1)
    )


def _window_table(windows: list[Window]) -> pd.DataFrame:
    inputs, targets = ([_spelt(ids) for ids in side] for side in zip(*windows, strict=True))
    return pd.DataFrame({_("window"): range(1, len(windows) + 1), _("inputs"): inputs, _("targets"): targets})


def _spelt(ids: tuple[int, ...]) -> str:
    return " | ".join(visible(tokenizer().token(id)) for id in ids)


def notebook(reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices: the windows over the text."""
    length = min(session.get(LENGTH, FIRST), len(reading.ids) - 1)
    return {"window_length": length, "window_stride": session.get(STRIDE, 1)}
